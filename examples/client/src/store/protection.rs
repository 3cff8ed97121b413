//! How token files are protected.

use std::path::Path;

use secrecy::SecretString;

use super::{
    keyring::Keyring,
    passphrase::Passphrase,
    seal::{Key, Sealed},
};
use crate::error::ClientError;

/// How a token file is protected from other readers, beside its mode.
///
/// Each protection has separate files: a login over SSH, where the keyring is locked, does not touch those of the
/// desktop.
#[derive(Debug, Clone)]
pub enum Protection {
    /// Encrypted with a key that is in the system's keyring.
    Keyring(Keyring),
    /// Encrypted with a key that is derived from a passphrase.
    Passphrase(Passphrase),
    /// Readable for its owner, the administrator and every backup.
    Unencrypted,
}

impl Protection {
    /// Encryption with a key in the system's keyring: Keychain, Credential Manager or Secret Service.
    ///
    /// # Errors
    ///
    /// Why no keyring can be used here.
    pub async fn keyring() -> Result<Self, String> {
        Keyring::open().await.map(Self::Keyring)
    }

    /// Encryption with a key that PBKDF2 derives from a passphrase.
    ///
    /// # Errors
    ///
    /// [`ClientError::Usage`] when it has fewer than 8 characters.
    pub fn passphrase(passphrase: SecretString) -> Result<Self, ClientError> {
        Passphrase::new(passphrase).map(Self::Passphrase)
    }

    /// Part of the names of the files.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Keyring(_) => "keyring",
            Self::Passphrase(_) => "passphrase",
            Self::Unencrypted => "unencrypted",
        }
    }

    /// The key of an encrypted file; none when it is not available.
    ///
    /// # Errors
    ///
    /// [`ClientError::Keyring`] when the keyring does not respond any more.
    pub(super) fn key(&self, sealed: &Sealed) -> Result<Option<Key>, ClientError> {
        Ok(match self {
            Self::Keyring(keyring) => keyring.key(sealed)?,
            Self::Passphrase(passphrase) => Some(passphrase.key(&sealed.salt())),
            Self::Unencrypted => None,
        })
    }

    /// The salt and the key of a file to be written in this directory; none without encryption.
    ///
    /// # Errors
    ///
    /// [`ClientError::Keyring`] when the keyring does not store a key.
    pub(super) fn key_to_write(
        &self,
        directory: &Path,
    ) -> Result<Option<(Vec<u8>, Key)>, ClientError> {
        Ok(match self {
            Self::Keyring(keyring) => Some((Vec::new(), keyring.key_to_write(directory)?)),
            Self::Passphrase(passphrase) => Some(passphrase.key_to_write()?),
            Self::Unencrypted => None,
        })
    }
}
