//! All sessions since the start.

use std::collections::HashMap;
use std::time::SystemTime;

use super::record::{End, Login, Session, Status};
use crate::values::id;

/// Sessions in the order in which they were opened.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    all: Vec<Session>,
    places: HashMap<String, usize>,
}

impl Sessions {
    /// Opens a session, and returns its id.
    pub(crate) fn open(&mut self, login: &Login<'_>, now: SystemTime) -> String {
        let id = id::fresh("ses");
        self.places.insert(id.clone(), self.all.len());
        self.all.push(Session::new(id.clone(), login, now));
        id
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Session> {
        self.all.get(*self.places.get(id)?)
    }

    /// The newest first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Session> {
        self.all.iter().rev()
    }

    pub(crate) fn is_active(&self, id: &str, now: SystemTime) -> bool {
        let session = self.get(id);
        session.is_some_and(|session| session.status(now) == Status::Active)
    }

    /// Notes that the user is still there, as a refresh shows.
    pub(crate) fn refresh(&mut self, id: &str, now: SystemTime) {
        if let Some(session) = self.get_mut(id) {
            session.last_active = session.last_active.max(now);
        }
    }

    /// Revokes a session that is active, and returns it as it is now; `None`: there is no such session, or it had
    /// ended before.
    pub(crate) fn revoke(&mut self, id: &str, now: SystemTime) -> Option<&Session> {
        self.end(id, End::Revoked, now)
    }

    /// Signs the user of an active session out; otherwise as [`revoke`](Self::revoke).
    pub(crate) fn log_out(&mut self, id: &str, now: SystemTime) -> Option<&Session> {
        self.end(id, End::LoggedOut, now)
    }

    fn end(&mut self, id: &str, end: End, now: SystemTime) -> Option<&Session> {
        let session = self.get_mut(id)?;
        if session.status(now) != Status::Active {
            return None;
        }
        session.end = Some((end, now));
        Some(session)
    }

    fn get_mut(&mut self, id: &str) -> Option<&mut Session> {
        self.all.get_mut(*self.places.get(id)?)
    }
}
