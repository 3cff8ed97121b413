//! [`Outage`]: how long Redis has been lost, and what then holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use thiserror::Error;

use crate::support::Clock;
use crate::verifier::Unavailable;

/// What a replica does when it has lost Redis, and so may not know of revocations by others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnOutage {
    /// Requests with a token are refused with 503 once Redis has been silent for this time: at least 2 s, since a
    /// silence of 1 s is usual.
    RefuseAfter(Duration),
    /// It continues with the revocations that it knows, for as long as the outage lasts. Those of others come late.
    DangerousContinue,
}

impl OnOutage {
    /// [`RefuseAfter`](Self::RefuseAfter) 5 s: longer than a restart of Redis.
    pub const DEFAULT: Self = Self::RefuseAfter(Duration::from_secs(5));
    /// The shortest bound.
    pub(super) const MIN: Duration = Duration::from_secs(2);
}

/// The cause of a 503.
#[derive(Debug, Clone, Copy, Error)]
#[error("Redis has been silent for {} s, longer than on_outage allows", .0.as_secs())]
struct Lost(Duration);

/// When Redis last answered.
#[derive(Debug)]
pub(super) struct Outage {
    rule: OnOutage,
    clock: Arc<dyn Clock>,
    /// Milliseconds of the monotonic clock, plus one; 0 before the first time.
    last_answer: AtomicU64,
}

impl Outage {
    pub(super) fn new(rule: OnOutage, clock: Arc<dyn Clock>) -> Self {
        Self {
            rule,
            clock,
            last_answer: AtomicU64::new(0),
        }
    }

    /// Redis has answered, and all that it had is known here.
    pub(super) fn answered(&self) {
        self.last_answer.store(self.millis() + 1, Ordering::Release);
    }

    /// How long Redis has been silent.
    pub(super) fn silence(&self) -> Duration {
        let last = self.last_answer.load(Ordering::Acquire);
        Duration::from_millis((self.millis() + 1).saturating_sub(last))
    }

    /// Whether requests may be decided by what is known here.
    pub(super) fn check(&self) -> Result<(), Unavailable> {
        let OnOutage::RefuseAfter(bound) = self.rule else {
            return Ok(());
        };
        match self.silence() {
            silence if silence <= bound => Ok(()),
            silence => Err(Unavailable::revocations(Duration::from_secs(1)).because(Lost(silence))),
        }
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.clock.monotonic().as_millis()).unwrap_or(u64::MAX - 1)
    }
}
