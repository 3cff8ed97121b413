//! [`IntrospectionBuilder`]: the settings of an [`IntrospectionVerifier`]. All errors are reported together, each
//! under the name of its setting.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use auth_core::error::{ConfigError, ConfigErrors};
use auth_core::support::{Clock, SystemClock};

use super::client_authentication::ClientAuthentication;
use super::endpoint::Endpoint;
use super::rules::ResponseRules;
use super::verifier::IntrospectionVerifier;
use crate::claims::{ClaimNames, ClaimsMapping, Presence, Rules};
use crate::jwt::{DEFAULT_MAX_TOKEN_BYTES, vet_leeway, vet_max_token_bytes};
use crate::lookup::{Caching, Lookup, LookupSettings, MAX_CALLS, MIN_CALLS, TokenFormat};
use crate::remote::{BadUrl, FetchUrl, post_client};

/// The default for how far the clocks of issuer and server may differ.
const DEFAULT_LEEWAY: Duration = Duration::from_secs(60);
const DEFAULT_CALLS: usize = 64;

/// Settings of an [`IntrospectionVerifier`].
#[must_use = "call build() to get the verifier"]
pub struct IntrospectionBuilder {
    endpoint_url: String,
    issuer: String,
    audiences: Vec<String>,
    client_authentication: Option<ClientAuthentication>,
    accept_without_audience: bool,
    accepts_bound_tokens: bool,
    permissions_are_scopes: bool,
    leeway: Duration,
    max_token_bytes: usize,
    token_format: TokenFormat,
    caching: Caching,
    max_concurrent_calls: usize,
    private_addresses: bool,
    clock: Arc<dyn Clock>,
}

impl IntrospectionBuilder {
    /// * `issuer`: the issuer's identifier, byte for byte as in its metadata. Verified tokens have it as their
    ///   issuer, whether the response has an `iss` or not.
    /// * `audiences`: the accepted `aud`; usually the URL of the MCP endpoint.
    /// * `endpoint_url`: `introspection_endpoint` of the issuer's metadata, https (http for
    ///   loopback).
    pub fn new<A: Into<String>>(
        issuer: impl Into<String>,
        audiences: impl IntoIterator<Item = A>,
        endpoint_url: impl Into<String>,
    ) -> Self {
        Self {
            endpoint_url: endpoint_url.into(),
            issuer: issuer.into(),
            audiences: audiences.into_iter().map(Into::into).collect(),
            client_authentication: None,
            accept_without_audience: false,
            accepts_bound_tokens: false,
            permissions_are_scopes: false,
            leeway: DEFAULT_LEEWAY,
            max_token_bytes: DEFAULT_MAX_TOKEN_BYTES,
            token_format: TokenFormat::default(),
            caching: Caching::new(),
            max_concurrent_calls: DEFAULT_CALLS,
            private_addresses: false,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// How this server authenticates at the endpoint. There is no default.
    pub fn client_authentication(mut self, authentication: ClientAuthentication) -> Self {
        self.client_authentication = Some(authentication);
        self
    }

    /// Accepts a response without `aud`, for an issuer that never sends it.
    ///
    /// Dangerous, because a token that the issuer made for any other resource is then accepted
    /// here: a server that gets such a token can use it against this one
    /// ([RFC 9700 section 2.3](https://www.rfc-editor.org/rfc/rfc9700#section-2.3)). Use it
    /// only for an issuer whose tokens are all for this server. An `aud` in the response is still
    /// checked.
    pub fn dangerous_accept_without_audience(mut self) -> Self {
        self.accept_without_audience = true;
        self
    }

    /// Accepts tokens that are bound to a key (`cnf`), for an
    /// [`AuthLayer`](auth_core::layer::AuthLayer) to check the proof: without a
    /// [`ProofVerifier`](auth_core::proof::ProofVerifier) it refuses them. A caller that uses the verifier without the layer
    /// must check [`VerifiedToken::confirmation`](auth_core::token::VerifiedToken::confirmation). Default: bound tokens are
    /// refused.
    pub fn accept_bound_tokens(mut self) -> Self {
        self.accepts_bound_tokens = true;
        self
    }

    /// Grants the permissions of the token (claim `permissions`) as scopes too. The permissions of a
    /// user are usually more than those that the user has consented to for this client, so the client
    /// can then do all that its user may do. Default: only scopes are scopes; see
    /// [`RequirePermission`](auth_core::policy::RequirePermission) for permissions.
    pub fn permissions_as_scopes(mut self) -> Self {
        self.permissions_are_scopes = true;
        self
    }

    /// How far the clocks of the issuer and of this server may differ: 0 to 300 s, default 60 s.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// The longest accepted token, in bytes: up to 16 KiB, default 8 KiB. A longer one is refused before
    /// it is hashed.
    pub fn max_token_bytes(mut self, bytes: usize) -> Self {
        self.max_token_bytes = bytes;
        self
    }

    /// Which strings can be tokens of this issuer. Others are refused (401) without a call to the issuer.
    /// Default: all strings.
    ///
    /// Many issuers give their tokens a prefix, a fixed length or a checksum. The function must
    /// return `true` for every token that the issuer may issue, now and in the future: a valid token
    /// for which it returns `false` is refused. It is called for each request, before the cache.
    ///
    /// ```
    /// # use auth_scalekit::introspection::IntrospectionVerifier;
    /// # let builder = IntrospectionVerifier::builder("a", ["b"], "https://a.example/");
    /// let builder = builder.token_format(|token| token.starts_with("ory_at_"));
    /// # let _ = builder;
    /// ```
    pub fn token_format(
        mut self,
        is_possible: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.token_format = TokenFormat::new("token_format", is_possible);
        self
    }

    /// How long responses are reused. Default: 30 s, for 10,000 tokens.
    pub fn caching(mut self, caching: Caching) -> Self {
        self.caching = caching;
        self
    }

    /// The most concurrent calls: 4 to 4096, default 64. Half of them is reserved for tokens that were
    /// accepted before; see [`IntrospectionVerifier`] for the others, and for how long callers wait.
    /// Callers that present a token whose call is in flight share that call.
    pub fn max_concurrent_calls(mut self, calls: usize) -> Self {
        self.max_concurrent_calls = calls;
        self
    }

    /// Allows an endpoint at a private address, for an issuer on a private network. Loopback is allowed
    /// without it if the URL names it.
    pub fn allow_private_addresses(mut self) -> Self {
        self.private_addresses = true;
        self
    }

    /// Sets the clock for the age of responses and for delays. Default: the operating system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Validates all settings. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every error, each under the name of its setting.
    pub fn build(self) -> Result<IntrospectionVerifier, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let url = FetchUrl::parse(&self.endpoint_url, self.private_addresses);
        let url = url.map_err(|error| match error {
            BadUrl::NotAUrl => NOT_A_URL.into(),
            error => error.to_string(),
        });
        let url = errors.collect("endpoint_url", url);
        errors.collect("issuer", identifier(&self.issuer));
        errors.collect("audiences", audiences(&self.audiences));
        let authentication = errors.collect(
            "client_authentication",
            self.client_authentication.ok_or(NOT_SET),
        );
        let authorization = authentication.as_ref().and_then(|authentication| {
            errors.collect("client_authentication", authentication.authorization())
        });
        vet_leeway(&mut errors, self.leeway);
        vet_max_token_bytes(&mut errors, self.max_token_bytes);
        self.caching.vet(&mut errors);
        if !(MIN_CALLS..=MAX_CALLS).contains(&self.max_concurrent_calls) {
            let problem = format!("must be {MIN_CALLS} to {MAX_CALLS}");
            errors.push(ConfigError::new("max_concurrent_calls", problem));
        }
        let is_loopback = url.as_ref().is_some_and(FetchUrl::is_loopback);
        let client = errors.collect(
            "TLS",
            post_client(self.private_addresses || is_loopback)
                .map_err(|error| format!("cannot be set up: {error}")),
        );
        let (Some(url), Some(authentication), Some(authorization), Some(client)) =
            (url, authentication, authorization, client)
        else {
            return Err(errors);
        };
        errors.into_result()?;

        let endpoint = Endpoint {
            client,
            shown_url: url.shown().into(),
            url: url.to_url(),
            authentication,
            authorization,
            rules: ResponseRules {
                claims: Rules {
                    issuers: vec![vec![self.issuer.into()]],
                    audiences: self.audiences,
                    presence: Presence {
                        issuer: false,
                        audience: !self.accept_without_audience,
                        expiry: false,
                        subject: false,
                    },
                    leeway: self.leeway,
                    max_lifetime: None,
                    accepts_bound_tokens: self.accepts_bound_tokens,
                },
                names: ClaimNames {
                    client_id: "client_id".into(),
                    organization: None,
                    scopes: vec!["scope".into()],
                },
                mapping: ClaimsMapping::new(self.permissions_are_scopes),
                lifetime: self.caching.lifetime(),
            },
        };
        let settings = LookupSettings {
            name: "introspection endpoint",
            caching: &self.caching,
            max_concurrent_calls: self.max_concurrent_calls,
            unknown_per_minute: None,
            clock: self.clock,
        };
        Ok(IntrospectionVerifier {
            max_token_bytes: self.max_token_bytes,
            token_format: self.token_format,
            lookup: Lookup::new(endpoint, settings),
        })
    }
}

const NOT_A_URL: &str = "is not a URL: give one such as https://id.example.com/oauth2/introspect";

const NOT_SET: &str = "is not set: give the client id and secret of this server at the issuer, \
     or ClientAuthentication::None if the endpoint needs none";

/// Identifiers are compared byte by byte, so an obvious mistake is an error here.
fn identifier(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("is empty: set the issuer identifier exactly as in its metadata".into());
    }
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(format!("must not hold white space: got {text:?}"));
    }
    Ok(())
}

fn audiences(texts: &[String]) -> Result<(), String> {
    if texts.is_empty() {
        return Err("must not be empty: add one, such as the URL of the MCP endpoint".into());
    }
    if texts.iter().any(|text| text.trim().is_empty()) {
        return Err("hold an empty one: take it out".into());
    }
    Ok(())
}

/// Shows no values: a secret might be in the wrong place.
impl fmt::Debug for IntrospectionBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntrospectionBuilder")
            .finish_non_exhaustive()
    }
}
