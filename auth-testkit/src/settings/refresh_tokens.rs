//! When a client gets a refresh token.

/// When the authorization-code grant also gives a refresh token.
///
/// Scalekit gives one only when the scope `offline_access` was granted, and the metadata of a
/// resource lists exactly that resource's scopes, not `offline_access`. Clients that follow MCP
/// (rmcp, the TypeScript and Python SDKs) ask for `offline_access` by themselves only when the
/// metadata lists it: against live Scalekit they get a refresh token only if they are configured to request
/// `offline_access`.
/// To test the refreshing of such a client without configuration, use [`Advertised`](Self::Advertised).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RefreshTokens {
    /// When `offline_access` is asked for; the metadata does not mention it. The default, as live.
    #[default]
    WhenAsked,
    /// When `offline_access` is asked for, and `scopes_supported` lists it.
    Advertised,
    /// To every client, whatever it asks for. The scope `offline_access` is granted only if it is asked
    /// for.
    Always,
    /// To every client, as the scope `offline_access` is added to what it asks for: it comes back in the
    /// token response and in the access token. Live Scalekit is reported to do this on its own pages.
    Added,
    /// To no client: it must start again when the access token has expired.
    Never,
}
