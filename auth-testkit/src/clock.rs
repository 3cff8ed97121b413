//! A clock that a test moves.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use auth_core::support::{Clock, Sleep};
use tokio::sync::watch;

/// A clock that a test moves, to be shared by the issuer and the code under test. It stands still between two
/// moves, or runs if it was made by [`running`](Self::running).
///
/// Clones are handles to the same clock. Wall-clock and monotonic time move together, except that
/// the monotonic reading never goes back.
///
/// ```
/// use std::time::Duration;
/// use auth_core::support::Clock;
///
/// let clock = auth_testkit::TestClock::new();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(3600));
/// assert_eq!(clock.now(), before + Duration::from_secs(3600));
/// ```
#[derive(Debug, Clone)]
pub struct TestClock {
    reading: Arc<Mutex<Reading>>,
    /// How far the clock has been moved, for those who sleep.
    moved: watch::Sender<Duration>,
    /// When a clock that runs was started.
    started: Option<Instant>,
}

/// What the clock shows, apart from the time that has run since it was started.
#[derive(Debug, Clone, Copy)]
struct Reading {
    now: SystemTime,
    monotonic: Duration,
}

impl TestClock {
    /// A clock that is set to the present, in whole seconds; its monotonic reading is zero.
    #[must_use]
    pub fn new() -> Self {
        let since_epoch = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        // Token times are whole seconds; a clock between two of them makes boundary tests guess.
        Self::at(SystemTime::UNIX_EPOCH + Duration::from_secs(since_epoch.as_secs()))
    }

    /// A clock that is set to `now`; its monotonic reading is zero.
    #[must_use]
    pub fn at(now: SystemTime) -> Self {
        Self {
            reading: Arc::new(Mutex::new(Reading {
                now,
                monotonic: Duration::ZERO,
            })),
            moved: watch::Sender::new(Duration::ZERO),
            started: None,
        }
    }

    /// A clock that starts at the present and runs; after a move it continues from there. For
    /// interactive programs: no test should depend on how fast the machine is.
    #[must_use]
    pub fn running() -> Self {
        Self {
            started: Some(Instant::now()),
            ..Self::at(SystemTime::now())
        }
    }

    /// Moves both readings forward.
    pub fn advance(&self, by: Duration) {
        let mut reading = self.lock();
        reading.now += by;
        reading.monotonic += by;
        self.moved.send_replace(reading.monotonic);
    }

    /// Sets the wall clock. The monotonic reading follows when `now` is later, and stays when it
    /// is earlier: a wall clock can be set back, monotonic time cannot.
    pub fn set(&self, now: SystemTime) {
        let mut reading = self.lock();
        let shown = reading.now + self.run();
        reading.monotonic += now.duration_since(shown).unwrap_or_default();
        reading.now = now - self.run();
        self.moved.send_replace(reading.monotonic);
    }

    /// Sets the wall clock alone, as an operator or a time server does: the monotonic reading does not change.
    pub fn set_wall_clock(&self, now: SystemTime) {
        self.lock().now = now - self.run();
    }

    /// How long it has run by itself.
    fn run(&self) -> Duration {
        self.started
            .map_or(Duration::ZERO, |started| started.elapsed())
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
        self.lock().now + self.run()
    }

    fn monotonic(&self) -> Duration {
        self.lock().monotonic + self.run()
    }

    fn sleep(&self, wait: Duration) -> Sleep {
        let mut moved = self.moved.subscribe();
        let end = self.monotonic().saturating_add(wait);
        let started = self.started;
        Box::pin(async move {
            loop {
                let run = started.map_or(Duration::ZERO, |started| started.elapsed());
                let shown = *moved.borrow_and_update() + run;
                let left = match end.checked_sub(shown) {
                    None | Some(Duration::ZERO) => return,
                    Some(left) => left,
                };
                let is_moved = async {
                    // A clock that is gone is not moved any more.
                    if moved.changed().await.is_err() {
                        std::future::pending::<()>().await;
                    }
                };
                match started {
                    None => is_moved.await,
                    Some(_) => {
                        let _ = tokio::time::timeout(left, is_moved).await;
                    }
                }
            }
        })
    }
}
