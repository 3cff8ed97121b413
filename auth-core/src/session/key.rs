//! [`SessionKey`]: the secret that seals session ids.

use std::fmt;

use hmac::{Hmac, KeyInit};
use sha2::Sha256;
use thiserror::Error;

use crate::support::{NoRandomBytes, random};

/// RFC 2104 section 3: a key shorter than the hash weakens it.
const MIN_BYTES: usize = 32;

/// A secret key that seals session ids. It has no `Display`, and its `Debug` is redacted.
#[derive(Clone)]
pub struct SessionKey(Hmac<Sha256>);

/// The key is too short.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("session key has {0} bytes: use at least {MIN_BYTES} random bytes")]
pub struct InvalidSessionKey(usize);

impl SessionKey {
    /// A key of these bytes.
    ///
    /// # Errors
    ///
    /// [`InvalidSessionKey`] for fewer than 32.
    pub fn new(bytes: &[u8]) -> Result<Self, InvalidSessionKey> {
        if bytes.len() < MIN_BYTES {
            return Err(InvalidSessionKey(bytes.len()));
        }
        Ok(Self::of(bytes))
    }

    /// A random key from the operating system.
    ///
    /// # Errors
    ///
    /// [`NoRandomBytes`] when the operating system cannot provide random bytes.
    pub fn random() -> Result<Self, NoRandomBytes> {
        Ok(Self::of(&random::bytes::<MIN_BYTES>()?))
    }

    fn of(bytes: &[u8]) -> Self {
        // The only alternative to this panic would be an all-zero key, which is worse.
        #[allow(
            clippy::expect_used,
            reason = "HMAC has no invalid key length, RFC 2104 section 2"
        )]
        Self(Hmac::new_from_slice(bytes).expect("any key length is valid"))
    }

    /// An HMAC with this key and no input yet.
    pub(super) fn mac(&self) -> Hmac<Sha256> {
        self.0.clone()
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hmac::Mac;

    #[test]
    fn keys_have_a_minimum_length_and_a_redacted_debug() {
        assert!(SessionKey::new(&[7; 32]).is_ok(), "the control");
        let error = SessionKey::new(&[7; 31]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "session key has 31 bytes: use at least 32 random bytes"
        );
        let (one, two) = (SessionKey::random().unwrap(), SessionKey::random().unwrap());
        let empty_mac = |key: &SessionKey| key.mac().finalize().into_bytes();
        assert_eq!(empty_mac(&one), empty_mac(&one), "the control");
        assert_ne!(empty_mac(&one), empty_mac(&two));
        assert_eq!(format!("{one:?}"), "SessionKey(redacted)");
    }
}
