//! [`Members`]: finds the relevant members of a JSON object, and refuses duplicates of them.

use crate::support::json::{JsonError, JsonStr};

/// The text is not JSON, or can be read in more than one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable;

impl From<JsonError> for Unreadable {
    fn from(_: JsonError) -> Self {
        Self
    }
}

/// The names of the relevant members of one object, and which of them were met.
pub(super) struct Members<const N: usize> {
    names: [&'static str; N],
    met: [bool; N],
}

impl<const N: usize> Members<N> {
    pub(super) const fn of(names: [&'static str; N]) -> Self {
        Self {
            names,
            met: [false; N],
        }
    }

    /// The relevant member with this name, if there is one. Refuses a duplicate, and a name that differs
    /// in case only: some parsers, such as Go's, treat it as the same.
    pub(super) fn meet(&mut self, name: JsonStr<'_>) -> Result<Option<&'static str>, Unreadable> {
        let mut members = self.names.iter().zip(&mut self.met);
        let Some((member, met)) = members.find(|(member, _)| name.is_ignoring_case(member)) else {
            return Ok(None);
        };
        if *met || !name.is(member) {
            return Err(Unreadable);
        }
        *met = true;
        Ok(Some(member))
    }
}
