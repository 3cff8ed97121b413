//! One decision by the generic cell rate algorithm, as `governor` implements it. A budget is one number:
//! the time at which it is full again.

use std::cell::Cell;
use std::time::Duration;

use governor::RateLimiter;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};

use super::quota::Rate;

/// Takes one request out of a budget: when it is full again, or else how long to wait. `full_at` is the
/// earlier result; `None` for a full budget. Times are since any fixed origin.
pub(super) fn take(
    Rate(quota): Rate,
    full_at: Option<Duration>,
    now: Duration,
) -> Result<Duration, Duration> {
    let time = SetTime(Cell::new(Duration::ZERO));
    let slot = Slot(Cell::new(full_at.map(Nanos::from)));
    let limiter: RateLimiter<_, _, _, NoOpMiddleware<Duration>> =
        RateLimiter::new(quota, slot, time);
    // Its own origin is the time of its creation, zero.
    limiter.clock().0.set(now);
    match limiter.check() {
        Ok(()) => {
            let full_at = limiter.into_state_store().0.get();
            Ok(full_at.map_or(now, Duration::from))
        }
        Err(not_until) => Err(not_until.wait_time_from(now)),
    }
}

/// The state of one budget.
struct Slot(Cell<Option<Nanos>>);

impl StateStore for Slot {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _: &NotKeyed, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let (result, next) = decide(self.0.get())?;
        self.0.set(Some(next));
        Ok(result)
    }
}

/// A clock that is set.
#[derive(Clone)]
struct SetTime(Cell<Duration>);

impl Clock for SetTime {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.get()
    }
}
