//! How often the management API may be called.

/// How many calls of the management API an environment allows in a minute, by the clock of the mock; more are refused
/// with 429 and `RATE_LIMITED`. Calls without a valid token do not count. Scalekit documents neither its limits nor
/// `Retry-After`.
///
/// ```
/// use auth_testkit::settings::ManagementRateLimit;
///
/// let limit = ManagementRateLimit::per_minute(60).with_retry_after();
/// # drop(limit);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManagementRateLimit {
    pub(crate) calls: u32,
    pub(crate) has_retry_after: bool,
}

impl ManagementRateLimit {
    /// This number of calls, in minutes of which each begins with its first call. Replies do not state when the next
    /// begins.
    #[must_use]
    pub fn per_minute(calls: u32) -> Self {
        Self {
            calls,
            has_retry_after: false,
        }
    }

    /// Refusals have the header `Retry-After`, with the seconds until the next minute.
    #[must_use]
    pub fn with_retry_after(mut self) -> Self {
        self.has_retry_after = true;
        self
    }
}
