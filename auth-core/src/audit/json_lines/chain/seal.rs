//! The two members that a chain adds to a line: `chain.seq` and `chain.hash`, always the last ones.
//!
//! The hash covers the hash of the line before, the number, and the bytes of the line up to `chain.hash`. They are found
//! by their bytes, at the end of the line, so that verifying reads no JSON and what a line contains cannot imitate them.

use sha2::{Digest, Sha256};

use super::head::{ChainHead, Hash, hex, number, unhex};
use super::key::ChainKey;

const SEQ: &[u8] = br#","chain.seq":"#;
const HASH: &[u8] = br#","chain.hash":""#;
const END: &[u8] = br#""}"#;
/// The digits of a hash.
const DIGITS: usize = 64;
/// The length of the member with the hash.
pub(super) const HASH_MEMBER: usize = HASH.len() + DIGITS + END.len();
/// The length of both members, with the longest number.
pub(super) const LONGEST: usize = SEQ.len() + 20 + HASH_MEMBER;

/// The hash that the first line of a chain follows.
pub(super) const NOTHING: Hash = [0; 32];

/// The end of a line: where its hash begins, counted from the start of `end`, and its number and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Members {
    pub(super) hash_at: usize,
    pub(super) head: ChainHead,
}

impl Members {
    /// Finds the members at the end of a line, which has no line end any more.
    pub(super) fn at_end_of(line: &[u8]) -> Option<Self> {
        let hash_at = line.len().checked_sub(HASH_MEMBER)?;
        let (before, hash) = line.split_at_checked(hash_at)?;
        let hash = unhex(hash.strip_prefix(HASH)?.strip_suffix(END)?)?;
        let digits = before.iter().rev().take_while(|byte| byte.is_ascii_digit());
        let (before, digits) =
            before.split_at_checked(before.len().checked_sub(digits.count())?)?;
        let seq = number(digits).filter(|_| before.ends_with(SEQ))?;
        let head = ChainHead { seq, hash };
        Some(Self { hash_at, head })
    }
}

/// Adds the members to a line, an object with at least one member and a line end. Returns the line, and its head.
pub(super) fn seal(
    key: &ChainKey,
    previous: Option<ChainHead>,
    line: &[u8],
) -> (Vec<u8>, ChainHead) {
    let object = line.strip_suffix(b"}\n").unwrap_or(line);
    let seq = next(previous);
    let mut sealed = Vec::with_capacity(object.len() + LONGEST + 1);
    sealed.extend_from_slice(object);
    sealed.extend_from_slice(SEQ);
    sealed.extend_from_slice(seq.to_string().as_bytes());
    let previous = previous.map_or(NOTHING, |head| head.hash);
    let hash = key.link(&previous, seq, &Sha256::digest(&sealed).into());
    sealed.extend_from_slice(HASH);
    sealed.extend_from_slice(hex(&hash).as_bytes());
    sealed.extend_from_slice(END);
    sealed.push(b'\n');
    (sealed, ChainHead { seq, hash })
}

/// The number of the line after this one.
pub(super) fn next(previous: Option<ChainHead>) -> u64 {
    previous.map_or(0, |head| head.seq.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_at_the_end_alone() {
        let key = ChainKey::new(&[7; 32]).unwrap();
        let (line, head) = seal(&key, None, b"{\"a\":1}\n");
        let line = line.strip_suffix(b"\n").unwrap();
        let found = Members::at_end_of(line).unwrap();
        assert_eq!(found.head, head);
        assert_eq!(&line[..found.hash_at], br#"{"a":1,"chain.seq":0"#);
        assert!(line.len() <= b"{\"a\":1}".len() + LONGEST);
        let text = std::str::from_utf8(line).unwrap();
        for other in [
            String::new(),
            "{}".to_owned(),
            format!("{text} "),
            format!("{text}\r"),
            text.replace("chain.seq\":0", "chain.seq\":"),
            text.replace("chain.seq\":0", "chain.seq\":-0"),
            text.replace("chain.seq\":0", "chain.seq\":18446744073709551616"),
            text.replace("chain.seq", "chain-seq"),
            text.replace("chain.hash", "chain-hash"),
            text.to_uppercase(),
        ] {
            assert_eq!(Members::at_end_of(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn the_hash_covers_the_line_before_and_the_number() {
        let key = ChainKey::new(&[7; 32]).unwrap();
        let line = b"{\"a\":1}\n";
        let (_, first) = seal(&key, None, line);
        let (_, second) = seal(&key, Some(first), line);
        let other = ChainHead { seq: 7, ..first };
        assert_eq!((first.seq, second.seq), (0, 1));
        assert_ne!(first.hash, second.hash);
        assert_ne!(seal(&key, Some(other), line).1.hash, second.hash);
        let other = ChainHead {
            hash: [9; 32],
            ..first
        };
        assert_ne!(seal(&key, Some(other), line).1.hash, second.hash);
        assert_eq!(seal(&key, Some(first), line).1, second, "the control");
    }
}
