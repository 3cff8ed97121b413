//! [`Shared`]: the queue, and the counts of what did not fit.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::dropped::DroppedEvents;
use crate::audit::sampler::is_over;
use crate::audit::summary::Tally;
use crate::audit::{AuditSummary, AuthEvent, Omission};

/// How many summaries of other sinks may wait; further ones are merged into this queue's.
const SUMMARIES: usize = 16;

/// The places for events without a verified caller, as a fraction of the others.
const UNVERIFIED_SHARE: usize = 8;

/// The queue, shared by both threads. Locked to move one entry, never while the sink runs.
pub(super) struct Shared {
    state: Mutex<State>,
    wakes: Condvar,
    dropped: DroppedEvents,
}

pub(super) enum Entry {
    Event(Box<AuthEvent>),
    Summary(AuditSummary),
}

struct State {
    entries: VecDeque<Entry>,
    verified: Places,
    unverified: Places,
    summaries: Places,
    left_out: Tally,
    /// The time of the last event, dropped or not.
    latest: Option<SystemTime>,
    /// When the latest summary was passed on.
    summed_up: Option<SystemTime>,
    closed: bool,
}

/// The places of one kind of entry.
struct Places {
    free: usize,
}

impl Places {
    fn take(&mut self) -> bool {
        match self.free.checked_sub(1) {
            Some(left) => {
                self.free = left;
                true
            }
            None => false,
        }
    }
}

impl Shared {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::new(State {
                entries: VecDeque::new(),
                verified: Places {
                    free: capacity.max(1),
                },
                unverified: Places {
                    free: (capacity / UNVERIFIED_SHARE).max(1),
                },
                summaries: Places { free: SUMMARIES },
                left_out: Tally::default(),
                latest: None,
                summed_up: None,
                closed: false,
            }),
            wakes: Condvar::new(),
            dropped: DroppedEvents::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn dropped(&self) -> DroppedEvents {
        self.dropped.clone()
    }

    pub(super) fn push_event(&self, event: &AuthEvent) {
        // Before the lock is taken, which others wait for.
        let entry = Entry::Event(Box::new(event.clone()));
        let mut state = self.lock();
        state.latest = Some(event.decided_at());
        let places = state.places(&entry);
        if places.take() {
            state.entries.push_back(entry);
            drop(state);
            self.wakes.notify_one();
        } else {
            state.left_out.add(event, Omission::QueueFull);
            drop(state);
            self.dropped.count(event.is_verified(), 1);
        }
    }

    pub(super) fn push_summary(&self, summary: &AuditSummary) {
        let entry = Entry::Summary(summary.clone());
        let mut state = self.lock();
        if state.places(&entry).take() {
            state.entries.push_back(entry);
        } else {
            // Only its two times are lost.
            state.left_out.merge(summary.clone());
        }
        drop(state);
        self.wakes.notify_one();
    }

    /// Records an event on which the sink panicked.
    pub(super) fn lost(&self, event: &AuthEvent) {
        self.lock().left_out.add(event, Omission::SinkPanicked);
        self.dropped.count(event.is_verified(), 1);
    }

    /// Waits for the next entry; `None` if the queue is closed and empty.
    pub(super) fn next(&self) -> Option<Entry> {
        let mut state = self.lock();
        loop {
            if let Some(summary) = state.due_summary() {
                return Some(Entry::Summary(summary));
            }
            if let Some(entry) = state.entries.pop_front() {
                state.places(&entry).free += 1;
                return Some(entry);
            }
            if state.closed {
                return None;
            }
            let woken = self.wakes.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.wakes.notify_one();
    }
}

impl State {
    fn places(&mut self, entry: &Entry) -> &mut Places {
        match entry {
            Entry::Event(event) if event.is_verified() => &mut self.verified,
            Entry::Event(_) => &mut self.unverified,
            Entry::Summary(_) => &mut self.summaries,
        }
    }

    /// The summary of dropped events, if it is due: the sink has caught up, or has not for a
    /// minute. Without a verified caller, at most one a minute.
    fn due_summary(&mut self) -> Option<AuditSummary> {
        let left_out = self.left_out.sum()?;
        let now = self.latest.unwrap_or(left_out.until);
        let rested = self.summed_up.is_none_or(|before| is_over(before, now));
        let caught_up = self.entries.is_empty();
        let at_once = self.closed || left_out.verified() > 0 || rested;
        if !(caught_up && at_once || is_over(left_out.since, now)) {
            return None;
        }
        self.summed_up = Some(now);
        self.left_out.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::tests::{admitted, later, refused};

    #[test]
    fn drops_are_reported_once_a_minute_or_at_once_if_a_caller_is_verified() {
        for (event, seconds, is_told) in [
            (refused(), 59, false),
            (refused(), 60, true),
            (admitted(), 59, true),
        ] {
            let shared = Shared::new(1);
            let row = format!("{} after {seconds} s", event.decision.as_str());
            // Of two of a sort, one has a place.
            for lost in [refused(), refused()] {
                shared.push_event(&lost);
            }
            assert!(matches!(shared.next(), Some(Entry::Event(_))), "{row}");
            assert!(matches!(shared.next(), Some(Entry::Summary(_))), "{row}");
            for lost in [event.clone(), event] {
                shared.push_event(&later(lost, seconds));
            }
            assert!(matches!(shared.next(), Some(Entry::Event(_))), "{row}");
            // The sink has caught up.
            let due = shared.lock().due_summary();
            assert_eq!(due.is_some(), is_told, "{row}");
        }
    }
}
