//! [`Queued`]: a sink that runs in a dedicated thread.

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

/// Passes events to another sink in a dedicated thread, through a bounded queue.
///
/// No request waits: an event that does not fit is dropped and counted. There are separate places
/// for events without a verified caller, so that no number of them causes an event with one to be
/// dropped. The sink receives events in the order in which they were recorded.
///
/// Once the sink has caught up, [`AuditSink::summarize`] reports how many events were dropped:
/// immediately if one had a verified caller, else at most once a minute, by the time of the events.
/// An event on which the sink panics counts as dropped, and the sink receives the next one.
/// Dropping this value waits until the queue is written.
pub struct Queued {
    shared: Arc<Shared>,
    worker: Option<JoinHandle<()>>,
}

impl Queued {
    /// A queue in front of `sink`, of up to `capacity` events with a verified caller, and an eighth
    /// of that without one; at least one of each.
    ///
    /// # Errors
    ///
    /// The operating system could not start a thread.
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

    /// The counters of dropped events, which can be kept and read later.
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
        // The panic hook has reported it.
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
            // Fails only if dropping the sink panicked, which the panic hook has reported.
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
