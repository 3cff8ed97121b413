//! HTTP: how MCP and OAuth requests are sent, and what is recorded of them.

pub(crate) mod authorized;
pub(crate) mod http_trace;
pub(crate) mod network;
pub(crate) mod streamable_http;
pub(crate) mod with_proof;
