//! The description of an MCP server, for the binaries that serve it.

use super::tools::Notes;
use auth_core::error::{ConfigError, ConfigErrors};
use auth_core::policy::{Coverage, Inventory, OperationPolicy};
use auth_core::token::ScopeHierarchy;

/// An MCP server, and the settings of the layers and the mock issuer around it.
#[derive(Debug)]
pub struct ServerSpec<F> {
    /// The name that users see at the login.
    pub name: &'static str,
    /// The scopes that every caller needs, unless `SCALEKIT_REQUIRED_SCOPES` says otherwise.
    pub required: &'static [&'static str],
    /// The scopes that a mock issuer grants.
    pub scopes: &'static [&'static str],
    /// Which scope implies which.
    pub hierarchy: ScopeHierarchy,
    /// The scopes that individual operations need.
    pub operations: OperationPolicy,
    /// Whether pings are answered in protocol versions without ping: see [`ping`](super::ping).
    pub answers_unsupported_pings: bool,
    /// Makes the server of one session, or of one request where there are no sessions.
    pub server: F,
}

/// The notes. `notes:write` implies `notes:read`.
///
/// Each tool states what it requires, and the layer asks for it: a caller that adds a note without `notes:write` gets a
/// 403 that names the scope, so that the client can request it and call again. A tool can check its caller too, but it
/// responds within MCP, where no client looks for scopes.
///
/// # Errors
///
/// [`ConfigErrors`] when the scopes imply each other in a circle, or a tool states no requirement.
pub fn notes()
-> Result<ServerSpec<impl Fn() -> Notes + Clone + Send + Sync + 'static>, ConfigErrors> {
    let hierarchy = ScopeHierarchy::flat()
        .imply("notes:write", "notes:read")
        .map_err(|error| ConfigError::new("scope_hierarchy", error))?;
    let notes = Notes::default();
    Ok(ServerSpec {
        name: "Notes",
        required: &["notes:read"],
        scopes: &["notes:read", "notes:write"],
        hierarchy,
        operations: OperationPolicy::builder()
            .server(Inventory::new().tool_router(&Notes::tool_router()))
            // The default; with another setting a tool that was forgotten is served to every caller.
            .coverage(Coverage::Strict)
            .build()?,
        answers_unsupported_pings: true,
        server: move || notes.clone(),
    })
}
