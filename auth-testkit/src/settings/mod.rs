//! What this issuer is like; fixed when it starts.

mod refresh_tokens;
mod token_issuer;
mod user;

use std::time::Duration;

use jsonwebtoken::Algorithm;

pub use refresh_tokens::RefreshTokens;
pub use token_issuer::TokenIssuer;
pub use user::User;

/// Scopes that belong to the sign-in itself; Scalekit allows them on every resource.
const IDENTITY_SCOPES: [&str; 4] = ["openid", "profile", "email", "offline_access"];

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Scheme, host and port; no path and no slash at the end.
    pub(crate) environment_url: String,
    pub(crate) resource_id: String,
    pub(crate) resource_url: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) token_issuer: TokenIssuer,
    pub(crate) signing_algorithm: Algorithm,
    pub(crate) access_token_lifetime: Duration,
    pub(crate) refresh_tokens: RefreshTokens,
    pub(crate) dynamic_registration: bool,
    pub(crate) insert_form_metadata: bool,
}

impl Settings {
    /// The authorization server that MCP servers advertise.
    pub(crate) fn issuer(&self) -> String {
        format!("{}/resources/{}", self.environment_url, self.resource_id)
    }

    /// The `iss` of access tokens.
    pub(crate) fn token_iss(&self) -> String {
        match self.token_issuer {
            TokenIssuer::Environment => self.environment_url.clone(),
            TokenIssuer::Resource => self.issuer(),
        }
    }

    pub(crate) fn keys_url(&self) -> String {
        format!("{}/keys", self.environment_url)
    }

    pub(crate) fn token_endpoint(&self) -> String {
        format!("{}/oauth/token", self.issuer())
    }

    /// The `aud` of access tokens: the server URL when one is configured, and always the resource id.
    pub(crate) fn audience(&self) -> Vec<String> {
        let url = self.resource_url.iter().cloned();
        url.chain([self.resource_id.clone()]).collect()
    }

    pub(crate) fn is_resource_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|known| known == scope)
    }
}

pub(crate) fn is_identity_scope(scope: &str) -> bool {
    IDENTITY_SCOPES.contains(&scope)
}
