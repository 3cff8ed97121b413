//! By what token files are protected.

use std::path::Path;

use crate::store::{
    keyring::Keyring,
    passphrase::Passphrase,
    seal::{Key, Sealed},
};
use crate::{error::ClientError, secret::Secret};

/// What keeps others from reading a token file, beside its mode.
///
/// Each kind has files of its own: a login over SSH, where the keyring is locked, leaves those of the
/// desktop alone.
#[derive(Debug, Clone)]
pub enum Protection {
    /// Encrypted with a key that is in the system's keyring.
    Keyring(Keyring),
    /// Encrypted with a key that is made from a passphrase.
    Passphrase(Passphrase),
    /// Readable for whoever gets the file: its owner, the administrator, every backup.
    Unencrypted,
}

impl Protection {
    /// Encryption with a key in the system's keyring: Keychain, Credential Manager or Secret Service.
    ///
    /// # Errors
    ///
    /// Why there is no keyring that can be used here.
    pub async fn keyring() -> Result<Self, String> {
        Keyring::open().await.map(Self::Keyring)
    }

    /// Encryption with a key that PBKDF2 makes from a passphrase.
    ///
    /// # Errors
    ///
    /// [`ClientError::Usage`] when it has less than 8 characters.
    pub fn passphrase(passphrase: Secret) -> Result<Self, ClientError> {
        Passphrase::new(passphrase).map(Self::Passphrase)
    }

    /// Stands in the names of the files.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Keyring(_) => "keyring",
            Self::Passphrase(_) => "passphrase",
            Self::Unencrypted => "unencrypted",
        }
    }

    /// The key of an encrypted file; none when this kind has none for it.
    ///
    /// # Errors
    ///
    /// [`ClientError::Keyring`] when the keyring does not answer any more.
    pub(super) fn key(&self, sealed: &Sealed) -> Result<Option<Key>, ClientError> {
        Ok(match self {
            Self::Keyring(keyring) => keyring.key(sealed)?,
            Self::Passphrase(passphrase) => Some(passphrase.key(&sealed.salt())),
            Self::Unencrypted => None,
        })
    }

    /// Salt and key of a file to be written in this directory; none when it is not to be encrypted.
    ///
    /// # Errors
    ///
    /// [`ClientError::Keyring`] when the keyring takes no key.
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
