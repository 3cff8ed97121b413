//! Claims that are missing or wrong, in tokens that are rightly signed.

use std::time::Duration;

use crate::token::TokenBuilder;
use crate::token::claims::unix_seconds;

/// Farther from now than any clock leeway a verifier may sensibly allow (five minutes).
const BEYOND_LEEWAY: Duration = Duration::from_secs(600);

/// # Defects of time (RFC 7519 sections 4.1.4 to 4.1.6)
impl TokenBuilder {
    /// The whole validity lies in the past: expired one hour ago. `iat` and `nbf` move along, so
    /// that nothing but its age is wrong with the token.
    #[must_use]
    pub fn expired(self) -> Self {
        let exp = self.claims.seconds("exp").unwrap_or_default();
        let iat = self.claims.seconds("iat").unwrap_or_default();
        let ago = Duration::from_secs(exp.saturating_sub(iat) + 3600);
        let moment = self.now - ago;
        self.issued_at(moment)
    }

    /// `nbf` is ten minutes ahead; `iat` is now and `exp` as before.
    #[must_use]
    pub fn not_yet_valid(self) -> Self {
        let nbf = unix_seconds(self.now + BEYOND_LEEWAY);
        self.claim("nbf", nbf)
    }

    /// `iat` is ten minutes ahead; `nbf` is now and `exp` as before.
    #[must_use]
    pub fn issued_in_the_future(self) -> Self {
        let iat = unix_seconds(self.now + BEYOND_LEEWAY);
        self.claim("iat", iat)
    }

    /// No `exp`: the token would be good for ever.
    #[must_use]
    pub fn without_exp(self) -> Self {
        self.without_claim("exp")
    }

    /// `exp` is a string of digits, not a number.
    #[must_use]
    pub fn exp_as_string(self) -> Self {
        let exp = self.claims.seconds("exp").unwrap_or_default();
        self.claim("exp", exp.to_string())
    }
}

/// # Defects of origin and destination (RFC 7519 sections 4.1.1 to 4.1.3)
impl TokenBuilder {
    /// `iss` is another issuer.
    #[must_use]
    pub fn wrong_issuer(self) -> Self {
        self.claim("iss", "https://other.example")
    }

    /// `iss` is right but for a slash at the end.
    #[must_use]
    pub fn issuer_with_slash(self) -> Self {
        let iss = format!("{}/", self.claims.text("iss").unwrap_or_default());
        self.claim("iss", iss)
    }

    /// `iss` is an array that holds the right issuer.
    #[must_use]
    pub fn issuer_as_array(self) -> Self {
        let iss = self.claims.get("iss").cloned().unwrap_or_default();
        self.claim("iss", vec![iss])
    }

    /// No `iss`.
    #[must_use]
    pub fn without_issuer(self) -> Self {
        self.without_claim("iss")
    }

    /// `aud` is another resource of the same environment, and its URL.
    #[must_use]
    pub fn wrong_audience(self) -> Self {
        self.claim("aud", vec!["https://other.example/mcp", "res_9000000009"])
    }

    /// `aud` is the URL of the MCP server without the resource id: Scalekit never issues that.
    /// Without a configured resource URL it is `https://mcp.example/mcp`.
    #[must_use]
    pub fn audience_is_only_the_url(self) -> Self {
        let url = self.settings.resource_url.clone();
        let url = url.unwrap_or_else(|| "https://mcp.example/mcp".to_owned());
        self.claim("aud", vec![url])
    }

    /// No `aud`.
    #[must_use]
    pub fn without_audience(self) -> Self {
        self.without_claim("aud")
    }

    /// No `sub`.
    #[must_use]
    pub fn without_subject(self) -> Self {
        self.without_claim("sub")
    }

    /// Neither `scope` nor `scopes`: a good token that permits nothing.
    #[must_use]
    pub fn without_scope_claims(self) -> Self {
        self.without_claim("scope").without_claim("scopes")
    }
}
