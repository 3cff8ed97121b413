//! Claims that are missing or wrong, in tokens that are rightly signed.

use std::time::Duration;

use serde_json::{Value, json};

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

    /// No `exp`: the token would never expire.
    #[must_use]
    pub fn without_exp(self) -> Self {
        self.without_claim("exp")
    }

    /// `exp` is a string of digits, not a number.
    #[must_use]
    pub fn exp_as_string(self) -> Self {
        self.seconds_as_string("exp")
    }

    /// `exp` is `null`, not a number.
    #[must_use]
    pub fn exp_as_null(self) -> Self {
        self.claim("exp", Value::Null)
    }

    /// `exp` is `true`, not a number.
    #[must_use]
    pub fn exp_as_bool(self) -> Self {
        self.claim("exp", true)
    }

    /// `exp` is -1: one second before 1970.
    #[must_use]
    pub fn exp_negative(self) -> Self {
        self.claim("exp", -1)
    }

    /// `exp` is 1e300: a number, and no time that a clock could ever show.
    #[must_use]
    pub fn exp_beyond_range(self) -> Self {
        self.claim("exp", 1e300)
    }

    /// `nbf` is a string of digits, not a number.
    #[must_use]
    pub fn nbf_as_string(self) -> Self {
        self.seconds_as_string("nbf")
    }

    /// `iat` is a string of digits, not a number.
    #[must_use]
    pub fn iat_as_string(self) -> Self {
        self.seconds_as_string("iat")
    }

    fn seconds_as_string(self, name: &str) -> Self {
        let seconds = self.claims.seconds(name).unwrap_or_default();
        self.claim(name, seconds.to_string())
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
        let iss = format!("{}/", self.claims.string("iss").unwrap_or_default());
        self.claim("iss", iss)
    }

    /// `iss` is an array that holds the right issuer.
    #[must_use]
    pub fn issuer_as_array(self) -> Self {
        let iss = self.claims.get("iss").cloned().unwrap_or_default();
        self.claim("iss", vec![iss])
    }

    /// `iss` is right but for the case of its scheme.
    #[must_use]
    pub fn issuer_in_other_case(self) -> Self {
        let iss = self.claims.string("iss").unwrap_or_default();
        let other = match iss.split_once(':') {
            Some((scheme, rest)) => format!("{}:{rest}", scheme.to_ascii_uppercase()),
            None => iss.to_ascii_uppercase(),
        };
        self.claim("iss", other)
    }

    /// `iss` is the right issuer with a suffix.
    #[must_use]
    pub fn issuer_with_suffix(self) -> Self {
        let iss = format!(
            "{}.evil.example",
            self.claims.string("iss").unwrap_or_default()
        );
        self.claim("iss", iss)
    }

    /// `iss` is that of another resource of the same environment, whose keys are the same.
    #[must_use]
    pub fn issuer_of_another_resource(self) -> Self {
        let iss = format!("{}/resources/res_9000000009", self.settings.environment_url);
        self.claim("iss", iss)
    }

    /// `iss` is empty.
    #[must_use]
    pub fn empty_issuer(self) -> Self {
        self.claim("iss", "")
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

    /// `aud` is the client, as in an ID token.
    #[must_use]
    pub fn audience_is_the_client(self) -> Self {
        let client = self.claims.get("client_id").cloned().unwrap_or_default();
        self.claim("aud", vec![client])
    }

    /// `aud` is the right resource id with a suffix.
    #[must_use]
    pub fn audience_with_suffix(self) -> Self {
        let audience = format!("{}0", self.settings.resource_id);
        self.claim("aud", vec![audience])
    }

    /// `aud` is the right resource id without its last character.
    #[must_use]
    pub fn audience_cut_short(self) -> Self {
        let mut audience = self.settings.resource_id.clone();
        audience.pop();
        self.claim("aud", vec![audience])
    }

    /// `aud` is the right resource id in capitals.
    #[must_use]
    pub fn audience_in_other_case(self) -> Self {
        let audience = self.settings.resource_id.to_ascii_uppercase();
        self.claim("aud", vec![audience])
    }

    /// `aud` is one string: the right audience and another, separated by a space.
    #[must_use]
    pub fn audience_space_delimited(self) -> Self {
        let audience = format!("res_9000000009 {}", self.settings.resource_id);
        self.claim("aud", audience)
    }

    /// `aud` holds the right audience one array too deep.
    #[must_use]
    pub fn audience_in_nested_array(self) -> Self {
        let audience = self.claims.get("aud").cloned().unwrap_or_default();
        self.claim("aud", vec![audience])
    }

    /// `aud` is an object with the right audience as its member.
    #[must_use]
    pub fn audience_as_object(self) -> Self {
        let audience = json!({ self.settings.resource_id.clone(): true });
        self.claim("aud", audience)
    }

    /// `aud` is an empty array.
    #[must_use]
    pub fn empty_audience(self) -> Self {
        self.claim("aud", Vec::<Value>::new())
    }

    /// `aud` is `null`.
    #[must_use]
    pub fn audience_as_null(self) -> Self {
        self.claim("aud", Value::Null)
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

    /// `sub` is empty.
    #[must_use]
    pub fn empty_subject(self) -> Self {
        self.claim("sub", "")
    }

    /// `sub` is a number.
    #[must_use]
    pub fn subject_as_number(self) -> Self {
        self.claim("sub", 1_000_000_001)
    }

    /// Bound to a key of the client (`cnf`, RFC 7800 section 3.1) without a proof of it: a thief
    /// could present the token like that.
    #[must_use]
    pub fn bound_to_a_key(self) -> Self {
        let thumbprint = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
        self.claim("cnf", json!({ "jkt": thumbprint }))
    }

    /// Neither `scope` nor `scopes`: a valid token that permits nothing.
    #[must_use]
    pub fn without_scope_claims(self) -> Self {
        self.without_claim("scope").without_claim("scopes")
    }
}
