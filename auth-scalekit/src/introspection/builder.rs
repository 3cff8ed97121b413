//! Settings of an [`IntrospectionVerifier`]. Every fault is reported at once, under the name of
//! its setting.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use auth_core::{Clock, ConfigError, ConfigErrors, SystemClock};

use super::caching::Caching;
use super::circuit::Circuit;
use super::client_authentication::ClientAuthentication;
use super::endpoint::{self, Endpoint};
use super::endpoint_url;
use super::flights::Flights;
use super::memory::Memory;
use super::rules::Rules;
use super::verifier::{IntrospectionVerifier, Shared};

/// The default for how far the clocks of issuer and server may differ.
const DEFAULT_LEEWAY: Duration = Duration::from_secs(60);
/// More than a few minutes is no clock skew.
const MAX_LEEWAY: Duration = Duration::from_secs(300);
const DEFAULT_CALLS: usize = 64;
const MAX_CALLS: usize = 4096;

/// Settings of an [`IntrospectionVerifier`].
#[must_use = "call build() to get the verifier"]
pub struct IntrospectionBuilder {
    endpoint_url: String,
    issuer: String,
    audiences: Vec<String>,
    client_authentication: Option<ClientAuthentication>,
    accept_without_audience: bool,
    leeway: Duration,
    caching: Caching,
    max_concurrent_calls: usize,
    clock: Arc<dyn Clock>,
}

impl IntrospectionBuilder {
    /// * `endpoint_url`: `introspection_endpoint` of the issuer's metadata, https (http for
    ///   loopback).
    /// * `issuer`: the issuer's identifier, byte by byte as it writes it itself. Tokens are
    ///   reported under this name, whether the answer has an `iss` or not.
    /// * `audiences`: what `aud` may say; usually the URL of the MCP endpoint.
    pub fn new<A: Into<String>>(
        endpoint_url: impl Into<String>,
        issuer: impl Into<String>,
        audiences: impl IntoIterator<Item = A>,
    ) -> Self {
        Self {
            endpoint_url: endpoint_url.into(),
            issuer: issuer.into(),
            audiences: audiences.into_iter().map(Into::into).collect(),
            client_authentication: None,
            accept_without_audience: false,
            leeway: DEFAULT_LEEWAY,
            caching: Caching::new(),
            max_concurrent_calls: DEFAULT_CALLS,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// How this server authenticates at the endpoint. There is no default.
    pub fn client_authentication(mut self, authentication: ClientAuthentication) -> Self {
        self.client_authentication = Some(authentication);
        self
    }

    /// Accepts an answer without `aud`, from an issuer that never sends it.
    ///
    /// Dangerous, because a token that the issuer made for any other resource is then accepted
    /// here: a server that gets such a token can use it against this one
    /// ([RFC 9700 section 2.3](https://www.rfc-editor.org/rfc/rfc9700#section-2.3)). It is right
    /// only for an issuer whose tokens are all for this server. An `aud` that is there is judged
    /// all the same.
    pub fn dangerous_accept_without_audience(mut self) -> Self {
        self.accept_without_audience = true;
        self
    }

    /// How far the clocks of the issuer and of this server may differ: 0 to 300 s, default 60 s.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// How long answers are used again. Default: 30 s, for 10,000 tokens.
    pub fn caching(mut self, caching: Caching) -> Self {
        self.caching = caching;
        self
    }

    /// How many calls run at one time, 1 to 4096, default 64. Callers beyond it are told to come
    /// back, as in an outage; those whose token is being asked about need no call.
    pub fn max_concurrent_calls(mut self, calls: usize) -> Self {
        self.max_concurrent_calls = calls;
        self
    }

    /// Sets the clock that ages the answers and measures the waits. Default: the operating
    /// system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Vets everything. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every fault, each under the name of its setting.
    pub fn build(self) -> Result<IntrospectionVerifier, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let url = errors.collect("endpoint_url", endpoint_url::parse(&self.endpoint_url));
        errors.collect("issuer", identifier(&self.issuer));
        errors.collect("audiences", audiences(&self.audiences));
        let authentication = errors.collect(
            "client_authentication",
            self.client_authentication.ok_or(NOT_SET),
        );
        let authorization = authentication.as_ref().and_then(|authentication| {
            errors.collect("client_authentication", authentication.authorization())
        });
        if self.leeway > MAX_LEEWAY {
            let problem = "must be 300 s at most: correct the clock instead";
            errors.push(ConfigError::new("leeway", problem));
        }
        self.caching.vet(&mut errors);
        if !(1..=MAX_CALLS).contains(&self.max_concurrent_calls) {
            let problem = format!("must be 1 to {MAX_CALLS}");
            errors.push(ConfigError::new("max_concurrent_calls", problem));
        }
        let client = errors.collect(
            "TLS",
            endpoint::client().map_err(|error| format!("cannot be set up: {error}")),
        );
        let (Some(url), Some(authentication), Some(authorization), Some(client)) =
            (url, authentication, authorization, client)
        else {
            return Err(errors);
        };
        errors.into_result()?;

        Ok(IntrospectionVerifier::from_shared(Shared {
            endpoint: Endpoint {
                client,
                url,
                authentication,
                authorization,
            },
            rules: Rules {
                issuer: self.issuer.into(),
                audiences: self.audiences,
                accept_without_audience: self.accept_without_audience,
                leeway: self.leeway,
                lifetime: self.caching.lifetime(),
            },
            memory: Memory::new(&self.caching, Arc::clone(&self.clock)),
            flights: Arc::new(Flights::new(self.max_concurrent_calls)),
            circuit: Circuit::new(self.clock),
        }))
    }
}

const NOT_SET: &str = "is not set: give the client id and secret of this server at the issuer, \
     or ClientAuthentication::None if the endpoint asks for nothing";

/// Identifiers are compared byte by byte, so what cannot be meant is refused here.
fn identifier(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("is empty: give the issuer as it writes itself".into());
    }
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(format!("must not hold white space: got {text:?}"));
    }
    Ok(())
}

fn audiences(texts: &[String]) -> Result<(), String> {
    if texts.is_empty() {
        return Err("are none: give at least one, such as the URL of the MCP endpoint".into());
    }
    if texts.iter().any(|text| text.trim().is_empty()) {
        return Err("hold an empty one: take it out".into());
    }
    Ok(())
}

/// Shows no values: one might have been put into the wrong place.
impl fmt::Debug for IntrospectionBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntrospectionBuilder")
            .finish_non_exhaustive()
    }
}
