//! [`Deadline`]: the time that the steps of one event share, and whose fault it is when it passes.

use std::future::Future;
use std::time::Duration;

use auth_core::support::{Clock, Sleep};
use auth_core::verifier::Unavailable;
use thiserror::Error;

use super::process_error::{ProcessError, SOON};

/// A store that has not answered for this time is unavailable: more than the 2 s that one command of Redis may take.
pub(super) const STORE_DEADLINE: Duration = Duration::from_millis(2_500);

#[derive(Debug, Error)]
#[error("the store did not answer in time")]
struct Silent;

pub(super) struct Deadline<'a> {
    clock: &'a dyn Clock,
    end: Sleep,
}

impl<'a> Deadline<'a> {
    pub(super) fn after(clock: &'a dyn Clock, time: Duration) -> Self {
        Self {
            clock,
            end: clock.sleep(time),
        }
    }

    /// What `step` returns, unless the time passes first. After that there must be no other step.
    pub(super) async fn step<T>(
        &mut self,
        step: impl Future<Output = T>,
    ) -> Result<T, ProcessError> {
        tokio::select! {
            biased;
            output = step => Ok(output),
            () = &mut self.end => Err(ProcessError::TimedOut),
        }
    }

    /// The same for a step of a store. It is not blamed for the time that the steps before it have used.
    pub(super) async fn store<T>(
        &mut self,
        step: impl Future<Output = Result<T, Unavailable>>,
    ) -> Result<T, ProcessError> {
        let begun = self.clock.monotonic();
        match self.step(step).await {
            Ok(result) => Ok(result?),
            Err(_) if self.clock.monotonic().saturating_sub(begun) >= STORE_DEADLINE => {
                Err(Unavailable::new(SOON).because(Silent).into())
            }
            Err(error) => Err(error),
        }
    }
}
