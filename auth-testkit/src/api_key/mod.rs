//! API keys: opaque strings that an application gives to its users' programs in place of access tokens.
//!
//! | file | what it does |
//! |---|---|
//! | `draft` | a key that is to be created |
//! | `defect` | strings that are no valid key |
//! | `created` | a key that was created, with its secret |
//! | `record` | what the environment knows of a key |
//! | `server` | the server that the suites check |
//! | `store` | all keys since the start |

mod created;
mod defect;
mod draft;
mod record;
pub(crate) mod server;
mod store;

pub use created::ApiKey;
pub use defect::KeyDefect;
pub use draft::ApiKeyDraft;
pub(crate) use draft::LateExpiry;
pub(crate) use record::ApiKeyRecord;
pub(crate) use store::ApiKeys;
