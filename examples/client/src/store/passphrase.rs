//! The key of token files, made from a passphrase.

use std::{
    fmt,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
};

use aws_lc_rs::pbkdf2;

use crate::store::seal::{KEY_LENGTH, Key, random};
use crate::{error::ClientError, secret::Secret};

/// Environment variable of the passphrase. An argument could be seen by every user of the machine.
pub(crate) const VARIABLE: &str = "MCP_CLIENT_PASSPHRASE";

/// What OWASP's cheat sheet for stored passwords asks of PBKDF2 with HMAC-SHA-256.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(600_000).unwrap();

const MIN_CHARS: usize = 8;
const SALT_LENGTH: usize = 16;

/// A passphrase, and the keys that were made from it: to make one takes a noticeable time on purpose.
#[derive(Clone)]
pub struct Passphrase {
    passphrase: Secret,
    made: Arc<Mutex<Vec<Made>>>,
}

#[derive(Clone)]
struct Made {
    salt: Vec<u8>,
    key: Key,
}

impl Passphrase {
    pub(super) fn new(passphrase: Secret) -> Result<Self, ClientError> {
        if passphrase.reveal().chars().count() < MIN_CHARS {
            return Err(ClientError::Usage(format!(
                "{VARIABLE} must have {MIN_CHARS} characters at least"
            )));
        }
        Ok(Self {
            passphrase,
            made: Arc::default(),
        })
    }

    /// The key for a file with this salt.
    pub(super) fn key(&self, salt: &[u8]) -> Key {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.iter().find(|known| known.salt == salt) {
            return known.key.clone();
        }
        let mut bytes = [0; KEY_LENGTH];
        pbkdf2::derive(
            pbkdf2::PBKDF2_HMAC_SHA256,
            ITERATIONS,
            salt,
            self.passphrase.reveal().as_bytes(),
            &mut bytes,
        );
        let key = Key::new(bytes);
        made.push(Made {
            salt: salt.to_vec(),
            key: key.clone(),
        });
        key
    }

    /// A salt and its key for a file to be written: those of a file that was read, where there was one.
    pub(super) fn key_to_write(&self) -> Result<(Vec<u8>, Key), ClientError> {
        let known = {
            let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            made.first().cloned()
        };
        if let Some(Made { salt, key }) = known {
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

    fn made(passphrase: &str) -> Result<Passphrase, ClientError> {
        Passphrase::new(Secret::new(passphrase.to_owned()))
    }

    #[test]
    fn a_key_belongs_to_passphrase_and_salt() {
        let passphrase = made("correct horse").unwrap();
        let (salt, key) = passphrase.key_to_write().unwrap();
        assert_eq!(passphrase.key_to_write().unwrap().0, salt, "made once");
        let again = made("correct horse").unwrap();
        assert_eq!(again.key(&salt).bytes(), key.bytes());
        assert_ne!(again.key(b"another salt").bytes(), key.bytes());
        assert_eq!(
            again.key_to_write().unwrap().0,
            salt,
            "that of the file read"
        );
        assert_ne!(
            made("correct house").unwrap().key(&salt).bytes(),
            key.bytes()
        );
    }

    #[test]
    fn a_short_one_is_refused_and_none_is_shown() {
        let short = made("7 chars").unwrap_err();
        assert_eq!(
            short.to_string(),
            "MCP_CLIENT_PASSPHRASE must have 8 characters at least"
        );
        assert_eq!(
            format!("{:?}", made("8 chars!").unwrap()),
            "Passphrase([redacted])"
        );
    }
}
