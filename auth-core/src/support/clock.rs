//! [`Clock`]: time as an input, so that tests need not sleep.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::box_future::BoxFuture;

/// A source of time.
///
/// It has two readings. Whether a token has expired depends on the calendar ([`Clock::now`]). The age of
/// a cache entry does not, and must stay correct when the wall clock is set back
/// ([`Clock::monotonic`]).
pub trait Clock: Debug + Send + Sync + 'static {
    /// The wall-clock time, for comparison with `exp`, `nbf` and `iat`.
    fn now(&self) -> SystemTime;

    /// The time since an arbitrary origin; it never decreases.
    fn monotonic(&self) -> Duration;

    /// Completes once `wait` has passed by [`monotonic`](Self::monotonic). Default: tokio's timer. A clock
    /// that does not follow the system's must override this.
    fn sleep(&self, wait: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(wait))
    }
}

/// The future of [`Clock::sleep`].
pub type Sleep = BoxFuture<'static, ()>;

/// Implements the trait for a pointer, by that of its target.
macro_rules! forwarded {
    ($($pointer:ident),*) => {$(
        // Without this, a method that is missing here would silently use the trait's default.
        #[deny(clippy::missing_trait_methods)]
        impl<C: Clock + ?Sized> Clock for $pointer<C> {
            fn now(&self) -> SystemTime {
                (**self).now()
            }

            fn monotonic(&self) -> Duration {
                (**self).monotonic()
            }

            fn sleep(&self, wait: Duration) -> Sleep {
                (**self).sleep(wait)
            }
        }
    )*};
}

forwarded!(Arc, Box);

/// The clock of the operating system, which is the default everywhere.
#[derive(Debug, Clone)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// A clock whose monotonic reading starts at zero now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            origin: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Stopped;

    impl Clock for Stopped {
        fn now(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH
        }

        fn monotonic(&self) -> Duration {
            Duration::from_secs(7)
        }
    }

    #[test]
    fn a_clock_behind_an_arc_reads_its_target() {
        let shared: Arc<dyn Clock> = Arc::new(Stopped);
        assert_eq!(shared.now(), SystemTime::UNIX_EPOCH);
        assert_eq!(shared.monotonic(), Duration::from_secs(7));
    }

    #[test]
    fn the_monotonic_reading_of_the_system_clock_starts_at_its_origin() {
        let second = Duration::from_secs(1);
        let earlier = Instant::now().checked_sub(second).unwrap();
        assert!(SystemClock { origin: earlier }.monotonic() >= second);
        let later = Instant::now() + Duration::from_secs(3600);
        assert_eq!(SystemClock { origin: later }.monotonic(), Duration::ZERO);
    }
}
