//! Fresh without traffic: a task that fetches a document when its time is nearly over, and again
//! after failures, with or without requests.
//!
//! The task knows its document weakly and is aborted with it, so nothing is fetched for a verifier
//! that is gone. It needs a runtime: where a document is made outside of one, the first caller that
//! fetches it starts the task, and so does the first one after the task's runtime has stopped.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use auth_core::Sleep;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::attempts::{Outcome, PATIENCE};
use super::source::Shared;

/// When a document is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// When it is asked for.
    OnDemand,
    /// By itself, too.
    InBackground,
}

/// The task of one document.
#[derive(Debug)]
pub(super) struct Renewer {
    renewal: Renewal,
    task: Mutex<Option<AbortHandle>>,
}

/// What the task does next.
pub(super) enum Step {
    /// Nothing is due before this has passed.
    Wait(Sleep),
    /// A fetch is under way. One that dies without an outcome is made again after the wait.
    UnderWay(watch::Receiver<Outcome>, Sleep),
}

impl Renewer {
    pub(super) fn new(renewal: Renewal) -> Self {
        Self {
            renewal,
            task: Mutex::default(),
        }
    }

    /// Starts the task, unless it runs or there is no runtime here.
    pub(super) fn start<T: Send + Sync + 'static>(&self, document: &Arc<Shared<T>>) {
        if self.renewal == Renewal::OnDemand {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        // Nothing is left half-done under this lock, so a panic elsewhere spoils nothing.
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

async fn keep_fresh<T: Send + Sync + 'static>(document: Weak<Shared<T>>) {
    loop {
        // Held no longer than this: while the task waits, the document can go.
        let step = match document.upgrade() {
            Some(document) => document.renew(),
            None => return,
        };
        match step {
            Step::Wait(sleep) => sleep.await,
            Step::UnderWay(mut outcome, pause) => {
                let ended = timeout(PATIENCE, outcome.wait_for(Option::is_some));
                let has_ended = matches!(ended.await, Ok(Ok(_)));
                if !has_ended {
                    pause.await;
                }
            }
        }
    }
}
