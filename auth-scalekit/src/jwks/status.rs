//! [`KeySetStatus`]: the state of a key set, for status pages and metrics.

use std::time::Duration;

/// The state of one issuer's key set. Reading it fetches nothing; for readiness probes use
/// [`TokenVerifier::ready`](auth_core::verifier::TokenVerifier::ready).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeySetStatus {
    /// The issuer, by its first name.
    pub issuer: String,
    /// The URL of the key set; `None` until the issuer's metadata has been read.
    pub jwks_url: Option<String>,
    /// Whether tokens can be verified: there are keys, and they are not too old.
    pub usable: bool,
    /// The number of keys; one that fits several algorithms counts for each.
    pub keys: usize,
    /// The age of the key set; `None` before the first fetch.
    pub age: Option<Duration>,
    /// The number of fetches that have failed since the last good one.
    pub failures: u32,
    /// The error of the last failed fetch since then.
    pub last_error: Option<String>,
}
