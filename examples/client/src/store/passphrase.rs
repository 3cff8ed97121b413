//! The key of token files, derived from a passphrase.

use std::{
    fmt,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
};

use aws_lc_rs::pbkdf2;
use secrecy::{ExposeSecret as _, SecretString};

use super::seal::{KEY_LENGTH, Key, random};
use crate::error::ClientError;

/// Environment variable of the passphrase. All users of a machine can see arguments.
pub(crate) const PASSPHRASE_VARIABLE: &str = "MCP_CLIENT_PASSPHRASE";

/// The iterations that OWASP's cheat sheet for stored passwords recommends for PBKDF2 with HMAC-SHA-256.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(600_000).unwrap();

const MIN_CHARS: usize = 8;
const SALT_LENGTH: usize = 16;

/// A passphrase, and the keys that were derived from it: a derivation is slow on purpose.
#[derive(Clone)]
pub struct Passphrase {
    passphrase: SecretString,
    derived: Arc<Mutex<Vec<Derived>>>,
}

#[derive(Clone)]
struct Derived {
    salt: Vec<u8>,
    key: Key,
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
        })
    }

    /// The key for a file with this salt.
    pub(super) fn key(&self, salt: &[u8]) -> Key {
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = derived.iter().find(|known| known.salt == salt) {
            return known.key.clone();
        }
        let mut bytes = [0; KEY_LENGTH];
        pbkdf2::derive(
            pbkdf2::PBKDF2_HMAC_SHA256,
            ITERATIONS,
            salt,
            self.passphrase.expose_secret().as_bytes(),
            &mut bytes,
        );
        let key = Key::new(bytes);
        derived.push(Derived {
            salt: salt.to_vec(),
            key: key.clone(),
        });
        key
    }

    /// The salt and the key for a file to be written: those of a file that was read before, if any.
    pub(super) fn key_to_write(&self) -> Result<(Vec<u8>, Key), ClientError> {
        let known = {
            let derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
            derived.first().cloned()
        };
        if let Some(Derived { salt, key }) = known {
            return Ok((salt, key));
        }
        let salt = random::<SALT_LENGTH>().map_err(|_| {
            ClientError::Usage("the system gives no random bytes to protect tokens with".into())
        })?;
        Ok((salt.to_vec(), self.key(&salt)))
    }
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

    #[test]
    fn a_key_belongs_to_passphrase_and_salt() {
        let first = passphrase("correct horse").unwrap();
        let (salt, key) = first.key_to_write().unwrap();
        assert_eq!(first.key_to_write().unwrap().0, salt, "derived once");
        let again = passphrase("correct horse").unwrap();
        assert_eq!(again.key(&salt).bytes(), key.bytes());
        assert_ne!(again.key(b"another salt").bytes(), key.bytes());
        assert_eq!(
            again.key_to_write().unwrap().0,
            salt,
            "that of the file read"
        );
        assert_ne!(
            passphrase("correct house").unwrap().key(&salt).bytes(),
            key.bytes()
        );
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
