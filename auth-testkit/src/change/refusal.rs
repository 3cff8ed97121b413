//! Why a change is refused.

use std::fmt;

/// A change that cannot be made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    UnknownUser(String),
    UnknownOrganization(String),
    UnknownApiKey,
    NoMember { user: String, organization: String },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownUser(name) => write!(f, "no user of the mock is called {name:?}"),
            Self::UnknownOrganization(id) => {
                write!(f, "no organization of the mock has the id {id:?}")
            }
            Self::UnknownApiKey => f.write_str("no api key of the mock has this value or id"),
            Self::NoMember { user, organization } => {
                write!(f, "{user} is not a member of {organization:?}")
            }
        }
    }
}

impl From<Refusal> for String {
    fn from(refusal: Refusal) -> Self {
        refusal.to_string()
    }
}
