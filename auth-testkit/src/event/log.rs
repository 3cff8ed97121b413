//! The events since the start: the newest, since a mock may be served for days.

use std::collections::{HashMap, VecDeque};
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
    /// The numbers of those that are kept, by their ids.
    numbers: HashMap<String, usize>,
    forgotten: usize,
    listener: Arc<dyn Listener>,
}

impl Events {
    pub(crate) fn new(listener: Arc<dyn Listener>) -> Self {
        Self {
            kept: VecDeque::new(),
            numbers: HashMap::new(),
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
            if let Some(oldest) = self.kept.pop_front() {
                self.numbers.remove(&oldest.id);
            }
            self.forgotten += 1;
        }
        let number = self.forgotten + self.kept.len();
        self.numbers.insert(event.id.clone(), number);
        self.kept.push_back(Arc::clone(&event));
        self.listener.occurred(&event, facts.now);
        event.id.clone()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Arc<Event>> {
        let number = self.numbers.get(id)?;
        self.kept.get(number.checked_sub(self.forgotten)?)
    }

    /// Each with its number, which it keeps; the oldest first.
    pub(crate) fn numbered(&self) -> impl DoubleEndedIterator<Item = (usize, &Arc<Event>)> {
        let numbers = self.forgotten..self.forgotten + self.kept.len();
        numbers.zip(&self.kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::User;

    #[derive(Debug)]
    struct Deaf;

    impl Listener for Deaf {
        fn occurred(&self, _: &Arc<Event>, _: SystemTime) {}
    }

    #[test]
    fn the_newest_are_kept_under_their_numbers_and_ids() {
        let mut events = Events::new(Arc::new(Deaf));
        let facts = Facts {
            now: SystemTime::UNIX_EPOCH,
            environment_id: "env_1",
            organization: None,
            user: &User::new("usr_7"),
            session: None,
            name: None,
            active: true,
        };
        let mut ids = Vec::new();
        for _ in 0..KEPT + 2 {
            ids.push(events.add(EventType::RoleUpdated, &facts));
        }
        assert_eq!(events.numbered().count(), KEPT);
        let (number, oldest) = events.numbered().next().unwrap();
        assert_eq!((number, &oldest.id), (2, &ids[2]));
        assert!(events.get(&ids[0]).is_none() && events.get(&ids[1]).is_none());
        for id in [&ids[2], &ids[KEPT + 1]] {
            assert_eq!(events.get(id).map(|event| &event.id), Some(id));
        }
    }
}
