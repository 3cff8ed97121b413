//! [`ScopeStrategy`]: which scopes a 403 names.

/// Which scopes a 403 names for a client that lacks some.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ScopeStrategy {
    /// Only the scopes of the operation, as MCP 2026-07-28 specifies: clients keep the scopes they
    /// already have.
    #[default]
    Operation,
    /// The scopes of the operation and those of the token, for clients of 2025-11-25 and before,
    /// many of which request exactly the scopes of the challenge and so lose the others.
    OperationPlusGranted,
}
