//! A clock that moves only when a test says so.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use auth_core::{Clock, Sleep};
use tokio::sync::watch;

/// A clock that stands still until it is moved, to be shared by the issuer and the code under test.
///
/// Clones are handles to the same clock. Wall-clock and monotonic time move together, except that
/// the monotonic reading never goes back.
///
/// ```
/// use std::time::Duration;
/// use auth_core::Clock;
///
/// let clock = auth_testkit::TestClock::new();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(3600));
/// assert_eq!(clock.now(), before + Duration::from_secs(3600));
/// ```
#[derive(Debug, Clone)]
pub struct TestClock {
    reading: Arc<Mutex<Reading>>,
    /// The monotonic reading, for those who sleep.
    passed: watch::Sender<Duration>,
}

#[derive(Debug, Clone, Copy)]
struct Reading {
    now: SystemTime,
    monotonic: Duration,
}

impl TestClock {
    /// A clock that stands at the present, cut to whole seconds; its monotonic reading is zero.
    #[must_use]
    pub fn new() -> Self {
        let since_epoch = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        // Token times are whole seconds; a clock between two of them makes boundary tests guess.
        Self::at(SystemTime::UNIX_EPOCH + Duration::from_secs(since_epoch.as_secs()))
    }

    /// A clock that stands at `now`; its monotonic reading is zero.
    #[must_use]
    pub fn at(now: SystemTime) -> Self {
        Self {
            reading: Arc::new(Mutex::new(Reading {
                now,
                monotonic: Duration::ZERO,
            })),
            passed: watch::Sender::new(Duration::ZERO),
        }
    }

    /// Moves both readings forward.
    pub fn advance(&self, by: Duration) {
        let mut reading = self.lock();
        reading.now += by;
        reading.monotonic += by;
        self.passed.send_replace(reading.monotonic);
    }

    /// Sets the wall clock. The monotonic reading follows when `now` is later, and stays when it
    /// is earlier: a wall clock can be set back, monotonic time cannot.
    pub fn set(&self, now: SystemTime) {
        let mut reading = self.lock();
        let forward = now.duration_since(reading.now).unwrap_or_default();
        reading.monotonic += forward;
        reading.now = now;
        self.passed.send_replace(reading.monotonic);
    }

    /// Sets the wall clock alone, as an operator or a time server does: no time has passed.
    pub fn set_wall_clock(&self, now: SystemTime) {
        self.lock().now = now;
    }

    fn lock(&self) -> MutexGuard<'_, Reading> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        self.lock().now
    }

    fn monotonic(&self) -> Duration {
        self.lock().monotonic
    }

    fn sleep(&self, wait: Duration) -> Sleep {
        let mut passed = self.passed.subscribe();
        let end = self.monotonic().saturating_add(wait);
        Box::pin(async move {
            // A clock that is gone never strikes.
            if passed.wait_for(|now| *now >= end).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}
