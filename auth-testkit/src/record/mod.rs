//! The requests of clients, without their secrets.

mod assertions;
mod log;
mod mcp_message;
mod request;

pub(crate) use log::Log;
pub use request::{RecordedRequest, SentAuth};
