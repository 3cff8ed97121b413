//! The key of token files, in the system's keyring: Keychain on macOS, Credential Manager on Windows,
//! Secret Service elsewhere.
//!
//! Only the key is stored there, not the tokens: an entry may be limited to less than a token (2,560 bytes on Windows),
//! and a keyring has no lock that two processes could share.

use std::{
    fmt,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use keyring::{Entry, Error};
use tokio::sync::oneshot;

use super::{
    disk::store_error,
    lock::Lock,
    seal::{KEY_LENGTH, Key, Sealed},
};
use crate::{error::ClientError, redact};

const SERVICE: &str = "auth-scalekit-client";
const USER: &str = "key of the token files";

/// The name of the lock that is held while a key is generated.
const LOCK: &str = "keyring.lock";

/// How long to wait for a keyring, which may ask its owner to unlock it.
const UNLOCK_TIME: Duration = Duration::from_secs(60);

/// A keyring that can be used, and the key in it, if there is one yet.
#[derive(Clone)]
pub struct Keyring {
    key: Arc<Mutex<Option<Key>>>,
}

impl Keyring {
    /// Opens the keyring and reads the key.
    ///
    /// # Errors
    ///
    /// Why no keyring can be used here.
    pub(super) async fn open() -> Result<Self, String> {
        let (sender, receiver) = oneshot::channel();
        // A thread outside of the runtime, which would wait at its end for a keyring that asks its owner.
        std::thread::spawn(move || sender.send(read()));
        let key = tokio::time::timeout(UNLOCK_TIME, receiver)
            .await
            .map_err(|_| format!("it did not answer within {} s", UNLOCK_TIME.as_secs()))?
            .map_err(|_| "the thread that opened it failed".to_owned())??;
        Ok(Self {
            key: Arc::new(Mutex::new(key)),
        })
    }

    /// The key that this was sealed with, if the keyring has it. Another process may have generated it after this one
    /// read the keyring.
    pub(super) fn key(&self, sealed: &Sealed) -> Result<Option<Key>, ClientError> {
        let mut known = self.known();
        if !known.as_ref().is_some_and(|key| key.fits(sealed)) {
            *known = read().map_err(ClientError::Keyring)?;
        }
        Ok(known.clone())
    }

    /// The key, generated now if there is none. The lock is in the directory of the files.
    pub(super) fn key_to_write(&self, directory: &Path) -> Result<Key, ClientError> {
        let mut known = self.known();
        if let Some(key) = &*known {
            return Ok(key.clone());
        }
        let path = directory.join(LOCK);
        let _held = Lock::wait(&path).map_err(|error| store_error(&path, &error))?;
        let mut key = read().map_err(ClientError::Keyring)?;
        if key.is_none() {
            generate().map_err(ClientError::Keyring)?;
            // A process with another directory has another lock, so the key is read back.
            key = read().map_err(ClientError::Keyring)?;
        }
        let key =
            key.ok_or_else(|| ClientError::Keyring("it does not keep what it was given".into()))?;
        *known = Some(key.clone());
        Ok(key)
    }

    fn known(&self) -> MutexGuard<'_, Option<Key>> {
        self.key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read() -> Result<Option<Key>, String> {
    match entry()?.get_secret() {
        Ok(bytes) => match <[u8; KEY_LENGTH]>::try_from(bytes) {
            Ok(bytes) => Ok(Some(Key::new(bytes))),
            Err(_) => Err(format!(
                "its entry {SERVICE} is not a key of {KEY_LENGTH} bytes; remove the entry"
            )),
        },
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(describe(&error)),
    }
}

fn generate() -> Result<(), String> {
    let key = Key::random().map_err(|_| "the system gives no random bytes".to_owned())?;
    entry()?
        .set_secret(key.bytes())
        .map_err(|error| describe(&error))
}

fn entry() -> Result<Entry, String> {
    if let Err(error) = Entry::store_status() {
        return Err(describe(error));
    }
    Entry::new(SERVICE, USER).map_err(|error| describe(&error))
}

/// The error without the entry, which some errors of the keyring contain.
fn describe(error: &Error) -> String {
    match error {
        Error::PlatformFailure(cause) | Error::NoStorageAccess(cause) => {
            redact::printable(&cause.to_string())
        }
        Error::NoDefaultStore => "there is none".into(),
        Error::Ambiguous(_) => format!("it has more than one entry {SERVICE}; remove them"),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "its entry cannot be read".into(),
        other => redact::printable(&other.to_string()),
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring([redacted])")
    }
}
