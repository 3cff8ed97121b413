//! [`Quota`]: how many requests in which time.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

/// How many requests are allowed in which time, and how many of them at once.
///
/// A budget starts full and fills up continuously: of 60 a minute, one request returns each second. So at
/// most [`burst`](Self::burst) requests pass at once, and the rate holds in the long run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Quota {
    requests: u32,
    period: Duration,
    burst: Option<u32>,
}

/// The longest time in which a budget may fill up.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

/// A quota that was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) struct Rate(pub(super) governor::Quota);

impl Quota {
    /// This many requests in this time.
    pub const fn new(requests: u32, period: Duration) -> Self {
        Self {
            requests,
            period,
            burst: None,
        }
    }

    /// This many requests a second.
    pub const fn per_second(requests: u32) -> Self {
        Self::new(requests, Duration::from_secs(1))
    }

    /// This many requests a minute.
    pub const fn per_minute(requests: u32) -> Self {
        Self::new(requests, Duration::from_secs(60))
    }

    /// This many requests an hour.
    pub const fn per_hour(requests: u32) -> Self {
        Self::new(requests, Duration::from_secs(3600))
    }

    /// This many requests a day.
    pub const fn per_day(requests: u32) -> Self {
        Self::new(requests, Duration::from_secs(24 * 3600))
    }

    /// Sets how many requests a full budget holds. Default: the number of the quota.
    pub const fn burst(mut self, requests: u32) -> Self {
        self.burst = Some(requests);
        self
    }

    /// The rate, or what is wrong with the quota.
    pub(in crate::policy) fn rate(self) -> Result<Rate, &'static str> {
        let requests = NonZeroU32::new(self.requests);
        let requests = requests.ok_or(
            "allows no request: allow at least one, or deny the requests by another policy",
        )?;
        let burst = self.burst.map_or(Some(requests), NonZeroU32::new);
        let burst = burst.ok_or("has a burst of zero: allow at least one request at once")?;
        let each = self.period / requests.get();
        let rate = governor::Quota::with_period(each);
        let rate = rate.ok_or("has more requests than nanoseconds: use a longer period")?;
        // The algorithm adds such times up, as nanoseconds in 64 bits.
        let filled = each.checked_mul(burst.get());
        if filled.is_none_or(|filled| filled > LONGEST) {
            return Err(
                "takes more than a year to fill up: lower the burst, or shorten the period",
            );
        }
        Ok(Rate(rate.allow_burst(burst)))
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} requests in {:?}", self.requests, self.period)
    }
}
