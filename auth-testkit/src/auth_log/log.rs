//! The newest rows, since a mock may be served for days.

use std::collections::VecDeque;

use super::AuthLogEntry;
use crate::values::id;

/// More are forgotten, the oldest first.
const KEPT: usize = 100_000;

/// Rows in the order in which they were added, with their ids.
#[derive(Debug, Default)]
pub(crate) struct AuthLog(VecDeque<(String, AuthLogEntry)>);

impl AuthLog {
    /// Adds a row, and returns its id: `ar_` and digits.
    pub(crate) fn add(&mut self, entry: AuthLogEntry) -> String {
        if self.0.len() >= KEPT {
            self.0.pop_front();
        }
        let id = id::fresh("ar");
        self.0.push_back((id.clone(), entry));
        id
    }

    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &(String, AuthLogEntry)> {
        self.0.iter().rev()
    }
}
