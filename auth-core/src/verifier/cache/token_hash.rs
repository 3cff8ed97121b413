//! [`TokenHash`]: the key of a token in the cache, so that the token string is not kept.
//!
//! It is POLYVAL ([RFC 8452 section 3](https://www.rfc-editor.org/rfc/rfc8452#section-3)) over the
//! token, what else its verdict depends on, and the lengths of both, under a random key of this
//! process. Two tokens of at most `n` blocks of 16 bytes, chosen without knowledge of the key, have
//! the same hash with a probability of at most `(n + 1) / 2^128`: their difference is a polynomial
//! of degree `n + 1`, which has at most that many zeros among the 2^128 keys. A sender learns
//! nothing about the key: no hash leaves the process, and only hits of the sender's tokens can be
//! observed. To be taken for another caller, a sender would need a string that collides with an
//! unknown token; each attempt succeeds with the probability above, 2^-118 for a token of 16 KiB.
//!
//! SHA-256 would need no key, and would be half of the cost of a hit.

use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};

use polyval::Polyval;
use polyval::universal_hash::UniversalHash;

use crate::support::{NoRandomBytes, random};

/// The key of all hashes of one cache.
#[derive(Clone)]
pub(crate) struct HashKey(Polyval);

impl HashKey {
    /// A random key.
    ///
    /// # Errors
    ///
    /// The system has no random bytes.
    pub(crate) fn random() -> Result<Self, NoRandomBytes> {
        Ok(Self(Polyval::new(&random::bytes::<16>()?.into())))
    }

    /// The hash of a token, and of what else its verdict depends on.
    pub(crate) fn hash(&self, token: &[u8], vary: Option<&str>) -> TokenHash {
        let mut state = self.0.clone();
        state.update_padded(token);
        let vary = vary.map(str::as_bytes);
        if let Some(vary) = vary {
            state.update_padded(vary);
        }
        // Distinguishes padding from content, and an absent value from an empty one.
        let length_of = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let vary = vary.map_or(0, |vary| length_of(vary).saturating_add(1));
        let lengths = u128::from(length_of(token)) | u128::from(vary) << 64;
        state.update(&[lengths.to_le_bytes().into()]);
        TokenHash(u128::from_le_bytes(state.finalize().into()))
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey")
    }
}

/// The hash of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TokenHash(u128);

impl TokenHash {
    /// One half of the hash, uniformly random.
    #[allow(clippy::cast_possible_truncation, reason = "the lower half is meant")]
    pub(crate) fn half(self) -> u64 {
        self.0 as u64
    }
}

/// Passes hashes through: they are uniformly random already.
#[derive(Debug, Default)]
pub(crate) struct Spread(u64);

pub(crate) type BuildSpread = BuildHasherDefault<Spread>;

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    #[allow(clippy::cast_possible_truncation, reason = "the upper half is meant")]
    fn write_u128(&mut self, hash: u128) {
        self.0 = (hash >> 64) as u64;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The example of RFC 8452 appendix A, whose length block has another form: only the blocks
    /// before it are used.
    #[test]
    fn the_hash_is_polyval() {
        let key = 0x25629347589242761d31f826ba4b757b_u128.to_be_bytes();
        let mut state = Polyval::new(&key.into());
        let text = [
            0x4f4f95668c83dfb6401762bb2d01a262_u128.to_be_bytes(),
            0xd1a24ddd2721d006bbe45f20d3c9f362_u128.to_be_bytes(),
        ];
        state.update_padded(text.as_flattened());
        let expected = 0xf7a3b47b846119fae5b7866cf5e5b77e_u128.to_be_bytes();
        assert_eq!(<[u8; 16]>::from(state.finalize()), expected);
    }

    #[test]
    fn every_byte_and_the_length_matter() {
        let key = HashKey::random().unwrap();
        let token = "abcdefghijklmnopqrstuvwxyz";
        assert_eq!(
            key.hash(token.as_bytes(), None),
            key.hash(token.as_bytes(), None),
            "the control"
        );
        let mut seen = BTreeSet::new();
        for end in 0..=token.len() {
            assert!(
                seen.insert(key.hash(token.split_at(end).0.as_bytes(), None).0),
                "{end}"
            );
        }
        for at in 0..token.len() {
            let mut other = token.to_owned();
            other.replace_range(at..=at, "A");
            assert!(seen.insert(key.hash(other.as_bytes(), None).0), "{at}");
        }
        for end in 1..=20 {
            let zeros = "\0".repeat(end);
            assert!(
                seen.insert(key.hash(zeros.as_bytes(), None).0),
                "zeros as in the padding: {end}"
            );
        }
        let (head, tail) = token.split_at(16);
        for (token, vary) in [
            (token, Some("")),
            (token, Some("a")),
            (token, Some("b")),
            (token, Some("a\0")),
            (head, Some(tail)),
            ("", Some(token)),
        ] {
            let hash = key.hash(token.as_bytes(), vary);
            assert!(seen.insert(hash.0), "{token:?} {vary:?}");
        }
        let other = HashKey::random().unwrap();
        assert_ne!(
            key.hash(token.as_bytes(), None),
            other.hash(token.as_bytes(), None),
            "another process"
        );
    }
}
