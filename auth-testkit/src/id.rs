//! Scalekit's identifiers: a prefix that tells the kind, and digits.

/// A fresh identifier such as `tkn_58327480989122566`.
///
/// Random rather than counted, so that two mocks in one test never share a client or a key id and
/// a mix-up of the two cannot pass unnoticed.
pub(crate) fn fresh(prefix: &str) -> String {
    let mut bytes = [0; 8];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
    let digits = 10_000_000_000_000_000 + u64::from_be_bytes(bytes) % 90_000_000_000_000_000;
    format!("{prefix}_{digits}")
}
