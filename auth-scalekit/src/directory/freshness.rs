//! [`Freshness`]: whether what is known may decide requests.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use auth_core::support::Clock;
use auth_core::verifier::Unavailable;
use thiserror::Error;

use super::SOON;
use super::mirror::Listed;
use super::record::from_nanos;

/// When the directory was last listed, and when its store was last read.
#[derive(Debug)]
pub(super) struct Freshness {
    max_age: Duration,
    clock_skew: Duration,
    /// `None` without a store.
    max_lag: Option<Duration>,
    /// Nanoseconds since 1970; 0 before the first listing.
    listed: AtomicI64,
    /// Milliseconds of the monotonic clock, plus one; 0 before the first time.
    read: AtomicU64,
}

/// A version that is later than now by more than this comes from a clock that is wrong.
const MAX_AHEAD: Duration = Duration::from_secs(5 * 60);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
enum NotFresh {
    #[error(
        "the organization has not been listed yet: spawn ScalekitDirectory::run, and see ScalekitDirectory::state"
    )]
    NeverListed,
    #[error("the organization was last listed {} s ago, longer than max_age allows: see ScalekitDirectory::state", .0.as_secs())]
    Old(Duration),
    #[error("the organization was listed {} s in the future: the clock of a server is wrong", .0.as_secs())]
    Ahead(Duration),
    #[error("the store of the directory has not been read yet: spawn ScalekitDirectory::run")]
    NeverRead,
    #[error("the store of the directory could not be read for {} s, longer than max_lag allows", .0.as_secs())]
    StoreLost(Duration),
}

impl Freshness {
    pub(super) fn new(max_age: Duration, clock_skew: Duration, max_lag: Option<Duration>) -> Self {
        Self {
            max_age,
            clock_skew,
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

    /// Whether all that was stored is known.
    pub(super) fn check_store(&self, clock: &dyn Clock) -> Result<(), Unavailable> {
        let Some(max_lag) = self.max_lag else {
            return Ok(());
        };
        match self.lag(clock) {
            None => Err(unavailable(NotFresh::NeverRead)),
            Some(lag) if lag > max_lag => Err(unavailable(NotFresh::StoreLost(lag))),
            Some(_) => Ok(()),
        }
    }

    /// Whether an organization that was listed like this may decide requests.
    pub(super) fn check_listing(
        &self,
        listed: Listed,
        clock: &dyn Clock,
    ) -> Result<(), Unavailable> {
        let listed = match listed {
            Listed::Removed => return Ok(()),
            Listed::Never => return Err(unavailable(NotFresh::NeverListed)),
            Listed::At(nanos) => from_nanos(nanos) + self.clock_skew,
        };
        let problem = match clock.now().duration_since(listed) {
            Ok(age) if age > self.max_age => NotFresh::Old(age),
            Err(ahead) if ahead.duration() > MAX_AHEAD => NotFresh::Ahead(ahead.duration()),
            _ => return Ok(()),
        };
        Err(unavailable(problem))
    }
}

fn unavailable(problem: NotFresh) -> Unavailable {
    Unavailable::new(SOON).because(problem)
}

fn millis(clock: &dyn Clock) -> u64 {
    u64::try_from(clock.monotonic().as_millis()).unwrap_or(u64::MAX - 1)
}
