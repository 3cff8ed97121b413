//! The keys of token files, derived from a passphrase.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use secrecy::{ExposeSecret as _, SecretString};

use super::{
    kdf::{Kdf, KdfError},
    seal::{Key, Sealed, random},
};
use crate::error::ClientError;

/// Environment variable of the passphrase. All users of a machine can see arguments.
pub(crate) const PASSPHRASE_VARIABLE: &str = "MCP_CLIENT_PASSPHRASE";

const MIN_CHARS: usize = 8;

/// RFC 9106 section 4.
const SALT_LENGTH: usize = 16;

/// A passphrase, and the keys that were derived from it: a derivation is slow on purpose, so no thread of the runtime
/// may perform one.
#[derive(Clone)]
pub struct Passphrase {
    passphrase: SecretString,
    derived: Arc<Mutex<Vec<Derived>>>,
    /// The threads that derived keys.
    #[cfg(test)]
    pub(super) derived_on: Arc<Mutex<Vec<std::thread::ThreadId>>>,
}

/// A key, and what it was derived with.
#[derive(Clone)]
pub(super) struct Derived {
    pub(super) kdf: Kdf,
    pub(super) salt: Vec<u8>,
    pub(super) key: Key,
}

impl Passphrase {
    pub(super) fn new(passphrase: SecretString) -> Result<Self, ClientError> {
        if passphrase.expose_secret().chars().count() < MIN_CHARS {
            return Err(ClientError::Usage(format!(
                "{PASSPHRASE_VARIABLE} must have {MIN_CHARS} characters at least"
            )));
        }
        Ok(Self {
            passphrase,
            derived: Arc::default(),
            #[cfg(test)]
            derived_on: Arc::default(),
        })
    }

    /// The key for what was sealed; another one when it was sealed with another passphrase.
    ///
    /// # Errors
    ///
    /// [`KdfError`], with the reason.
    pub(super) fn key(&self, kdf: Kdf, sealed: &Sealed) -> Result<Key, KdfError> {
        let not_base64 = KdfError::Corrupt("its salt is not in base64url");
        let salt = sealed.salt().ok_or(not_base64)?;
        // Held while a key is derived: threads that need the same one wait for it.
        let mut derived = self.derived();
        let known = derived
            .iter()
            .find(|known| known.kdf == kdf && known.salt == salt);
        if let Some(known) = known {
            return Ok(known.key.clone());
        }
        let key = self.derive(kdf, &salt)?;
        // Only files that were sealed with the passphrase get here, so that others cannot fill the memory.
        if key.fits(sealed) {
            let key = key.clone();
            derived.push(Derived { kdf, salt, key });
        }
        Ok(key)
    }

    /// The key for a file to be written: that of a file that was read before, if it was derived as files are now.
    ///
    /// # Errors
    ///
    /// [`ClientError::Usage`] when the system has no random bytes, or not the memory for the derivation.
    pub(super) fn key_to_write(&self) -> Result<Derived, ClientError> {
        let mut derived = self.derived();
        if let Some(known) = derived.iter().find(|known| known.kdf == Kdf::CURRENT) {
            return Ok(known.clone());
        }
        let salt = random::<SALT_LENGTH>().map_err(|_| {
            ClientError::Usage("the system gives no random bytes to protect tokens with".into())
        })?;
        let key = self.derive(Kdf::CURRENT, &salt).map_err(|_| no_memory())?;
        let new = Derived {
            kdf: Kdf::CURRENT,
            salt: salt.to_vec(),
            key,
        };
        derived.push(new.clone());
        Ok(new)
    }

    fn derive(&self, kdf: Kdf, salt: &[u8]) -> Result<Key, KdfError> {
        #[cfg(test)]
        self.derived_on
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(std::thread::current().id());
        let passphrase = self.passphrase.expose_secret().as_bytes();
        Ok(Key::new(*kdf.derive(passphrase, salt)?))
    }

    fn derived(&self) -> MutexGuard<'_, Vec<Derived>> {
        self.derived.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error for [`KdfError::NoMemory`].
pub(super) fn no_memory() -> ClientError {
    ClientError::Usage(format!(
        "there is not enough memory to derive a key from {PASSPHRASE_VARIABLE}; end other programs"
    ))
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase([redacted])")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn passphrase(passphrase: &str) -> Result<Passphrase, ClientError> {
        Passphrase::new(SecretString::from(passphrase.to_owned()))
    }

    fn derivations(passphrase: &Passphrase) -> usize {
        passphrase.derived_on.lock().unwrap().len()
    }

    #[test]
    fn a_key_belongs_to_passphrase_salt_and_derivation() {
        let first = passphrase("correct horse").unwrap();
        let Derived { kdf, salt, key } = first.key_to_write().unwrap();
        assert_eq!(first.key_to_write().unwrap().salt, salt);
        assert_eq!(derivations(&first), 1, "derived once");
        let sealed = key.seal("a.json", &salt, b"the record".to_vec()).unwrap();

        let again = passphrase("correct horse").unwrap();
        assert_eq!(again.key(kdf, &sealed).unwrap().bytes(), key.bytes());
        assert_eq!(again.key_to_write().unwrap().salt, salt, "that of the file");
        assert_eq!(derivations(&again), 1, "derived once");

        let old = again.key(Kdf::Pbkdf2, &sealed).unwrap();
        assert_ne!(old.bytes(), key.bytes());
        let salted = key.seal("a.json", b"another salt", Vec::new()).unwrap();
        assert_ne!(again.key(kdf, &salted).unwrap().bytes(), key.bytes());
        let other = passphrase("correct house").unwrap();
        assert_ne!(other.key(kdf, &sealed).unwrap().bytes(), key.bytes());
    }

    #[test]
    fn only_keys_of_files_that_open_are_kept() {
        let ours = passphrase("correct horse").unwrap();
        let Derived { kdf, salt, key } = ours.key_to_write().unwrap();
        let control = key.seal("a.json", &salt, Vec::new()).unwrap();
        let planted = Key::random()
            .unwrap()
            .seal("a.json", b"salt of others", Vec::new())
            .unwrap();
        let reader = passphrase("correct horse").unwrap();
        for (sealed, kept) in [(&planted, 0), (&control, 1), (&planted, 1)] {
            reader.key(kdf, sealed).unwrap();
            assert_eq!(reader.derived().len(), kept);
        }
        assert_eq!(reader.key_to_write().unwrap().salt, salt);
    }

    #[test]
    fn a_short_passphrase_is_refused_and_none_is_shown() {
        let short = passphrase("7 chars").unwrap_err();
        assert_eq!(
            short.to_string(),
            "MCP_CLIENT_PASSPHRASE must have 8 characters at least"
        );
        assert_eq!(
            format!("{:?}", passphrase("8 chars!").unwrap()),
            "Passphrase([redacted])"
        );
    }
}
