//! What a server of API keys is started with.

pub use crate::api_key::server::{CLIENT_ID, CLIENT_SECRET, ORGANIZATION, SCOPES_CLAIM};
