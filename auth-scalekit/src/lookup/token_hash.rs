//! [`TokenHash`]: the key of a token in maps, so that the token is not stored.

use aws_lc_rs::digest::{SHA256, digest};

/// SHA-256 of a token string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TokenHash([u8; 32]);

impl TokenHash {
    pub(crate) fn of(token: &str) -> Self {
        let mut bytes = [0; 32];
        // SHA-256 has 32 bytes: both slices have the same length.
        bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        Self(bytes)
    }

    /// The first 8 bytes, uniformly distributed.
    pub(crate) fn half(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}
