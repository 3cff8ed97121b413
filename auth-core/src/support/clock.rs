//! Time as an input: one clock for issuer, verifier and caches, so that no test sleeps.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::box_future::BoxFuture;

/// Where the time comes from.
///
/// Two readings, because two questions are asked: *is this token expired?* is about the calendar
/// ([`Clock::now`]), *is this cache entry old?* is not, and must survive a wall clock that is set
/// back ([`Clock::monotonic`]).
pub trait Clock: Debug + Send + Sync + 'static {
    /// The wall-clock time, to be compared with `exp`, `nbf` and `iat`.
    fn now(&self) -> SystemTime;

    /// Time since an origin of the clock's choice; it never goes back.
    fn monotonic(&self) -> Duration;

    /// Ends when so much time has passed by [`monotonic`](Self::monotonic). Default: by tokio's
    /// timer, so a clock that does not follow the computer's has one of its own.
    fn sleep(&self, wait: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(wait))
    }
}

/// See [`Clock::sleep`].
pub type Sleep = BoxFuture<'static, ()>;

/// For pointers: what they point to answers.
macro_rules! forwarded {
    ($($pointer:ident),*) => {$(
        // A method that is forgotten here would silently be its default instead of the clock's.
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

/// The clock of the operating system; the default everywhere.
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
    fn a_shared_clock_shows_what_the_clock_shows() {
        let shared: Arc<dyn Clock> = Arc::new(Stopped);
        assert_eq!(shared.now(), SystemTime::UNIX_EPOCH);
        assert_eq!(shared.monotonic(), Duration::from_secs(7));
    }

    #[test]
    fn the_system_clock_counts_from_its_beginning() {
        let second = Duration::from_secs(1);
        let earlier = Instant::now().checked_sub(second).unwrap();
        assert!(SystemClock { origin: earlier }.monotonic() >= second);
        let later = Instant::now() + Duration::from_secs(3600);
        assert_eq!(SystemClock { origin: later }.monotonic(), Duration::ZERO);
    }
}
