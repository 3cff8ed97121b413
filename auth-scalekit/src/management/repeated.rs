//! Calls that are repeated after a failure: which ones, and after which failures.

use super::answer::Answer;
use super::call::Call;
use super::client::{CALL_LIMIT, Management};
use super::error::{ManagementError, ManagementErrorKind};
use super::management_token;
use super::retries::Retries;

impl Management {
    /// A handle whose calls are repeated in this way. It shares the access token.
    #[must_use]
    pub fn with_retries(mut self, retries: Retries) -> Self {
        self.retries = retries;
        self
    }

    /// The answer to a call that changes nothing. It may be repeated after any failure that passes.
    pub(super) async fn read(&self, call: &Call) -> Result<Answer, ManagementError> {
        self.attempts(call, may_repeat_read).await
    }

    /// Makes a call that changes something. It is repeated only if it was refused before it was done. The body of the
    /// answer is not read: the status reports that it was done, and some answers have none.
    pub(super) async fn change(&self, call: Call) -> Result<(), ManagementError> {
        self.attempts(&call.unread(), may_repeat_change).await?;
        Ok(())
    }

    async fn attempts(
        &self,
        call: &Call,
        may_repeat: fn(&ManagementError) -> bool,
    ) -> Result<Answer, ManagementError> {
        let (clock, begun) = (self.clock(), self.clock().monotonic());
        let remaining = || {
            let elapsed = clock.monotonic().saturating_sub(begun);
            self.retries.time_limit.saturating_sub(elapsed)
        };
        let mut failures = 0;
        loop {
            let limit = remaining().min(CALL_LIMIT);
            let error = match self.send_within(limit, call).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            failures += 1;
            if failures >= self.retries.max_attempts || !may_repeat(&error) {
                return Err(error);
            }
            let delay = self.retries.delay(failures, error.retry_after());
            if delay >= remaining() {
                return Err(error);
            }
            tracing::debug!(%error, failures, ?delay, "a call of the management API is repeated");
            clock.sleep(delay).await;
        }
    }
}

fn may_repeat_read(error: &ManagementError) -> bool {
    match error.kind() {
        ManagementErrorKind::RateLimited => true,
        // Not after 302 or 404 of another server, which stay the same, or 501.
        ManagementErrorKind::Unavailable => error
            .status()
            .is_none_or(|status| matches!(status, 408 | 499 | 500 | 502..=599)),
        _ => false,
    }
}

fn may_repeat_change(error: &ManagementError) -> bool {
    let is_about_the_token = error.call() == management_token::CALL;
    error.kind() == ManagementErrorKind::RateLimited
        // Nothing was sent without a token.
        || (is_about_the_token && may_repeat_read(error))
}
