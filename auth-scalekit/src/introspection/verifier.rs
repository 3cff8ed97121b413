//! [`IntrospectionVerifier`]: from a token string to a [`VerifiedToken`], by a call to its issuer.
//!
//! 1. Length and format: a string that cannot be a token of this issuer is not hashed.
//! 2. `lookup`: the rest.

use auth_core::support::async_trait;
use auth_core::token::VerifiedToken;
use auth_core::verifier::{TokenVerifier, VerifyError, VerifyRequest};
use std::fmt;

use super::builder::IntrospectionBuilder;
use super::endpoint::Endpoint;
use super::status::EndpointStatus;
use crate::lookup::{Lookup, TokenFormat};

/// Verifies the tokens of one issuer with its introspection endpoint
/// ([RFC 7662](https://www.rfc-editor.org/rfc/rfc7662)).
///
/// | member | accepted |
/// |---|---|
/// | `active` | the literal `true` |
/// | `iss` | if present, the configured issuer |
/// | `aud` | a string or an array, with a configured audience |
/// | `exp`, `nbf`, `iat` | if present, valid now, within the leeway |
/// | `token_type` | if present, `Bearer` |
/// | `cnf` | absent, unless [`accept_bound_tokens`](IntrospectionBuilder::accept_bound_tokens) is set |
/// | `sub` | required, or else `client_id`, as in tokens of machines |
/// | `scope` | a string with spaces, or an array; the layer checks it |
///
/// Anything but a readable response with status 200 means that the token cannot be verified now
/// ([`VerifyError::Unavailable`], 503), never that it is invalid. A call takes at most 3 s, follows no
/// redirect and uses no proxy of the environment.
///
/// # When a call fails
///
/// One caller cannot affect another. A failed call concerns its token: there is no other call for that
/// token for 1 s, doubling to 30 s, or for the time in `Retry-After`, up to 30 s. Other tokens are not
/// affected.
///
/// When three different tokens have failed in a row, a random token is sent as a probe, at most
/// once a second. Only if that fails as well, and not because the endpoint replies with an error to every
/// unknown token, calls are stopped for 1 s, doubling to 30 s; then another random token probes the
/// endpoint. Tokens that were accepted within the last hour are stopped only when the endpoint does not
/// respond, refuses the credentials of this server, or has failed for three of them. Any readable response
/// with status 200 ends it. [`status`](Self::status) shows it.
///
/// # When there are many callers
///
/// At most [`max_concurrent_calls`](IntrospectionBuilder::max_concurrent_calls) run
/// concurrently, plus one for a random token. Half of the places is reserved for tokens that the issuer has
/// accepted within the last hour, and a quarter for tokens that found no place before and are sent again. A
/// caller without a place waits for up to 1 s; after that, or when too many wait, the token cannot be
/// verified now.
///
/// So a flood of forged tokens does not delay a token that was accepted before. A valid token that is new
/// during the flood may get `Retry-After: 1` once; when it is sent again, it competes only with others that
/// are sent again. If the flood repeats its tokens too, new tokens share the remaining calls without a
/// guarantee: [`token_format`](IntrospectionBuilder::token_format) refuses strings that this issuer cannot
/// have issued.
///
/// Needs a tokio runtime. Cheap to clone; clones share all state.
#[derive(Clone)]
pub struct IntrospectionVerifier {
    pub(super) max_token_bytes: usize,
    pub(super) token_format: TokenFormat,
    pub(super) lookup: Lookup<Endpoint>,
}

impl IntrospectionVerifier {
    /// Settings: the issuer, the audiences of which a token must have one, and the issuer's introspection
    /// endpoint; see [`IntrospectionBuilder::new`].
    pub fn builder<A: Into<String>>(
        issuer: impl Into<String>,
        audiences: impl IntoIterator<Item = A>,
        endpoint_url: impl Into<String>,
    ) -> IntrospectionBuilder {
        IntrospectionBuilder::new(issuer, audiences, endpoint_url)
    }

    /// The state of the endpoint, for health checks. Makes no call.
    #[must_use]
    pub fn status(&self) -> EndpointStatus {
        let (usable, failures, last_error) = self.lookup.status();
        EndpointStatus {
            endpoint_url: self.lookup.issuer().shown_url.to_string(),
            usable,
            failures,
            last_error: last_error.map(|error| error.to_string()),
        }
    }
}

#[async_trait]
impl TokenVerifier for IntrospectionVerifier {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        let token = request.token().at_most(self.max_token_bytes)?.secret();
        self.token_format.check(token)?;
        self.lookup.verify(request).await
    }
}

/// Shows the configuration, and nothing of tokens.
impl fmt::Debug for IntrospectionVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint = self.lookup.issuer();
        f.debug_struct("IntrospectionVerifier")
            .field("endpoint", &endpoint.shown_url)
            .field("issuer", &endpoint.rules.claims.issuers)
            .field("audiences", &endpoint.rules.claims.audiences)
            .finish_non_exhaustive()
    }
}
