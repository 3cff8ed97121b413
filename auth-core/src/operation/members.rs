//! [`Members`]: the members of a JSON object that decide something, each met at most once.

use crate::support::json::{JsonError, JsonStr};

/// A text that cannot be read in exactly one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable;

impl From<JsonError> for Unreadable {
    fn from(_: JsonError) -> Self {
        Self
    }
}

/// The members of one object that are read, and which of them have been met.
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

    /// Which of them this is. A second one is refused, and one in another case: some parsers, such
    /// as Go's, take it for the same.
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
