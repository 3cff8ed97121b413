//! The Scalekit environment: whether it can be reached, and what it publishes.

pub(super) mod clock;
pub(super) mod connection;
pub(super) mod keys;
pub(super) mod mcp_url;
pub(super) mod metadata;
pub(super) mod scopes;
