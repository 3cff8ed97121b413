//! The request path.
//!
//! [`AuthLayer`] wraps any `Service<http::Request<B>>`. Each request goes through these steps,
//! in this order (`evaluate`), and is judged on its own:
//!
//! 1. The exact path of the metadata document, or of another document of the provider: the layer
//!    answers itself, without asking for a token (`documents`, [`well_known`](crate::wire::well_known)).
//! 2. `Host` and `Origin`: a name that the server does not go by and a page that is not allowed
//!    get 403 ([`host`](crate::layer::host), [`origin`](crate::layer::origin)).
//! 3. A public route, named by exact method and path, goes to the inner service (`public`).
//! 4. `Authorization`: [`BearerToken::from_headers`](crate::token::BearerToken::from_headers). Without a
//!    token an operation can still be public.
//! 5. [`TokenVerifier::verify`](crate::verifier::TokenVerifier::verify), unless the token was verified a moment ago
//!    ([`verified`](crate::verifier::cache)); then, in either case, a [`ProofVerifier`](crate::proof::ProofVerifier) if the token
//!    is bound to a key, and [`Revocations`](crate::revocation::Revocations) (`identify`).
//! 6. The [operations](crate::operation) that the request asks for, if there are rules about them
//!    (`operations`).
//! 7. Required scopes, the provider's own policy, those of the layer and those of the operations;
//!    their denials are joined, so that one answer names everything. Last, each
//!    [`Authorizer`](crate::policy::Authorizer) (`authorize`).
//! 8. `Mcp-Session-Id` must be the caller's ([`session`](crate::session)).
//! 9. `Authorization` is taken out of the request and the [`AuthContext`] put into its extensions, with the
//!    verified token (`way_in`).
//! 10. The inner service. A session id in its answer is sealed (`way_out`), a stream ends with its token
//!     (`stream`).
//!
//! Whatever says no before step 10 becomes a [`Refusal`](crate::wire::Refusal), and is answered by
//! [`challenge`](crate::wire::challenge). The request's body is read away first, so that the connection
//! can go on ([`drain`](crate::wire::unread_body)). Each decision is one [`AuthEvent`](crate::audit::AuthEvent) (`events`).
//!
//! # Deployment caveat
//!
//! The layer guards what it wraps. `axum::Router::layer` wraps the routes that exist at that
//! moment and no later ones; use `auth_core::axum::protect`, which wraps the whole router. Under a
//! prefix (`Router::nest`) the layer does not see the metadata path; put it at the root.

mod authorize;
mod builder;
mod context;
#[cfg(feature = "cors")]
mod cors;
mod documents;
mod evaluate;
mod evaluation;
mod events;
mod forward;
mod guard;
mod guarded_body;
mod host;
mod identify;
mod operations;
mod origin;
mod paths;
mod public;
mod response;
mod response_body;
mod scope_strategy;
mod service;
mod stream;
mod stream_rules;

use std::fmt;
use std::sync::Arc;

use tower_layer::Layer;

pub use builder::AuthLayerBuilder;
pub use context::AuthContext;
#[cfg(feature = "cors")]
pub use cors::{Cors, CorsService, cors};
pub(crate) use guard::Guard;
pub use origin::AllowedOrigins;
pub use response_body::ResponseBody;
pub(crate) use response_body::answer_to;
pub use scope_strategy::ScopeStrategy;
pub use service::{AuthService, ResponseFuture};

use crate::error::ConfigErrors;
use crate::provider::AuthProvider;
use crate::verifier::Unavailable;

/// A tower layer that lets verified callers through and tells all others why not.
///
/// # Example
///
/// ```
/// # use auth_core::layer::AuthLayer;
/// # use auth_core::policy::RequireScopes;
/// # use auth_core::provider::AuthProvider;
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
        AuthLayerBuilder::new(Arc::new(provider))
    }

    /// Whether this endpoint can verify tokens now; see [`TokenVerifier::ready`] for what it may
    /// cost. For a server with several endpoints there is [`Readiness`](crate::provider::Readiness).
    ///
    /// [`TokenVerifier::ready`]: crate::verifier::TokenVerifier::ready
    ///
    /// # Errors
    ///
    /// [`Unavailable`], whose sources say why.
    pub async fn ready(&self) -> Result<(), Unavailable> {
        self.guard.provider.ready().await
    }

    pub(crate) fn guard(&self) -> Arc<Guard> {
        Arc::clone(&self.guard)
    }

    pub(crate) fn provider(&self) -> Arc<dyn AuthProvider> {
        Arc::clone(&self.guard.provider)
    }
}

impl fmt::Debug for AuthLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthLayer")
            .field("resource", &self.guard.provider.metadata().resource)
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
