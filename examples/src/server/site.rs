//! What there is to serve, for all that serve it.

use super::tools::Notes;
use auth_core::{ConfigError, ConfigErrors, ScopeHierarchy};

/// An MCP server, and what the layers and the issuer around it have to know.
#[derive(Debug, Clone)]
pub struct Site<F> {
    /// What users see at the login.
    pub name: &'static str,
    /// The scopes that a mock issuer grants.
    pub scopes: &'static [&'static str],
    /// Which scope implies which.
    pub hierarchy: ScopeHierarchy,
    /// Whether pings get answers where the protocol has none: see [`ping`](super::ping).
    pub answers_stray_pings: bool,
    /// Makes the server of one session, or of one request where there are no sessions.
    pub server: F,
}

/// The notes. `notes:write` implies `notes:read`.
///
/// # Errors
///
/// [`ConfigErrors`] when the scopes imply each other in a circle.
pub fn notes() -> Result<Site<impl Fn() -> Notes + Clone + Send + Sync + 'static>, ConfigErrors> {
    let hierarchy = ScopeHierarchy::flat()
        .imply("notes:write", "notes:read")
        .map_err(|error| ConfigError::new("scope_hierarchy", error))?;
    let notes = Notes::default();
    Ok(Site {
        name: "Notes",
        scopes: &["notes:read", "notes:write"],
        hierarchy,
        answers_stray_pings: true,
        server: move || notes.clone(),
    })
}
