//! [`RedisState`]: the state of a replica, for health checks and metrics (feature `metrics`).
//!
//! | metric | |
//! |---|---|
//! | `auth.revocations.available` | gauge: 1 while Redis answers, 0 while it is lost |
//! | `auth.revocations` | gauge: how many revocations are kept |

use std::time::Duration;

/// The state of a replica, for health checks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RedisState {
    /// How long ago Redis last answered; at most about a second while it can be reached.
    pub silence: Duration,
    /// How many revocations are kept.
    pub revocations: usize,
    /// Whether some of them may be unknown to the other replicas yet.
    pub unpublished: bool,
    /// How many entries of the log could not be read: of a later version, or of another program. Those are not in
    /// effect here.
    pub unreadable: u64,
}

impl RedisState {
    /// Reports it as gauges.
    pub(super) fn report(&self, is_available: bool) {
        #[cfg(feature = "metrics")]
        {
            let count = u32::try_from(self.revocations).unwrap_or(u32::MAX);
            metrics::gauge!("auth.revocations").set(f64::from(count));
            metrics::gauge!("auth.revocations.available").set(f64::from(u8::from(is_available)));
        }
        #[cfg(not(feature = "metrics"))]
        let _ = is_available;
    }
}
