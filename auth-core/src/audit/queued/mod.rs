//! [`Queued`]: a sink that works in a thread of its own.

mod dropped;
mod state;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use super::{AuditSink, AuditSummary, AuthEvent};
pub use crate::audit::queued::dropped::DroppedEvents;
use crate::audit::queued::state::{Entry, Shared};

/// Hands events to another sink in a thread of its own, through a queue of bounded length.
///
/// No request waits: an event that finds no place is dropped and counted. Events without a
/// verified caller have places of their own, so that however many there are, none of a verified
/// caller is dropped for them. The events of each of the two come in the order in which they were
/// recorded, and so do both together.
///
/// Once the sink has caught up, [`AuditSink::summarize`] says how many events were dropped: at
/// once where one had a verified caller, else at most once a minute, by the time of the events. An
/// event on which the sink panics counts as dropped, and the sink gets the next one. What is in
/// the queue is written before this value's drop returns.
pub struct Queued {
    shared: Arc<Shared>,
    worker: Option<JoinHandle<()>>,
}

impl Queued {
    /// A queue before `sink`, of up to `capacity` events with a verified caller, but at least one,
    /// and an eighth of that, but at least one, without.
    ///
    /// # Errors
    ///
    /// What the operating system says when it gives no thread.
    pub fn new(sink: impl AuditSink, capacity: usize) -> io::Result<Self> {
        let shared = Arc::new(Shared::new(capacity));
        let queue = Arc::clone(&shared);
        let worker = Builder::new()
            .name("auth-audit".into())
            .spawn(move || work(&queue, &sink))?;
        Ok(Self {
            shared,
            worker: Some(worker),
        })
    }

    /// How many events were dropped, as counters to keep and read later.
    #[must_use]
    pub fn dropped(&self) -> DroppedEvents {
        self.shared.dropped()
    }
}

fn work(queue: &Shared, sink: &impl AuditSink) {
    while let Some(entry) = queue.next() {
        let done = catch_unwind(AssertUnwindSafe(|| match &entry {
            Entry::Event(event) => sink.record(event),
            Entry::Summary(summary) => sink.summarize(summary),
        }));
        // The panic itself was reported where panics are.
        if let (Err(_), Entry::Event(event)) = (done, entry) {
            queue.lost(&event);
        }
    }
}

impl AuditSink for Queued {
    fn record(&self, event: &AuthEvent) {
        self.shared.push_event(event);
    }

    fn summarize(&self, summary: &AuditSummary) {
        self.shared.push_summary(summary);
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.shared.close();
        if let Some(worker) = self.worker.take() {
            // It panics only where the sink does when it is dropped, which was reported.
            let _ = worker.join();
        }
    }
}

impl fmt::Debug for Queued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queued")
            .field("dropped", &self.dropped())
            .finish_non_exhaustive()
    }
}
