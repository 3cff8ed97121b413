//! Scalekit's management API.
//!
//! | file | job |
//! |---|---|
//! | `client` | [`Management`]: one call, with the access token, a repetition after 401, and a time limit |
//! | `builder` | the same without a provider |
//! | `retries`, `repeated` | when calls are repeated, how often, and after which failures |
//! | `call` | one request of the API |
//! | `management_token` | the access token of this server itself, fetched once for all calls |
//! | `answer` | the status and the body of an answer, read within a limit |
//! | `fields`, `open_enum` | members of an answer, read by their types |
//! | `error` | [`ManagementError`]: why a call failed |
//! | `error_code`, `error_details` | the codes and names that an error reports |
//! | `id` | identifiers, vetted before they become part of a path |
//! | `pages`, `page_stream` | lists that come in pages |
//! | `sessions` | sessions of users: read, list, revoke |
//! | `events` | events that were sent to webhooks, or should have been |
//! | `user_search` | users of an organization by e-mail address |
//! | `services` | all other services of the API: users, roles, organizations, directories, resources, logs |
//! | `api_keys` | whether an API key is valid, and whose it is |
//!
//! What [`ScalekitProvider`](crate::ScalekitProvider) and webhooks need is always compiled: sessions, events, the search
//! for users. The feature `management` adds `builder`, `retries`, `repeated`, `page_stream` and `services`, and `api-keys` adds `api_keys`.

mod answer;
#[cfg(feature = "api-keys")]
mod api_keys;
#[cfg(feature = "management")]
mod builder;
mod call;
mod client;
mod error;
mod error_code;
mod error_details;
mod events;
mod fields;
mod id;
mod management_token;
mod open_enum;
#[cfg(feature = "management")]
mod page_stream;
mod pages;
#[cfg(feature = "management")]
mod repeated;
#[cfg(feature = "management")]
mod retries;
#[cfg(feature = "management")]
mod services;
mod sessions;
mod user_search;

#[cfg(feature = "api-keys")]
pub use api_keys::ApiKey;
#[cfg(feature = "management")]
pub use builder::ManagementBuilder;
pub use client::Management;
pub(crate) use client::ManagementSettings;
pub(crate) use error::NOT_SET_UP;
pub use error::{ManagementError, ManagementErrorKind};
pub use error_code::ErrorCode;
pub use events::{EventFilter, EventSource, EventsPage};
pub(crate) use id::is_session_id;
#[cfg(any(
    feature = "api-keys",
    all(feature = "diagnose", feature = "management")
))]
pub(crate) use management_token::CALL as TOKEN_CALL;
#[cfg(feature = "management")]
pub use page_stream::Pages;
#[cfg(feature = "management")]
pub use retries::Retries;
#[cfg(feature = "management")]
pub use services::*;
pub use sessions::{Session, SessionStatus};
