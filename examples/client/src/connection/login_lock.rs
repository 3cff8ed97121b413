//! One login at a time: when several requests are refused at once, one of them replaces the token for all, and when its
//! login fails, it fails for all.

use std::sync::{Mutex as StdMutex, MutexGuard as StdGuard, PoisonError};

use tokio::sync::{Mutex, MutexGuard};

use crate::error::ClientError;

/// Counts the logins of this connection, and admits one at a time.
#[derive(Debug, Default)]
pub(crate) struct LoginLock {
    outcomes: StdMutex<Outcomes>,
    lock: Mutex<()>,
}

#[derive(Debug, Default)]
struct Outcomes {
    completed: u64,
    failed: u64,
    last_failure: Option<ClientError>,
    /// The scopes that the last completed login was to get, if it was a step-up.
    last_wanted: Option<String>,
}

/// The number of logins that had ended when a request was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Generation {
    completed: u64,
    failed: u64,
}

/// The turn of a request that was refused.
pub(crate) enum Turn<'a> {
    /// It may replace the token; others wait.
    Login(LoginGuard<'a>),
    /// The token was replaced since the request was sent, by a step-up to these scopes or by a login.
    Replaced(Option<String>),
}

/// The right to replace the token; the requests that were refused meanwhile wait for it.
#[must_use]
pub(crate) struct LoginGuard<'a> {
    lock: &'a LoginLock,
    _held: MutexGuard<'a, ()>,
}

impl LoginLock {
    /// The current generation, to be read before a request is sent.
    pub(crate) fn generation(&self) -> Generation {
        let outcomes = self.outcomes();
        Generation {
            completed: outcomes.completed,
            failed: outcomes.failed,
        }
    }

    /// Waits for the turn of a request that was sent at this generation.
    ///
    /// # Errors
    ///
    /// The failure of a login since then: another one would ask the same person again.
    pub(crate) async fn acquire(&self, sent_at: Generation) -> Result<Turn<'_>, ClientError> {
        let held = self.lock.lock().await;
        let outcomes = self.outcomes();
        if outcomes.completed != sent_at.completed {
            return Ok(Turn::Replaced(outcomes.last_wanted.clone()));
        }
        if outcomes.failed != sent_at.failed
            && let Some(failure) = &outcomes.last_failure
        {
            return Err(failure.clone());
        }
        drop(outcomes);
        Ok(Turn::Login(LoginGuard {
            lock: self,
            _held: held,
        }))
    }

    fn outcomes(&self) -> StdGuard<'_, Outcomes> {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LoginGuard<'_> {
    /// Records that the token was replaced, by a step-up to these scopes or by a login. A guard that is dropped without
    /// this leaves the login to the next request.
    pub(crate) fn complete(self, wanted: Option<String>) {
        let mut outcomes = self.lock.outcomes();
        outcomes.completed += 1;
        outcomes.last_failure = None;
        outcomes.last_wanted = wanted;
    }

    /// Records that the login failed.
    pub(crate) fn fail(self, failure: &ClientError) {
        let mut outcomes = self.lock.outcomes();
        outcomes.failed += 1;
        outcomes.last_failure = Some(failure.clone());
    }
}
