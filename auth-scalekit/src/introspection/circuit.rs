//! An endpoint that failed is left alone for a while: 1 s, doubling to 30 s, then one call tries
//! it. Those who would have asked are told how long the wait is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auth_core::{Clock, Unavailable};

use super::endpoint::{EndpointError, TOTAL_TIMEOUT};

const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Whether the endpoint may be called now.
pub(super) struct Circuit {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Failures in a row.
    failures: u32,
    /// No call before this time, by the monotonic clock.
    rest_until: Duration,
    last_error: Option<EndpointError>,
}

/// Leave to make one call.
pub(super) struct Call {
    /// The failures at its beginning. Calls that ran at the same time fail as one.
    failures: u32,
}

impl Circuit {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            state: Mutex::default(),
        }
    }

    /// Leave to call, or how long to wait for it.
    pub(super) fn begin(&self) -> Result<Call, Unavailable> {
        let now = self.clock.monotonic();
        let mut state = self.state();
        if now < state.rest_until {
            return Err(state.unavailable(now));
        }
        if state.failures > 0 {
            // This call tries the endpoint out; the others wait for as long as it may take.
            state.rest_until = now.saturating_add(TOTAL_TIMEOUT);
        }
        Ok(Call {
            failures: state.failures,
        })
    }

    /// The endpoint has answered, whatever it said.
    pub(super) fn answered(&self) {
        *self.state() = State::default();
    }

    /// The endpoint has not answered; how long everyone waits now.
    #[allow(clippy::needless_pass_by_value, reason = "a call ends once")]
    pub(super) fn failed(&self, call: Call, error: EndpointError) -> Unavailable {
        let now = self.clock.monotonic();
        let mut state = self.state();
        if call.failures == state.failures {
            state.failures = state.failures.saturating_add(1);
            let wait = wait_after(state.failures).max(error.retry_after().unwrap_or_default());
            state.rest_until = now.saturating_add(wait.min(LONGEST_WAIT));
            tracing::warn!(%error, failures = state.failures, "tokens cannot be introspected");
            state.last_error = Some(error.clone());
        }
        Unavailable::new(state.rest_until.saturating_sub(now)).because(error)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is left half-done under this lock, so a panic elsewhere spoils nothing.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn unavailable(&self, now: Duration) -> Unavailable {
        let unavailable = Unavailable::new(self.rest_until.saturating_sub(now));
        match self.last_error.clone() {
            Some(error) => unavailable.because(error),
            None => unavailable,
        }
    }
}

/// The wait after this many failures in a row.
fn wait_after(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_end() {
        let waits = [1, 2, 3, 5, 6, 1000, u32::MAX].map(|n| wait_after(n).as_secs());
        assert_eq!(waits, [1, 2, 4, 16, 30, 30, 30]);
    }
}
