//! Background renewal: a task that fetches a document when it is due, and again after failures, whether
//! requests come or not.
//!
//! The task holds its document weakly and is aborted when the document is dropped, so nothing is fetched
//! for a dropped verifier. It needs a runtime: for a document that is created outside of one, the first
//! fetch starts the task, and so does the first fetch after the task's runtime has stopped.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use auth_core::support::Sleep;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::attempts::{Outcome, PATIENCE};

/// When a document is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// When a caller needs it.
    OnDemand,
    /// In the background, too.
    InBackground,
}

/// The renewal task of one document.
#[derive(Debug)]
pub(super) struct Renewer {
    renewal: Renewal,
    task: Mutex<Option<AbortHandle>>,
}

/// What the task waits for next.
pub(super) enum Step {
    /// Until the next fetch is due.
    Wait(Sleep),
    /// Until the fetch in flight ends. One that ends without an outcome is repeated after the pause.
    InFlight(watch::Receiver<Outcome>, Sleep),
}

/// A document that can be renewed.
pub(super) trait Renew: Send + Sync + 'static {
    /// Starts a fetch if one is due, and returns what to wait for before the next call.
    fn renew(self: Arc<Self>) -> Step;
}

impl Renewer {
    pub(super) fn new(renewal: Renewal) -> Self {
        Self {
            renewal,
            task: Mutex::default(),
        }
    }

    /// Starts the task, unless it is running or there is no runtime.
    pub(super) fn start(&self, document: &Arc<impl Renew>) {
        if self.renewal == Renewal::OnDemand {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        // No update under this lock can panic halfway, so a poisoned value is consistent.
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_none_or(AbortHandle::is_finished) {
            let document = Arc::downgrade(document);
            *task = Some(runtime.spawn(keep_fresh(document)).abort_handle());
        }
    }
}

impl Drop for Renewer {
    fn drop(&mut self) {
        let task = self.task.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = task.take() {
            task.abort();
        }
    }
}

async fn keep_fresh(document: Weak<impl Renew>) {
    loop {
        // A strong reference only for this step: while the task waits, the document can be dropped.
        let step = match document.upgrade() {
            Some(document) => document.renew(),
            None => return,
        };
        match step {
            Step::Wait(sleep) => sleep.await,
            Step::InFlight(mut outcome, pause) => {
                let ended = timeout(PATIENCE, outcome.wait_for(Option::is_some));
                let has_ended = matches!(ended.await, Ok(Ok(_)));
                if !has_ended {
                    pause.await;
                }
            }
        }
    }
}
