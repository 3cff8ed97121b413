//! Encrypts the record of a token file.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey},
    error::Unspecified,
    hmac, rand,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

use super::kdf::StatedKdf;

/// Bytes of a key for AES-256.
pub(super) const KEY_LENGTH: usize = 32;

/// Bytes of the check value, which distinguishes keys.
const CHECK_LENGTH: usize = 8;

/// A key for token files, overwritten when it is dropped.
#[derive(Clone)]
pub(super) struct Key(Zeroizing<[u8; KEY_LENGTH]>);

/// An encrypted record. All but the key derivation, the salt, the check value and the nonce is cipher text; all but
/// the key derivation are in base64url.
#[derive(Serialize, Deserialize)]
pub(super) struct Sealed {
    /// How the key was derived; none for a key of the keyring, and before layout 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kdf: Option<StatedKdf>,
    /// The salt that the key was derived with; empty for a key of the keyring.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    salt: String,
    /// The check value of the key, so that a wrong passphrase is not mistaken for a broken file.
    key_check: String,
    nonce: String,
    sealed: String,
}

/// Why a sealed record does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsealable {
    /// It was sealed with another key.
    OtherKey,
    /// It was changed, or belongs to another file.
    Changed,
}

impl Key {
    pub(super) fn new(bytes: [u8; KEY_LENGTH]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Generates a key.
    ///
    /// # Errors
    ///
    /// [`Unspecified`] when the system has no random bytes.
    pub(super) fn random() -> Result<Self, Unspecified> {
        random().map(Self::new)
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_LENGTH] {
        &self.0
    }

    /// Encrypts the record of the file `name`; it cannot be opened under another name. Where the key was derived, the
    /// key derivation is added to the result by the caller.
    ///
    /// # Errors
    ///
    /// [`Unspecified`] when the system has no random bytes.
    pub(super) fn seal(
        &self,
        name: &str,
        salt: &[u8],
        mut bytes: Vec<u8>,
    ) -> Result<Sealed, Unspecified> {
        let nonce = self
            .cipher()?
            .seal_in_place_append_tag(Aad::from(name.as_bytes()), &mut bytes)?;
        Ok(Sealed {
            kdf: None,
            salt: URL_SAFE_NO_PAD.encode(salt),
            key_check: self.check(),
            nonce: URL_SAFE_NO_PAD.encode(nonce.as_ref()),
            sealed: URL_SAFE_NO_PAD.encode(bytes),
        })
    }

    /// Whether this was sealed with this key.
    pub(super) fn fits(&self, sealed: &Sealed) -> bool {
        sealed.key_check == self.check()
    }

    /// Decrypts what was sealed under this name.
    ///
    /// # Errors
    ///
    /// [`Unsealable`], with the reason.
    pub(super) fn open(
        &self,
        name: &str,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        if !self.fits(sealed) {
            return Err(Unsealable::OtherKey);
        }
        let changed = |_| Unsealable::Changed;
        let decoded = |text: &str| {
            URL_SAFE_NO_PAD
                .decode(text)
                .map_err(|_| Unsealable::Changed)
        };
        let nonce = Nonce::try_assume_unique_for_key(&decoded(&sealed.nonce)?).map_err(changed)?;
        let mut bytes = Zeroizing::new(decoded(&sealed.sealed)?);
        let length = self
            .cipher()
            .and_then(|cipher| cipher.open_in_place(nonce, Aad::from(name.as_bytes()), &mut bytes))
            .map_err(changed)?
            .len();
        // The authentication tag follows it.
        bytes.truncate(length);
        Ok(bytes)
    }

    fn cipher(&self) -> Result<RandomizedNonceKey, Unspecified> {
        RandomizedNonceKey::new(&AES_256_GCM, self.bytes())
    }

    fn check(&self) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.bytes());
        let tag = hmac::sign(&key, b"which key of a token file this is");
        URL_SAFE_NO_PAD.encode(tag.as_ref().get(..CHECK_LENGTH).unwrap_or_default())
    }
}

impl Sealed {
    /// The salt; none when it is not base64url.
    pub(super) fn salt(&self) -> Option<Vec<u8>> {
        URL_SAFE_NO_PAD.decode(&self.salt).ok()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key([redacted])")
    }
}

/// Random bytes.
///
/// # Errors
///
/// [`Unspecified`] when the system has none.
pub(super) fn random<const LENGTH: usize>() -> Result<[u8; LENGTH], Unspecified> {
    let mut bytes = [0; LENGTH];
    rand::fill(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn opens_with_its_key_under_its_name_and_as_it_was_written() {
        let key = Key::new([7; KEY_LENGTH]);
        let seal = || key.seal("a.json", b"salt", b"the record".to_vec()).unwrap();
        let opened = key.open("a.json", &seal());
        assert_eq!(opened.unwrap().as_slice(), b"the record");

        let other = Key::new([8; KEY_LENGTH]);
        assert_eq!(
            other.open("a.json", &seal()).err(),
            Some(Unsealable::OtherKey)
        );
        assert_eq!(key.open("b.json", &seal()).err(), Some(Unsealable::Changed));
        let changes: [fn(&mut Sealed); 5] = [
            |sealed| {
                let other = if sealed.sealed.starts_with('_') {
                    "-"
                } else {
                    "_"
                };
                sealed.sealed.replace_range(0..1, other);
            },
            |sealed| sealed.sealed.truncate(4),
            |sealed| sealed.sealed.clear(),
            |sealed| sealed.nonce.truncate(8),
            |sealed| sealed.nonce = "no base64 at all!".into(),
        ];
        for (row, change) in changes.into_iter().enumerate() {
            let mut sealed = seal();
            change(&mut sealed);
            assert_eq!(
                key.open("a.json", &sealed).err(),
                Some(Unsealable::Changed),
                "{row}"
            );
        }
    }

    #[test]
    fn the_same_record_never_looks_the_same() {
        let key = Key::random().unwrap();
        let seal = || key.seal("a.json", b"", b"the record".to_vec()).unwrap();
        assert_ne!(seal().sealed, seal().sealed);
        assert!(!format!("{key:?}").contains(&format!("{:?}", key.bytes())));
    }
}
