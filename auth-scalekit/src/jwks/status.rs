//! [`KeySetStatus`]: how a key set stands, for status pages and metrics.

use std::time::Duration;

/// How the key set of one issuer stands. Taking it fetches nothing; whether a server is ready is asked
/// by [`TokenVerifier::ready`](auth_core::TokenVerifier::ready).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeySetStatus {
    /// Whose keys these are, by the first of the issuer's names.
    pub issuer: String,
    /// Where they come from; `None` as long as the issuer's metadata has not said so.
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
