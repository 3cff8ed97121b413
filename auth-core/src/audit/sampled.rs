//! [`Sampled`]: a sink that receives the first events without a verified caller, and the number of
//! the others.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::sampler::{DEFAULT_LIMIT, Passed, Sampler};
use super::{AuditSink, AuditSummary, AuthEvent};

/// Passes on all events with a verified caller, and the first 20 refusals a minute without one.
///
/// The other refusals without a verified caller are counted by kind, and an [`AuditSummary`]
/// follows with the first event after that minute, or when this value is dropped. The first refusal
/// of each kind in a minute is always passed on, and public operations and routes have a separate
/// limit. The time is that of the events.
///
/// [`JsonLines`](crate::audit::JsonLines) does this already; put it around custom sinks that store
/// events:
///
/// ```
/// use auth_core::audit::{AuditSink, AuditSummary, AuthEvent, Queued, Sampled};
///
/// #[derive(Debug)]
/// struct Table;
/// impl AuditSink for Table {
///     fn record(&self, event: &AuthEvent) { /* INSERT INTO events .. */ }
///     fn summarize(&self, summary: &AuditSummary) { /* INSERT INTO left_out .. */ }
/// }
/// let sink = Queued::new(Sampled::new(Table), 10_000)?;
/// # let _ = sink;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Sampled<S: AuditSink> {
    sampler: Mutex<Sampler>,
    sink: S,
}

impl<S: AuditSink> Sampled<S> {
    /// Around `sink`, with 20 a minute.
    #[must_use]
    pub fn new(sink: S) -> Self {
        Self::per_minute(sink, DEFAULT_LIMIT)
    }

    /// Around `sink`, with another limit. With 0, only the first event of each kind is passed on.
    #[must_use]
    pub fn per_minute(sink: S, limit: u32) -> Self {
        Self {
            sampler: Mutex::new(Sampler::new(limit)),
            sink,
        }
    }
}

impl<S: AuditSink> AuditSink for Sampled<S> {
    fn record(&self, event: &AuthEvent) {
        let (ended, passed) = {
            let mut sampler = self.sampler.lock().unwrap_or_else(PoisonError::into_inner);
            sampler.sample(event)
        };
        if let Some(ended) = ended {
            self.sink.summarize(&ended);
        }
        if passed == Passed::InFull {
            self.sink.record(event);
        }
    }

    fn summarize(&self, summary: &AuditSummary) {
        self.sink.summarize(summary);
    }
}

impl<S: AuditSink> Drop for Sampled<S> {
    fn drop(&mut self) {
        let sampler = self
            .sampler
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(ended) = sampler.finish() {
            self.sink.summarize(&ended);
        }
    }
}

impl<S: AuditSink + fmt::Debug> fmt::Debug for Sampled<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sampled")
            .field("sink", &self.sink)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::tests::{admitted, later, refused};
    use std::sync::Arc;

    /// What a sink received: the decision of an event, or the count of a summary.
    #[derive(Debug, Default)]
    struct Seen(Mutex<Vec<String>>);

    impl AuditSink for Seen {
        fn record(&self, event: &AuthEvent) {
            let label = event.decision.as_str().to_owned();
            self.0.lock().unwrap().push(label);
        }

        fn summarize(&self, summary: &AuditSummary) {
            let counts = summary.to_string();
            self.0.lock().unwrap().push(counts);
        }
    }

    #[test]
    fn a_sink_receives_the_first_events_and_the_count_of_the_others() {
        let seen = Arc::new(Seen::default());
        // Through an Arc and another Sampled: both hand summaries on.
        let sampled = Sampled::new(Sampled::per_minute(Arc::clone(&seen), 2));
        for _ in 0..30 {
            sampled.record(&refused());
            sampled.record(&admitted());
        }
        let shown = format!("{sampled:?}");
        assert!(shown.starts_with("Sampled { sink: Sampled {"), "{shown}");
        let take = || std::mem::take(&mut *seen.0.lock().unwrap());
        let got = take();
        assert_eq!(got.iter().filter(|label| *label == "admitted").count(), 30);
        assert_eq!(got.len(), 30 + 2);
        sampled.record(&later(admitted(), 60));
        assert_eq!(
            take(),
            [
                "invalid_token expired: 10",
                "invalid_token expired: 18",
                "admitted"
            ]
        );
        for _ in 0..3 {
            sampled.record(&later(refused(), 61));
        }
        assert_eq!(take(), ["invalid_token", "invalid_token"]);
        drop(sampled);
        assert_eq!(take(), ["invalid_token expired: 1"]);
    }
}
