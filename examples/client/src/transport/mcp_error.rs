//! The errors of an MCP request that rmcp has no variant for.

use rmcp::transport::streamable_http_client::StreamableHttpError;

/// The result of an MCP request, with the error type of rmcp's transport.
pub(super) type TransportResult<T> = Result<T, StreamableHttpError<McpHttpError>>;

/// Why an MCP request failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum McpHttpError {
    /// No response came, or it broke off.
    #[error(transparent)]
    Network(#[from] reqwest::Error),
    /// The server refuses, and neither a login nor a scope can help.
    #[error("the server refuses: {0}")]
    Forbidden(String),
}
