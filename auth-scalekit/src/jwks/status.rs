//! [`KeySetStatus`]: how a key set stands, for health checks.

use std::time::Duration;

/// How the key set of one issuer stands. Taking it fetches nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeySetStatus {
    /// Where the keys come from.
    pub jwks_url: String,
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
