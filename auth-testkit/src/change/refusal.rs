//! Why a change is refused.

use std::fmt;

use crate::api_key::LateExpiry;

/// A change that cannot be made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    UnknownUser(String),
    UnknownOrganization(String),
    UnknownApiKey,
    LateExpiry,
    UnknownDirectoryUser(String),
    UnknownDirectoryGroup(String),
    DirectoryUserExists(String),
    DirectoryGroupExists(String),
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
            Self::LateExpiry => write!(
                f,
                "the lifetime of the api key ends after the year 9999; choose a shorter one"
            ),
            Self::UnknownDirectoryUser(email) => {
                write!(f, "no user of the directory is called {email:?}")
            }
            Self::UnknownDirectoryGroup(name) => {
                write!(
                    f,
                    "no group of the directory is called {name:?}; create it first"
                )
            }
            Self::DirectoryUserExists(email) => {
                write!(f, "another user of the directory is called {email:?}")
            }
            Self::DirectoryGroupExists(name) => {
                write!(f, "another group of the directory is called {name:?}")
            }
            Self::NoMember { user, organization } => {
                write!(f, "{user} is not a member of {organization:?}")
            }
        }
    }
}

impl From<LateExpiry> for Refusal {
    fn from(_: LateExpiry) -> Self {
        Self::LateExpiry
    }
}

impl From<Refusal> for String {
    fn from(refusal: Refusal) -> Self {
        refusal.to_string()
    }
}
