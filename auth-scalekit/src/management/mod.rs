//! Scalekit's management API: sessions, events, and users of an organization.
//!
//! | file | job |
//! |---|---|
//! | `client` | [`Management`]: one call, with the access token, a repetition after 401, and a time limit |
//! | `call` | one request of the API |
//! | `management_token` | the access token of this server itself, fetched once for all calls |
//! | `answer` | the status and the body of an answer, read within a limit |
//! | `error` | [`ManagementError`]: why a call failed |
//! | `id` | identifiers, vetted before they become part of a path |
//! | `pages` | lists that come in pages |
//! | `sessions` | sessions of users: read, list, revoke |
//! | `events` | events that were sent to webhooks, or should have been |
//! | `user_search` | users of an organization by e-mail address |
//!
//! A service of the API that is added gets a separate file, with an `impl Management`.

mod answer;
mod call;
mod client;
mod error;
mod events;
mod id;
mod management_token;
mod pages;
mod sessions;
mod user_search;

pub use client::Management;
pub(crate) use client::ManagementSettings;
pub(crate) use error::NOT_SET_UP;
pub use error::{ManagementError, ManagementErrorKind};
pub use events::{EventFilter, EventSource, EventsPage};
pub(crate) use id::is_session_id;
pub use sessions::{Session, SessionStatus};
