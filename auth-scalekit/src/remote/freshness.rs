//! [`Freshness`]: how long an answer is used, and how often a fetch is due.

use std::time::Duration;

use super::backoff::Backoff;

/// The times of a [`Source`](super::Source). The defaults are for key sets.
#[derive(Debug, Clone)]
pub(crate) struct Freshness {
    /// How long an answer without `max-age` is fresh.
    pub(crate) default_ttl: Duration,
    /// The bounds for `max-age` of `Cache-Control`.
    pub(crate) ttl_bounds: (Duration, Duration),
    /// How long a stale answer is used while no newer one can be fetched.
    pub(crate) stale: Duration,
    /// The time between two forced fetches, which callers cause with an unknown key id. An attacker can
    /// send such requests continuously.
    pub(crate) forced_interval: Duration,
    /// The delays after failed fetches.
    pub(crate) backoff: Backoff,
}

impl Default for Freshness {
    fn default() -> Self {
        Self {
            default_ttl: Duration::from_secs(5 * 60),
            ttl_bounds: (Duration::from_secs(60), Duration::from_secs(60 * 60)),
            stale: Duration::from_secs(60 * 60),
            forced_interval: Duration::from_secs(30),
            backoff: Backoff::default(),
        }
    }
}

impl Freshness {
    /// How long an answer with this `max-age` is fresh.
    pub(crate) fn ttl(&self, max_age: Option<Duration>) -> Duration {
        let (shortest, longest) = self.ttl_bounds;
        max_age.map_or(self.default_ttl, |age| age.clamp(shortest, longest))
    }

    /// The age at which an answer is renewed in the background: 80 % of its lifetime, so that no request
    /// waits for it.
    pub(crate) fn refresh_after(ttl: Duration) -> Duration {
        ttl.mul_f64(0.8)
    }

    /// The delay after this number of failures in a row.
    pub(crate) fn wait_after(&self, failures: u32) -> Duration {
        self.backoff.wait_after(failures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_bounds() {
        let freshness = Freshness::default();
        let seconds = |age: Option<u64>| freshness.ttl(age.map(Duration::from_secs)).as_secs();
        assert_eq!(
            [None, Some(0), Some(90), Some(86_400)].map(seconds),
            [300, 60, 90, 3600]
        );
        let refresh_after = Freshness::refresh_after(freshness.default_ttl);
        assert_eq!(refresh_after.as_secs(), 240);
        let waits = [1, 2, 3, 5, 6, 1000].map(|n| freshness.wait_after(n).as_secs());
        assert_eq!(waits, [1, 2, 4, 16, 30, 30]);
    }
}
