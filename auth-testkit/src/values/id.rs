//! Scalekit's identifiers: a prefix for the kind, and digits.

use std::hash::{BuildHasher, RandomState};

/// A fresh identifier such as `tkn_58327480989122566`.
///
/// Random rather than counted, so that two mocks in one test never share a client or a key id and
/// a mix-up of the two cannot pass unnoticed. An id need not be unguessable.
pub(crate) fn fresh(prefix: &str) -> String {
    let random = RandomState::new().hash_one(prefix);
    let digits = 10_000_000_000_000_000 + random % 90_000_000_000_000_000;
    format!("{prefix}_{digits}")
}
