//! The key of token files, in the system's keyring: Keychain on macOS, Credential Manager on Windows,
//! Secret Service elsewhere.
//!
//! Only the key is there, not the tokens: a keyring may hold less than a token is long (2,560 bytes on
//! Windows), and has no lock that two processes could share.

use std::{
    fmt,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use keyring::{Entry, Error};
use tokio::sync::oneshot;

use crate::store::{
    file::{Lock, store_error},
    seal::{KEY_LENGTH, Key, Sealed},
};
use crate::{error::ClientError, redact};

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
        let (sender, receiver) = oneshot::channel();
        // A thread that nobody waits for: a runtime would wait at its end for a keyring that asks its owner.
        std::thread::spawn(move || sender.send(read()));
        let key = tokio::time::timeout(PATIENCE, receiver)
            .await
            .map_err(|_| format!("it did not answer within {} s", PATIENCE.as_secs()))?
            .map_err(|_| "asking it failed".to_owned())??;
        Ok(Self {
            key: Arc::new(Mutex::new(key)),
        })
    }

    /// The key that this was sealed with, as far as the keyring has one. Another process may have made it
    /// since we last looked.
    pub(super) fn key(&self, sealed: &Sealed) -> Result<Option<Key>, ClientError> {
        let mut known = self.known();
        if !known.as_ref().is_some_and(|key| key.fits(sealed)) {
            *known = read().map_err(ClientError::Keyring)?;
        }
        Ok(known.clone())
    }

    /// The key, made now if there is none. The lock is in the directory of the files.
    pub(super) fn key_to_write(&self, directory: &Path) -> Result<Key, ClientError> {
        let mut known = self.known();
        if let Some(key) = &*known {
            return Ok(key.clone());
        }
        let path = directory.join(LOCK);
        let _held = Lock::wait(&path).map_err(|error| store_error(&path, &error))?;
        let mut key = read().map_err(ClientError::Keyring)?;
        if key.is_none() {
            make().map_err(ClientError::Keyring)?;
            // Who uses another directory has another lock: what is there now counts.
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
        Err(error) => Err(told(&error)),
    }
}

fn make() -> Result<(), String> {
    let key = Key::random().map_err(|_| "the system gives no random bytes".to_owned())?;
    entry()?
        .set_secret(key.bytes())
        .map_err(|error| told(&error))
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
