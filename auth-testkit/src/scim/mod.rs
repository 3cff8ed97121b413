//! The directories of organizations (SCIM): their users and groups, who are no users of the environment.
//!
//! | file | what it does |
//! |---|---|
//! | `draft` | a user who is to be created or changed |
//! | `record` | a directory, its users and its groups |
//! | `store` | the directories of all organizations |

mod draft;
mod record;
mod store;

pub use draft::DirectoryUserDraft;
pub(crate) use record::{ScimDirectory, ScimGroup, ScimUser};
pub(crate) use store::ScimDirectories;
