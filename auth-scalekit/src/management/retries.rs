//! [`Retries`]: when calls are repeated after a failure, and how often.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use crate::remote::Backoff;

/// How calls of the management API are repeated.
///
/// A call that reads is repeated after 429, after 5xx, and without an answer. A call that changes something is repeated
/// after 429 alone, which the API answers before it does anything: after another failure, it may have been done.
///
/// The delay doubles from 1 s to 30 s; a random part of up to one half is left out. If the API requests a longer delay
/// (`Retry-After`), that is waited for, and a random part of up to one quarter more, so that the calls that it delays do
/// not return at once. If the delay ends after the time limit, the error is returned at once, with
/// the delay in [`ManagementError::retry_after`](super::ManagementError::retry_after).
#[derive(Clone)]
pub struct Retries {
    pub(super) max_attempts: u32,
    pub(super) time_limit: Duration,
    random: Arc<dyn Fn() -> u32 + Send + Sync>,
}

impl Default for Retries {
    /// 4 attempts within 30 s.
    fn default() -> Self {
        Self {
            max_attempts: 4,
            time_limit: Duration::from_secs(30),
            random: Arc::new(random),
        }
    }
}

impl Retries {
    /// No call is repeated, except with a new access token.
    #[must_use]
    pub fn none() -> Self {
        Self::default().max_attempts(1)
    }

    /// The most attempts of a call, with the first. Default: 4. At least 1. The repetition with a new access token
    /// (401) is part of its attempt.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// The time limit of a call, with all attempts and delays. Default: 30 s. Each attempt takes at most 10 s.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// The source of random numbers, from 0 to `u32::MAX`: 0 gives the shortest delay. Default: random numbers of the
    /// process.
    #[must_use]
    pub fn random(mut self, source: impl Fn() -> u32 + Send + Sync + 'static) -> Self {
        self.random = Arc::new(source);
        self
    }

    /// The delay after this number of failures.
    pub(super) fn delay(&self, failures: u32, asked_for: Option<Duration>) -> Duration {
        let random = (self.random)();
        let with_jitter = |shortest: Duration, jitter: Duration| {
            shortest.saturating_add(jitter.saturating_mul(random) / u32::MAX)
        };
        let half = Backoff::default().wait_after(failures) / 2;
        let asked_for = asked_for.unwrap_or_default();
        with_jitter(half, half).max(with_jitter(asked_for, asked_for / 4))
    }
}

impl fmt::Debug for Retries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retries")
            .field("max_attempts", &self.max_attempts)
            .field("time_limit", &self.time_limit)
            .finish_non_exhaustive()
    }
}

/// The keys of a new state are random.
fn random() -> u32 {
    let number = RandomState::new().hash_one(());
    u32::try_from(number >> 32).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_jittered_and_at_least_what_the_api_requests() {
        let seconds = |asked_for: Option<u64>| asked_for.map(Duration::from_secs);
        for (failures, random, asked_for, millis) in [
            (1, 0, None, 500),
            (1, u32::MAX, None, 1000),
            (2, 0, None, 1000),
            (2, u32::MAX, None, 2000),
            (9, u32::MAX, None, 30_000),
            (1, 0, Some(7), 7000),
            (1, u32::MAX / 2, Some(8), 8999),
            (1, u32::MAX, Some(8), 10_000),
            (4, 0, Some(7), 7000),
            (4, u32::MAX, Some(4), 8000),
            (4, u32::MAX, Some(7), 8750),
        ] {
            let delay = Retries::default().random(move || random);
            let delay = delay.delay(failures, seconds(asked_for));
            assert_eq!(delay.as_millis(), millis, "{failures} {random}");
        }
        let longest = Retries::default().random(|| u32::MAX);
        let longest = longest.delay(1, Some(Duration::MAX));
        assert_eq!(longest, Duration::MAX);
        let numbers: std::collections::HashSet<_> = (0..100).map(|_| random()).collect();
        assert!(numbers.len() > 90, "{}", numbers.len());
    }
}
