//! Scalekit's identifiers: a prefix for the kind, and digits.

use std::hash::{BuildHasher, RandomState};

use aws_lc_rs::digest::{SHA256, digest};

/// A fresh identifier such as `tkn_58327480989122566`.
///
/// Random rather than counted, so that two mocks in one test never share a client or a key id and
/// a mix-up of the two cannot pass unnoticed. An id need not be unguessable.
pub(crate) fn fresh(prefix: &str) -> String {
    with_digits(prefix, RandomState::new().hash_one(prefix))
}

/// The identifier for something that another party names so: always the same.
pub(crate) fn derived(prefix: &str, name: &str) -> String {
    let hash = digest(&SHA256, name.as_bytes());
    let mut number = [0; 8];
    number.copy_from_slice(&hash.as_ref()[..8]);
    with_digits(prefix, u64::from_be_bytes(number))
}

fn with_digits(prefix: &str, number: u64) -> String {
    let digits = 10_000_000_000_000_000 + number % 90_000_000_000_000_000;
    format!("{prefix}_{digits}")
}
