//! OAuth 2.1 resource-server building blocks for MCP servers.

mod clock;

pub use clock::{Clock, SystemClock};
