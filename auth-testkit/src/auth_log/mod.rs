//! The authentication log: who has tried to sign in, with which client.
//!
//! | file | what it does |
//! |---|---|
//! | `entry` | one row, and how it ended |
//! | `log` | the newest rows |

mod entry;
mod log;

pub(crate) use entry::AuthLogEntry;
pub use entry::{AuthLogDraft, AuthStatus};
pub(crate) use log::AuthLog;
