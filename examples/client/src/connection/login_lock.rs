//! One login at a time: when several requests are refused at once, one of them replaces the token for all. When its login
//! fails, it fails for all that need the same.

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
    last_failure: Option<(Purpose, ClientError)>,
    /// What replaced the token last; none for tokens that were stored before.
    last_login: Option<Purpose>,
}

/// What a login is for. A request learns nothing from a login for something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A token that the server accepts.
    Token,
    /// These scopes.
    Scopes(String),
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
    /// The token was replaced since the request was sent, by a login for this purpose or without a login.
    Replaced(Option<Purpose>),
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

    /// Waits for the turn of a request that was sent at this generation and needs a login for this purpose.
    ///
    /// # Errors
    ///
    /// The failure of a login for the same purpose since then: another one would ask the same person again.
    pub(crate) async fn acquire(
        &self,
        sent_at: Generation,
        purpose: &Purpose,
    ) -> Result<Turn<'_>, ClientError> {
        let held = self.lock.lock().await;
        let outcomes = self.outcomes();
        if outcomes.completed != sent_at.completed {
            return Ok(Turn::Replaced(outcomes.last_login.clone()));
        }
        if outcomes.failed != sent_at.failed
            && let Some((failed, failure)) = &outcomes.last_failure
            && failed == purpose
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
    /// Records that the token was replaced, by a login for this purpose or without a login. A guard that is dropped
    /// without this leaves the login to the next request.
    pub(crate) fn complete(self, login: Option<Purpose>) {
        let mut outcomes = self.lock.outcomes();
        outcomes.completed += 1;
        outcomes.last_failure = None;
        outcomes.last_login = login;
    }

    /// Records that the login for this purpose failed.
    pub(crate) fn fail(self, purpose: Purpose, failure: &ClientError) {
        let mut outcomes = self.lock.outcomes();
        outcomes.failed += 1;
        outcomes.last_failure = Some((purpose, failure.clone()));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn admin() -> Purpose {
        Purpose::Scopes("admin".into())
    }

    async fn guard<'a>(
        lock: &'a LoginLock,
        sent_at: Generation,
        purpose: &Purpose,
    ) -> LoginGuard<'a> {
        match lock.acquire(sent_at, purpose).await.unwrap() {
            Turn::Login(guard) => guard,
            Turn::Replaced(by) => panic!("replaced by {by:?}"),
        }
    }

    #[tokio::test]
    async fn a_failure_is_that_of_requests_with_the_same_purpose() {
        let lock = LoginLock::default();
        let sent_at = lock.generation();
        let failure = ClientError::Timeout { seconds: 5 };
        guard(&lock, sent_at, &admin())
            .await
            .fail(admin(), &failure);
        let shared = lock.acquire(sent_at, &admin()).await.err();
        assert_eq!(shared.unwrap().to_string(), failure.to_string());
        for other in [Purpose::Token, Purpose::Scopes("write".into())] {
            drop(guard(&lock, sent_at, &other).await);
        }
        // A request that was sent after the failure may try again.
        drop(guard(&lock, lock.generation(), &admin()).await);
    }

    #[tokio::test]
    async fn a_replaced_token_comes_with_what_replaced_it() {
        for login in [None, Some(Purpose::Token), Some(admin())] {
            let lock = LoginLock::default();
            let sent_at = lock.generation();
            guard(&lock, sent_at, &Purpose::Token)
                .await
                .complete(login.clone());
            match lock.acquire(sent_at, &Purpose::Token).await.unwrap() {
                Turn::Replaced(by) => assert_eq!(by, login),
                Turn::Login(_) => panic!("the token was replaced by {login:?}"),
            }
        }
    }
}
