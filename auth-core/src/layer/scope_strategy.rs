//! [`ScopeStrategy`].

/// Which scopes a 403 names for a client that lacks some.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ScopeStrategy {
    /// Those of the operation, as MCP has it since 2026-07-28: what the client had it knows itself.
    #[default]
    Operation,
    /// Those of the operation and those that the token has, for clients of 2025-11-25 and before,
    /// many of which ask for what they are told and forget what they had.
    OperationPlusGranted,
}
