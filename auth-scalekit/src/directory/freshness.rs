//! [`Freshness`]: whether what is known may decide requests.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use auth_core::support::Clock;
use auth_core::verifier::Unavailable;
use thiserror::Error;

use super::SOON;
use super::record::{duration_nanos, to_nanos};

/// When the directory was last listed, and when its store was last read.
#[derive(Debug)]
pub(super) struct Freshness {
    max_age: Duration,
    /// `None` without a store.
    max_lag: Option<Duration>,
    /// Nanoseconds since 1970; 0 before the first listing.
    listed: AtomicI64,
    /// Milliseconds of the monotonic clock, plus one; 0 before the first time.
    read: AtomicU64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
enum NotFresh {
    #[error("the directory has not been listed in full yet")]
    NeverListed,
    #[error("the directory was last listed in full {} s ago, longer than max_age allows", .0.as_secs())]
    Old(Duration),
    #[error("the store of the directory could not be read for {} s, longer than max_lag allows", .0.as_secs())]
    StoreLost(Duration),
}

impl Freshness {
    pub(super) fn new(max_age: Duration, max_lag: Option<Duration>) -> Self {
        Self {
            max_age,
            max_lag,
            listed: AtomicI64::new(0),
            read: AtomicU64::new(0),
        }
    }

    /// A listing that was started at this time is complete, here or in another process.
    pub(super) fn listed(&self, started: i64) {
        self.listed.fetch_max(started, Ordering::AcqRel);
    }

    /// When the last complete listing was started, since 1970, in nanoseconds.
    pub(super) fn last_listing(&self) -> Option<i64> {
        Some(self.listed.load(Ordering::Acquire)).filter(|nanos| *nanos > 0)
    }

    /// All that was stored is known.
    pub(super) fn read_store(&self, clock: &dyn Clock) {
        self.read.store(millis(clock) + 1, Ordering::Release);
    }

    /// How long ago all that was stored was known; `None` if it never was.
    pub(super) fn lag(&self, clock: &dyn Clock) -> Option<Duration> {
        let read = self.read.load(Ordering::Acquire).checked_sub(1)?;
        Some(Duration::from_millis(millis(clock).saturating_sub(read)))
    }

    pub(super) fn check(&self, clock: &dyn Clock) -> Result<(), Unavailable> {
        self.problem(clock).map_or(Ok(()), |problem| {
            Err(Unavailable::new(SOON).because(problem))
        })
    }

    fn problem(&self, clock: &dyn Clock) -> Option<NotFresh> {
        if let Some(max_lag) = self.max_lag {
            match self.lag(clock) {
                None => return Some(NotFresh::NeverListed),
                Some(lag) if lag > max_lag => return Some(NotFresh::StoreLost(lag)),
                Some(_) => {}
            }
        }
        let Some(listed) = self.last_listing() else {
            return Some(NotFresh::NeverListed);
        };
        let age = to_nanos(clock.now()).saturating_sub(listed);
        let age = u64::try_from(age).unwrap_or_default();
        let is_old = age > u64::try_from(duration_nanos(self.max_age)).unwrap_or_default();
        is_old.then(|| NotFresh::Old(Duration::from_nanos(age)))
    }
}

fn millis(clock: &dyn Clock) -> u64 {
    u64::try_from(clock.monotonic().as_millis()).unwrap_or(u64::MAX - 1)
}
