//! [`KeySetStatus`]: the state of a key set, for status pages and metrics.

use std::time::Duration;

/// The state of one issuer's key set. Reading it fetches nothing; for readiness probes use
/// [`TokenVerifier::ready`](auth_core::TokenVerifier::ready).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeySetStatus {
    /// Whose keys these are, by the first of the issuer's names.
    pub issuer: String,
    /// Where they come from; `None` until the issuer's metadata has been read.
    pub jwks_url: Option<String>,
    /// Whether tokens can be verified: keys are there, and not too old.
    pub usable: bool,
    /// How many keys there are; one that fits several algorithms counts for each.
    pub keys: usize,
    /// How long ago they came; `None` before the first time.
    pub age: Option<Duration>,
    /// How many fetches have failed since the last good one.
    pub failures: u32,
    /// Why the last one did.
    pub last_error: Option<String>,
}
