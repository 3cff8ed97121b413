//! The state of a replica as gauges of the `metrics` facade (feature `metrics`).
//!
//! | metric | |
//! |---|---|
//! | `auth.revocations.available` | gauge: 1 while Redis answers, 0 while it is lost |
//! | `auth.revocations` | gauge: how many revocations are kept |

use super::revocations::RedisState;

/// Reports the state.
pub(super) fn report(state: &RedisState, is_available: bool) {
    #[cfg(feature = "metrics")]
    {
        let count = u32::try_from(state.revocations).unwrap_or(u32::MAX);
        metrics::gauge!("auth.revocations").set(f64::from(count));
        metrics::gauge!("auth.revocations.available").set(f64::from(u8::from(is_available)));
    }
    #[cfg(not(feature = "metrics"))]
    let _ = (state, is_available);
}
