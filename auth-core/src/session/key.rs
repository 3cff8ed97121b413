//! [`SessionKey`]: what sessions are sealed with.

use std::fmt;

use hmac::{Hmac, KeyInit};
use sha2::Sha256;
use thiserror::Error;

use crate::support::{NoRandomBytes, random};

/// RFC 2104 section 3: a key shorter than the hash weakens it.
const MIN_BYTES: usize = 32;

/// A secret for sealing session ids. It has no `Display`, and its `Debug` does not show it.
#[derive(Clone)]
pub struct SessionKey(Hmac<Sha256>);

/// Bytes that no key can be made of.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("session key has {0} bytes: give at least {MIN_BYTES} random ones")]
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

    /// A key that nobody knows, from the operating system.
    ///
    /// # Errors
    ///
    /// [`NoRandomBytes`] when the operating system has none to give.
    pub fn random() -> Result<Self, NoRandomBytes> {
        Ok(Self::of(&random::bytes::<MIN_BYTES>()?))
    }

    fn of(bytes: &[u8]) -> Self {
        // A zero key would be the only other way out, and worse.
        #[allow(
            clippy::expect_used,
            reason = "HMAC has no invalid key length, RFC 2104 section 2"
        )]
        Self(Hmac::new_from_slice(bytes).expect("any length is a key"))
    }

    /// An HMAC with this key, of nothing yet.
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
    fn keys_are_long_random_and_unseen() {
        assert!(SessionKey::new(&[7; 32]).is_ok(), "the control");
        let error = SessionKey::new(&[7; 31]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "session key has 31 bytes: give at least 32 random ones"
        );
        let (one, two) = (SessionKey::random().unwrap(), SessionKey::random().unwrap());
        let of_nothing = |key: &SessionKey| key.mac().finalize().into_bytes();
        assert_eq!(of_nothing(&one), of_nothing(&one), "the control");
        assert_ne!(of_nothing(&one), of_nothing(&two));
        assert_eq!(format!("{one:?}"), "SessionKey(redacted)");
    }
}
