//! [`ChainHead`]: the number and the hash of one line.

use std::fmt::{self, Write};
use std::str::FromStr;

use thiserror::Error;

/// A SHA-256, or an HMAC with it.
pub(super) type Hash = [u8; 32];

/// The number and the hash of one line of a chain, which stand for all lines up to it.
///
/// Written as `SEQ:HASH`, with the hash as 64 lower-case hexadecimal digits. It is not secret. Kept elsewhere than the
/// file, it proves later that no line before it was removed, also from the end of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    pub(super) seq: u64,
    pub(super) hash: Hash,
}

/// The text is no [`ChainHead`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "is not SEQ:HASH: give the number of a line, a colon, and the 64 hexadecimal digits of its hash"
)]
pub struct InvalidChainHead;

impl ChainHead {
    /// The number of the line, from 0, counted over all files of the chain.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }
}

impl fmt::Display for ChainHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, hex(&self.hash))
    }
}

impl FromStr for ChainHead {
    type Err = InvalidChainHead;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (seq, hash) = text.split_once(':').ok_or(InvalidChainHead)?;
        let seq = number(seq.as_bytes()).ok_or(InvalidChainHead)?;
        let hash = unhex(hash.as_bytes()).ok_or(InvalidChainHead)?;
        Ok(Self { seq, hash })
    }
}

/// Lower-case hexadecimal digits.
pub(super) fn hex<'a>(bytes: impl IntoIterator<Item = &'a u8>) -> String {
    let mut text = String::with_capacity(64);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The hash of 64 lower-case hexadecimal digits: each hash has one form, so that a changed letter is found.
pub(super) fn unhex(text: &[u8]) -> Option<Hash> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut hash = Hash::default();
    if text.len() != hash.len() * 2 {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(text.chunks_exact(2)) {
        let [high, low] = <[u8; 2]>::try_from(pair).ok()?;
        *byte = digit(high)? << 4 | digit(low)?;
    }
    Some(hash)
}

/// The number that these digits write; `None` for signs, and for more than 64 bits.
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let digits = std::str::from_utf8(digits).ok().filter(|_| is_number)?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_has_one_written_form() {
        let hash = "0f".repeat(32);
        let text = format!("17:{hash}");
        let head: ChainHead = text.parse().unwrap();
        assert_eq!((head.seq(), head.hash), (17, [0x0f; 32]));
        assert_eq!(head.to_string(), text);
        for wrong in [
            String::new(),
            "17".to_owned(),
            format!(":{hash}"),
            format!("+17:{hash}"),
            format!("17:{hash}0"),
            format!("17: {hash}"),
            format!("17:{}", hash.to_uppercase()),
            format!("17:é{}", "0".repeat(62)),
            format!("18446744073709551616:{hash}"),
        ] {
            assert_eq!(wrong.parse::<ChainHead>(), Err(InvalidChainHead), "{wrong}");
        }
    }
}
