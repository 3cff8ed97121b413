//! [`Queued`]: a sink that works in a thread of its own.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{Builder, JoinHandle};

use super::{AuditSink, AuthEvent};

/// Hands events to another sink in a thread of its own, through a queue of bounded length.
///
/// No request waits: an event that finds the queue full is dropped and counted. What is in the
/// queue is written before this value's drop returns.
pub struct Queued {
    /// `None` only while dropping.
    queue: Option<SyncSender<AuthEvent>>,
    dropped: Arc<AtomicU64>,
    worker: Option<JoinHandle<()>>,
}

impl Queued {
    /// A queue of up to `capacity` events before `sink`.
    ///
    /// # Errors
    ///
    /// What the operating system says when it gives no thread.
    pub fn new(sink: impl AuditSink, capacity: usize) -> io::Result<Self> {
        let (queue, events) = sync_channel(capacity);
        let worker = Builder::new()
            .name("auth-audit".into())
            .spawn(move || work(&events, &sink))?;
        Ok(Self {
            queue: Some(queue),
            dropped: Arc::default(),
            worker: Some(worker),
        })
    }

    /// How many events were dropped, as a counter to keep and read later.
    #[must_use]
    pub fn dropped(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.dropped)
    }
}

fn work(events: &Receiver<AuthEvent>, sink: &impl AuditSink) {
    while let Ok(event) = events.recv() {
        sink.record(&event);
    }
}

impl AuditSink for Queued {
    fn record(&self, event: &AuthEvent) {
        let Some(queue) = &self.queue else {
            return;
        };
        // Gone only if the sink panicked, which has been told where panics are told.
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) =
            queue.try_send(event.clone())
        {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(worker) = self.worker.take() {
            // A panic in the sink was told already.
            let _ = worker.join();
        }
    }
}

impl fmt::Debug for Queued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queued")
            .field("dropped", &self.dropped)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{admitted, refused};
    use super::*;
    use std::sync::Mutex;
    use std::sync::mpsc::channel;

    #[test]
    fn events_come_in_order_and_all_of_them_before_the_end() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = {
            let seen = Arc::clone(&seen);
            move |event: &AuthEvent| seen.lock().unwrap().push(event.outcome.as_str())
        };
        let queued = Queued::new(sink, 10).unwrap();
        queued.record(&admitted());
        queued.record(&refused());
        drop(queued);
        assert_eq!(*seen.lock().unwrap(), ["admitted", "invalid_token"]);
    }

    #[test]
    fn a_full_queue_drops_and_counts() {
        let (begun, has_begun) = channel();
        let (go_on, may_go_on) = channel::<()>();
        let (begun, may_go_on) = (Mutex::new(begun), Mutex::new(may_go_on));
        let sink = move |_: &AuthEvent| {
            begun.lock().unwrap().send(()).unwrap();
            // An error means that the test is over.
            let _ = may_go_on.lock().unwrap().recv();
        };
        let queued = Queued::new(sink, 2).unwrap();
        let dropped = queued.dropped();
        queued.record(&admitted());
        has_begun.recv().unwrap();
        // The sink is busy with the first one, so two fit and three do not.
        for _ in 0..5 {
            queued.record(&admitted());
        }
        assert_eq!(dropped.load(Ordering::Relaxed), 3);
        drop(go_on);
        drop(queued);
        assert_eq!(has_begun.iter().count(), 2);
    }

    #[test]
    fn a_sink_that_panics_takes_no_request_along() {
        let queued = Queued::new(|_: &AuthEvent| panic!("a bad sink"), 1).unwrap();
        let dropped = queued.dropped();
        while dropped.load(Ordering::Relaxed) == 0 {
            queued.record(&admitted());
        }
    }
}
