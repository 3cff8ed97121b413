//! How token files are protected.

use std::path::Path;

use secrecy::SecretString;

use super::{
    kdf::{Kdf, KdfError, StatedKdf},
    keyring::Keyring,
    passphrase::{Passphrase, no_memory},
    seal::{Key, Sealed},
};
use crate::error::ClientError;

/// The first layout whose files state how their key is derived.
const FIRST_WITH_KDF: u32 = 3;

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

    /// Encryption with a key that Argon2id (RFC 9106) derives from a passphrase.
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

    /// The key of an encrypted file of this layout.
    ///
    /// # Errors
    ///
    /// [`ClientError::Keyring`] when the keyring does not respond any more, [`ClientError::Usage`] when there is not the
    /// memory to derive a key. The inner error says why there is no key: the
    /// file can never be opened again.
    pub(super) fn key(
        &self,
        layout: u32,
        sealed: &Sealed,
    ) -> Result<Result<FoundKey, &'static str>, ClientError> {
        const GONE: &str = "the key that it needs is gone";
        Ok(match self {
            Self::Keyring(keyring) => keyring.key(sealed)?.map(FoundKey::current).ok_or(GONE),
            Self::Passphrase(passphrase) => {
                let kdf = match derivation(layout, sealed) {
                    Ok(kdf) => kdf,
                    Err(reason) => return Ok(Err(reason)),
                };
                match passphrase.key(kdf, sealed) {
                    Ok(key) => Ok(FoundKey {
                        key,
                        outdated: kdf.is_outdated(),
                    }),
                    Err(KdfError::Corrupt(reason)) => Err(reason),
                    Err(KdfError::NoMemory) => return Err(no_memory()),
                }
            }
            Self::Unencrypted => Err(GONE),
        })
    }

    /// Encrypts the record of a file to be written, named `name`, in this directory; none without encryption.
    ///
    /// # Errors
    ///
    /// [`ClientError::Keyring`] when the keyring does not store a key, [`ClientError::Usage`] when none can be derived
    /// or the system has no random bytes.
    pub(super) fn seal(
        &self,
        directory: &Path,
        name: &str,
        record: Vec<u8>,
    ) -> Result<Option<Sealed>, ClientError> {
        let failed = |_| {
            ClientError::Usage("the system gives no random bytes to protect tokens with".into())
        };
        Ok(match self {
            Self::Keyring(keyring) => {
                let key = keyring.key_to_write(directory)?;
                Some(key.seal(name, &[], record).map_err(failed)?)
            }
            Self::Passphrase(passphrase) => {
                let derived = passphrase.key_to_write()?;
                let sealed = derived.key.seal(name, &derived.salt, record);
                let mut sealed = sealed.map_err(failed)?;
                sealed.kdf = StatedKdf::of(derived.kdf);
                Some(sealed)
            }
            Self::Unencrypted => None,
        })
    }
}

/// The key of a file.
pub(super) struct FoundKey {
    pub(super) key: Key,
    /// Whether it was derived as it is no longer done: the file is to be written again.
    pub(super) outdated: bool,
}

impl FoundKey {
    fn current(key: Key) -> Self {
        Self {
            key,
            outdated: false,
        }
    }
}

/// How the key of a file with a passphrase was derived.
fn derivation(layout: u32, sealed: &Sealed) -> Result<Kdf, &'static str> {
    match &sealed.kdf {
        Some(stated) => stated.accepted(),
        None if layout < FIRST_WITH_KDF => Ok(Kdf::Pbkdf2),
        None => Err("it does not state how its key is derived"),
    }
}
