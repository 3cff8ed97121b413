//! The request path.
//!
//! [`AuthLayer`] wraps any `Service<http::Request<B>>`. Each request goes through these steps,
//! in this order, and is judged on its own:
//!
//! 1. The exact path of the metadata document, or of another document of the provider: the layer
//!    answers itself, without asking for a token ([`well_known`](crate::well_known)).
//! 2. `Origin`: a page that is not allowed gets 403.
//! 3. `Authorization`: [`BearerToken::from_headers`].
//! 4. [`TokenVerifier::verify`](crate::TokenVerifier::verify).
//! 5. Required scopes, the provider's own check and the policies of the layer; their denials are
//!    joined, so that one answer names everything.
//! 6. `Authorization` is taken out of the request and the [`AccessToken`] put into its
//!    extensions.
//! 7. The inner service.
//!
//! Whatever says no before step 7 becomes a [`Refusal`], is logged once, and is answered by
//! [`challenge`](crate::challenge). The request's body is read away first, so that the connection
//! can go on ([`drain`](crate::drain)).
//!
//! # Deployment caveat
//!
//! The layer guards what it wraps. `axum::Router::layer` wraps the routes that exist at that
//! moment and no later ones; use `auth_core::axum::protect`, which wraps the whole router. Under a
//! prefix (`Router::nest`) the layer does not see the metadata path; put it at the root.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::SystemTime;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use crate::bearer::BearerToken;
use crate::body::ResponseBody;
use crate::challenge::Challenges;
use crate::clock::{Clock, SystemClock};
use crate::config::{ConfigError, ConfigErrors};
use crate::drain;
use crate::error_chain::ErrorChain;
use crate::hierarchy::ScopeHierarchy;
use crate::origin::AllowedOrigins;
use crate::policy::{AllOf, Denied, Policy, PolicyRequest, RequireScopes, all_of, join};
use crate::provider::{AuthProvider, PublicDocument};
use crate::refusal::Refusal;
use crate::token::AccessToken;
use crate::verifier::VerifyRequest;
use crate::well_known;

/// A tower layer that lets verified callers through and tells all others why not.
///
/// # Example
///
/// ```
/// # use auth_core::{AuthLayer, AuthProvider, RequireScopes};
/// # fn demo(provider: impl AuthProvider) -> Result<(), Box<dyn std::error::Error>> {
/// let layer = AuthLayer::builder(provider)
///     .policy(RequireScopes::new(["notes:read"])?)
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct AuthLayer {
    guard: Arc<Guard>,
}

impl AuthLayer {
    /// Guards with what the provider asks for, and nothing more.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`], all of them at once.
    pub fn new(provider: impl AuthProvider) -> Result<Self, ConfigErrors> {
        Self::builder(provider).build()
    }

    /// Guards with what the provider asks for, and with further policies.
    pub fn builder(provider: impl AuthProvider) -> AuthLayerBuilder {
        AuthLayerBuilder {
            provider: Arc::new(provider),
            policies: Vec::new(),
            hierarchy: ScopeHierarchy::flat(),
            origins: None,
            clock: Arc::new(SystemClock::new()),
        }
    }
}

impl fmt::Debug for AuthLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthLayer")
            .field("resource", &self.guard.provider.metadata().resource)
            .finish_non_exhaustive()
    }
}

/// Settings of an [`AuthLayer`].
#[must_use = "call build() to get the layer"]
pub struct AuthLayerBuilder {
    provider: Arc<dyn AuthProvider>,
    policies: Vec<Box<dyn Policy>>,
    hierarchy: ScopeHierarchy,
    origins: Option<AllowedOrigins>,
    clock: Arc<dyn Clock>,
}

impl AuthLayerBuilder {
    /// Adds a policy that every request must pass; several add up.
    pub fn policy(mut self, policy: impl Policy) -> Self {
        self.policies.push(Box::new(policy));
        self
    }

    /// Sets which scopes imply which others. Default: none do.
    pub fn scope_hierarchy(mut self, hierarchy: ScopeHierarchy) -> Self {
        self.hierarchy = hierarchy;
        self
    }

    /// Sets which web pages may call. Default: [`AllowedOrigins::for_resource`].
    pub fn allowed_origins(mut self, origins: AllowedOrigins) -> Self {
        self.origins = Some(origins);
        self
    }

    /// Sets the clock. Default: the operating system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Checks the settings and prepares what every request needs.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`], all of them at once: no authorization server, or `offline_access` among
    /// the scopes of the resource, where it means nothing (it is for the authorization server).
    pub fn build(self) -> Result<AuthLayer, ConfigErrors> {
        let metadata = self.provider.metadata();
        let mut errors = ConfigErrors::default();
        if metadata.authorization_servers.is_empty() {
            errors.push(ConfigError::new(
                "authorization_servers",
                "is empty: name at least one issuer, or no client can get a token",
            ));
        }
        for (setting, scopes) in [
            ("required_scopes", self.provider.required_scopes()),
            ("scopes_supported", &metadata.scopes_supported),
        ] {
            if scopes.contains("offline_access") {
                errors.push(ConfigError::new(
                    setting,
                    "must not hold \"offline_access\": it is between client and issuer, take it out",
                ));
            }
        }
        let json = serde_json::to_vec(metadata).unwrap_or_else(|error| {
            let text = format!("cannot be written as JSON: {error}");
            errors.push(ConfigError::new("metadata", text));
            Vec::new()
        });
        errors.into_result()?;

        let required = self.provider.required_scopes().clone();
        let policies = all_of(self.policies);
        let provider_scopes = self
            .provider
            .policy()
            .map(Policy::scopes)
            .unwrap_or_default();
        let scopes = required.union(&provider_scopes).union(&policies.scopes());
        let origins = self
            .origins
            .unwrap_or_else(|| AllowedOrigins::for_resource(&metadata.resource));
        Ok(AuthLayer {
            guard: Arc::new(Guard {
                metadata_path: metadata.path(),
                metadata: PublicDocument::new(json, well_known::METADATA_MAX_AGE),
                document_paths: self.provider.document_paths(),
                challenges: Challenges::new(&metadata.url(), scopes),
                required: RequireScopes::from(required),
                policies,
                hierarchy: Arc::new(self.hierarchy),
                origins,
                clock: self.clock,
                provider: self.provider,
            }),
        })
    }
}

impl fmt::Debug for AuthLayerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthLayerBuilder")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> AuthService<S> {
        AuthService {
            inner,
            guard: Arc::clone(&self.guard),
        }
    }
}

/// A service behind an [`AuthLayer`].
#[derive(Clone)]
pub struct AuthService<S> {
    inner: S,
    guard: Arc<Guard>,
}

impl<S> fmt::Debug for AuthService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthService")
            .field("resource", &self.guard.provider.metadata().resource)
            .finish_non_exhaustive()
    }
}

impl<S, B, R> Service<Request<B>> for AuthService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Send,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<R, S::Error>;

    /// Always ready: whether the inner service is, matters to those alone who get to it. A place
    /// that it holds ready for a caller must not be taken by one who is refused.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut inner = self.inner.clone();
        let guard = Arc::clone(&self.guard);
        ResponseFuture(Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let answer = match guard.public_document(&parts).await {
                Some(document) => document,
                None => match guard.admit(&parts).await {
                    Ok(token) => {
                        parts.headers.remove(AUTHORIZATION);
                        parts.extensions.insert(token);
                        parts.extensions.insert(RequestTime(guard.clock.now()));
                        poll_fn(|context| inner.poll_ready(context)).await?;
                        let response = inner.call(Request::from_parts(parts, body)).await?;
                        return Ok(response.map(ResponseBody::inner));
                    }
                    Err(refusal) => {
                        log_refusal(&refusal);
                        guard.challenges.response(refusal)
                    }
                },
            };
            let answer = drain::before_answering(parts.version, body, answer).await;
            Ok(answer.map(ResponseBody::own))
        }))
    }
}

/// The future of an [`AuthService`].
pub struct ResponseFuture<R, E>(
    #[allow(clippy::type_complexity, reason = "a name would explain nothing")]
    Pin<Box<dyn Future<Output = Result<Response<ResponseBody<R>>, E>> + Send>>,
);

impl<R, E> fmt::Debug for ResponseFuture<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}

impl<R, E> Future for ResponseFuture<R, E> {
    type Output = Result<Response<ResponseBody<R>>, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}

/// What all requests share.
struct Guard {
    provider: Arc<dyn AuthProvider>,
    metadata_path: String,
    metadata: PublicDocument,
    document_paths: Vec<String>,
    challenges: Challenges,
    required: RequireScopes,
    policies: AllOf<Box<dyn Policy>>,
    hierarchy: Arc<ScopeHierarchy>,
    origins: AllowedOrigins,
    clock: Arc<dyn Clock>,
}

impl Guard {
    /// Step 1: the answer to a request for a public document, `None` for all other requests.
    async fn public_document(&self, parts: &Parts) -> Option<Response<Bytes>> {
        let path = parts.uri.path();
        if path == self.metadata_path {
            return Some(
                well_known::answer_without_document(&parts.method)
                    .unwrap_or_else(|| well_known::answer(Ok(&self.metadata))),
            );
        }
        if !self.document_paths.iter().any(|known| known == path) {
            return None;
        }
        if let Some(answer) = well_known::answer_without_document(&parts.method) {
            return Some(answer);
        }
        let document = self.provider.document(path).await;
        if let Err(error) = &document {
            tracing::warn!(path, error = %ErrorChain(error), "a public document cannot be had");
        }
        Some(well_known::answer(document.as_ref()))
    }

    /// Steps 2 to 5.
    async fn admit(&self, parts: &Parts) -> Result<AccessToken, Refusal> {
        if !self.origins.allow_request(&parts.headers) {
            return Err(Refusal::OriginNotAllowed);
        }
        let token = BearerToken::from_headers(&parts.headers)?.ok_or(Refusal::NoCredentials)?;
        let now = self.clock.now();
        let token = self
            .provider
            .verify(VerifyRequest::new(token, now))
            .await?
            .with_hierarchy(Arc::clone(&self.hierarchy));
        self.authorize(&PolicyRequest::new(&token, now))?;
        tracing::debug!(
            subject = token.subject(),
            client_id = token.client_id(),
            "request admitted"
        );
        Ok(token)
    }

    /// Step 5: everything is asked, so that one answer names everything.
    fn authorize(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        join([
            self.required.check(request),
            self.provider
                .policy()
                .map_or(Ok(()), |policy| policy.check(request)),
            self.policies.check(request),
        ])
    }
}

/// When a request was admitted, for policies that are asked later.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(
    not(feature = "rmcp"),
    expect(dead_code, reason = "read by the rmcp extractor")
)]
pub(crate) struct RequestTime(pub(crate) SystemTime);

/// Says in the log what the caller is not told.
fn log_refusal(refusal: &Refusal) {
    match refusal {
        Refusal::InvalidToken(invalid) => tracing::info!(
            outcome = refusal.as_str(),
            reason = invalid.reason().as_str(),
            error = %ErrorChain(invalid),
            "request refused"
        ),
        Refusal::Unavailable(unavailable) => tracing::warn!(
            outcome = refusal.as_str(),
            error = %ErrorChain(unavailable),
            "request refused"
        ),
        other => tracing::info!(
            outcome = other.as_str(),
            error = %ErrorChain(other),
            "request refused"
        ),
    }
}
