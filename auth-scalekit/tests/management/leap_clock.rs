//! A clock that leaps over each sleep, and records how long it would have taken.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use auth_core::support::{Clock, Sleep};
use auth_testkit::TestClock;

#[derive(Debug, Clone, Default)]
pub(crate) struct LeapClock {
    clock: TestClock,
    sleeps: Arc<Mutex<Vec<Duration>>>,
}

impl LeapClock {
    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// The sleeps since this was last called, in milliseconds.
    pub(crate) fn sleeps(&self) -> Vec<u128> {
        let sleeps = std::mem::take(&mut *self.sleeps.lock().unwrap());
        sleeps.iter().map(Duration::as_millis).collect()
    }
}

impl Clock for LeapClock {
    fn now(&self) -> SystemTime {
        self.clock.now()
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    fn sleep(&self, wait: Duration) -> Sleep {
        self.sleeps.lock().unwrap().push(wait);
        self.clock.advance(wait);
        Box::pin(std::future::ready(()))
    }
}
