//! [`ChainKey`]: the secret of a chain.

use std::fmt;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;

use super::head::{Hash, hex};
use crate::support::private_file;

/// RFC 2104 section 3: a key shorter than the hash weakens it.
const MIN_BYTES: usize = 32;
/// The longest key in a file, in bytes: a longer file is another one.
const MAX_BYTES: usize = 4 * 1024;
/// How many bytes of a hash name a key.
const ID_BYTES: usize = 8;

/// A secret key of at least 32 bytes, for [`JsonLinesBuilder::chained`](crate::audit::JsonLinesBuilder::chained).
/// It has no `Display`, and its `Debug` is redacted.
///
/// Valid lines can be written by all that have it, so keep it where those who can write the audit file cannot read it, and
/// verify on another machine. `openssl rand -hex 32` makes one.
#[derive(Clone)]
pub struct ChainKey(Hmac<Sha256>);

/// The key is too short.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("chain key has {0} bytes: use at least {MIN_BYTES} random bytes")]
pub struct InvalidChainKey(usize);

impl ChainKey {
    /// A key of these bytes, as they are.
    ///
    /// # Errors
    ///
    /// [`InvalidChainKey`] for fewer than 32.
    pub fn new(bytes: &[u8]) -> Result<Self, InvalidChainKey> {
        if bytes.len() < MIN_BYTES {
            return Err(InvalidChainKey(bytes.len()));
        }
        // The only alternative to this panic would be an all-zero key, which is worse.
        #[allow(
            clippy::expect_used,
            reason = "HMAC has no invalid key length, RFC 2104 section 2"
        )]
        Ok(Self(
            Hmac::new_from_slice(bytes).expect("any key length is valid"),
        ))
    }

    /// The content of a file that only its owner can read ([`private_file`]), without line ends at its end.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidData`] for fewer than 32 bytes or more than 4 KiB; else as [`private_file::read`]. The
    /// message names the file.
    pub fn read(path: &Path) -> io::Result<Self> {
        let named = |error: io::Error| {
            let shown = path.display();
            io::Error::new(error.kind(), format!("key file {shown}: {error}"))
        };
        let mut content = Vec::new();
        private_file::read(path)
            .and_then(|file| {
                file.take(MAX_BYTES as u64 + 1)
                    .read_to_end(&mut content)
                    .map(drop)
            })
            .map_err(named)?;
        if content.len() > MAX_BYTES {
            let problem = "has more than 4 KiB: name the file of the key";
            return Err(named(io::Error::new(ErrorKind::InvalidData, problem)));
        }
        let end = content
            .iter()
            .rposition(|byte| !matches!(byte, b'\r' | b'\n'));
        content.truncate(end.map_or(0, |end| end.saturating_add(1)));
        Self::new(&content).map_err(|error| named(io::Error::new(ErrorKind::InvalidData, error)))
    }

    /// The hash of a line: over the hash of the line before, the number of the line, and the hash of its bytes.
    pub(super) fn link(&self, previous: &Hash, seq: u64, bytes: &Hash) -> Hash {
        let mut mac = self.0.clone();
        mac.update(previous);
        mac.update(&seq.to_be_bytes());
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    }

    /// A name of the key, from which the key cannot be computed.
    pub(super) fn id(&self) -> String {
        let mut mac = self.0.clone();
        // Of another length than what `link` covers.
        mac.update(b"name of the key");
        let hash: Hash = mac.finalize().into_bytes().into();
        hex(hash.iter().take(ID_BYTES))
    }
}

impl fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChainKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_a_minimum_length_and_a_redacted_debug() {
        let key = ChainKey::new(&[7; 32]).unwrap();
        assert_eq!(format!("{key:?}"), "ChainKey(redacted)");
        let error = ChainKey::new(&[7; 31]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "chain key has 31 bytes: use at least 32 random bytes"
        );
        assert_eq!(key.id(), ChainKey::new(&[7; 32]).unwrap().id());
        assert_ne!(key.id(), ChainKey::new(&[8; 32]).unwrap().id());
    }

    #[test]
    fn a_key_file_has_one_key_and_perhaps_a_line_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let read = |content: &[u8]| {
            std::fs::write(&path, content).unwrap();
            ChainKey::read(&path)
        };
        let key = ChainKey::new(&[b'k'; 32]).unwrap();
        for end in ["", "\n", "\r\n"] {
            let content = [&[b'k'; 32], end.as_bytes()].concat();
            assert_eq!(read(&content).unwrap().id(), key.id(), "{end:?}");
        }
        let longest = vec![b'k'; MAX_BYTES];
        read(&longest).unwrap();
        for (content, problem) in [
            (vec![b'k'; MAX_BYTES + 1], "has more than 4 KiB"),
            ([&[b'k'; 31], &b"\n"[..]].concat(), "chain key has 31 bytes"),
            (Vec::new(), "chain key has 0 bytes"),
        ] {
            let error = read(&content).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidData);
            let named = format!("key file {}: {problem}", path.display());
            assert!(error.to_string().starts_with(&named), "{error}");
        }
        std::fs::remove_file(&path).unwrap();
        let error = ChainKey::read(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}
