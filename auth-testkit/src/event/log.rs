//! The events since the start: the newest, since a mock may be served for days.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Map, Value};

use super::payload::{self, Facts};
use super::{Event, EventType};

/// More are forgotten, the oldest first.
const KEPT: usize = 100_000;

/// Is given every event when it happens.
pub(crate) trait Listener: fmt::Debug + Send + Sync {
    fn occurred(&self, event: &Arc<Event>, now: SystemTime);
}

/// The newest events, in the order in which they happened.
#[derive(Debug)]
pub(crate) struct Events {
    kept: VecDeque<Arc<Event>>,
    forgotten: usize,
    listener: Arc<dyn Listener>,
}

impl Events {
    pub(crate) fn new(listener: Arc<dyn Listener>) -> Self {
        Self {
            kept: VecDeque::new(),
            forgotten: 0,
            listener,
        }
    }

    /// Notes what has happened, and returns the id of the event.
    pub(crate) fn add(&mut self, kind: EventType, facts: &Facts<'_>) -> String {
        self.add_with(kind, facts, Map::new())
    }

    /// As [`add`](Self::add), with these members of the payload in place of those of the same name.
    pub(crate) fn add_with(
        &mut self,
        kind: EventType,
        facts: &Facts<'_>,
        members: Map<String, Value>,
    ) -> String {
        let mut data = payload::of(kind, facts);
        data.extend(members);
        let organization = facts
            .organization
            .map(|organization| organization.id.as_str());
        let data = (data.into(), facts.now);
        let event = Arc::new(Event::new(kind, facts.environment_id, organization, data));
        if self.kept.len() >= KEPT {
            self.kept.pop_front();
            self.forgotten += 1;
        }
        self.kept.push_back(Arc::clone(&event));
        self.listener.occurred(&event, facts.now);
        event.id.clone()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Arc<Event>> {
        self.kept.iter().rev().find(|event| event.id == id)
    }

    /// Each with its number, which it keeps; the oldest first.
    pub(crate) fn numbered(&self) -> impl DoubleEndedIterator<Item = (usize, &Arc<Event>)> {
        let numbers = self.forgotten..self.forgotten + self.kept.len();
        numbers.zip(&self.kept)
    }
}
