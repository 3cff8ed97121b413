//! The key of token files, in the system's keyring: Keychain on macOS, Credential Manager on Windows,
//! Secret Service elsewhere.
//!
//! Only the key is there, not the tokens: a keyring may hold less than a token is long (2,560 bytes on
//! Windows), and has no lock that two processes could share.

use std::{
    fmt,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use keyring::{Entry, Error};

use super::{
    file::{Lock, store_error},
    seal::{KEY_LENGTH, Key},
};
use crate::client::{error::ClientError, redact};

const SERVICE: &str = "auth-scalekit-client";
const USER: &str = "key of the token files";

/// The name of the lock that is held while a key is made.
const LOCK: &str = "keyring.lock";

/// A keyring may ask its owner to unlock it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A keyring that answers, and the key in it, if there is one yet.
#[derive(Clone)]
pub struct Keyring {
    key: Arc<Mutex<Option<Key>>>,
}

impl Keyring {
    /// # Errors
    ///
    /// Why there is no keyring that can be used here.
    pub(super) async fn open() -> Result<Self, String> {
        let asked = tokio::task::spawn_blocking(read);
        let key = tokio::time::timeout(PATIENCE, asked)
            .await
            .map_err(|_| format!("it did not answer within {} s", PATIENCE.as_secs()))?
            .map_err(|_| "asking it failed".to_owned())??;
        Ok(Self {
            key: Arc::new(Mutex::new(key)),
        })
    }

    /// The key, if one was ever made.
    pub(super) fn key(&self) -> Option<Key> {
        self.key
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The key, made now if there is none. The lock is in the directory of the files.
    pub(super) fn key_to_write(&self, directory: &Path) -> Result<Key, ClientError> {
        let mut known = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = &*known {
            return Ok(key.clone());
        }
        let path = directory.join(LOCK);
        let _held = Lock::wait(&path).map_err(|error| store_error(&path, &error))?;
        let failed = |reason: String| ClientError::Keyring(reason);
        let key = match read().map_err(failed)? {
            Some(key) => key,
            None => make().map_err(failed)?,
        };
        *known = Some(key.clone());
        Ok(key)
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
        Err(error) => Err(told(&error)),
    }
}

fn make() -> Result<Key, String> {
    let key = Key::random().map_err(|_| "the system gives no random bytes".to_owned())?;
    entry()?
        .set_secret(key.bytes())
        .map_err(|error| told(&error))?;
    Ok(key)
}

fn entry() -> Result<Entry, String> {
    if let Err(error) = Entry::store_status() {
        return Err(told(error));
    }
    Entry::new(SERVICE, USER).map_err(|error| told(&error))
}

/// What the keyring holds stands in some of the errors, and in none of these.
fn told(error: &Error) -> String {
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
