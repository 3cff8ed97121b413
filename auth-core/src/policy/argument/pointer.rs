//! [`Pointer`]: a JSON pointer that was checked.

use std::fmt;

use thiserror::Error;

/// A JSON pointer ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)) to a member of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pointer(Box<str>);

/// A policy about an argument that could never allow a request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidArgument {
    /// A string that is not a JSON pointer to a member.
    #[error(
        "{0:?} is not a json pointer to a member: begin it with a slash, and write ~0 for ~ and ~1 \
         for a slash within a name"
    )]
    Pointer(String),
    /// An empty list of values.
    #[error("the list of values for the argument {0:?} is empty: name at least one")]
    NoValues(String),
}

impl Pointer {
    pub(super) fn new(text: &str) -> Result<Self, InvalidArgument> {
        let mut escapes = text.split('~').skip(1);
        let is_valid = text.starts_with('/') && escapes.all(|rest| rest.starts_with(['0', '1']));
        if is_valid {
            Ok(Self(text.into()))
        } else {
            Err(InvalidArgument::Pointer(text.to_owned()))
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
