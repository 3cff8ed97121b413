//! The request path.
//!
//! [`AuthLayer`] wraps any `Service<http::Request<B>>`. Each request goes through these steps,
//! in this order (`judge`), and is judged on its own:
//!
//! 1. The exact path of the metadata document, or of another document of the provider: the layer
//!    answers itself, without asking for a token (`documents`, [`well_known`](crate::well_known)).
//! 2. `Host` and `Origin`: a name that the server does not go by and a page that is not allowed
//!    get 403 ([`host`](crate::host), [`origin`](crate::origin)).
//! 3. A public route, named by exact method and path, goes to the inner service (`public`).
//! 4. `Authorization`: [`BearerToken::from_headers`](crate::BearerToken::from_headers). Without a
//!    token an operation can still be public.
//! 5. [`TokenVerifier::verify`](crate::TokenVerifier::verify), unless the token was verified a moment ago
//!    ([`verified`](crate::verified)); then, in either case, a [`ProofVerifier`](crate::ProofVerifier) if the token
//!    is bound to a key, and [`Revocations`](crate::Revocations) (`identify`).
//! 6. The [operations](crate::operation) that the request asks for, if there are rules about them
//!    (`operations`).
//! 7. Required scopes, the provider's own policy, those of the layer and those of the operations;
//!    their denials are joined, so that one answer names everything. Last, each
//!    [`Authorizer`](crate::Authorizer) (`authorize`).
//! 8. `Mcp-Session-Id` must be the caller's ([`session`](crate::session)).
//! 9. `Authorization` is taken out of the request and the [`AuthContext`] put into its extensions, with the
//!    verified token (`way_in`).
//! 10. The inner service. A session id in its answer is sealed (`way_out`), a stream ends with its token
//!     (`stream`).
//!
//! Whatever says no before step 10 becomes a [`Refusal`](crate::Refusal), and is answered by
//! [`challenge`](crate::challenge). The request's body is read away first, so that the connection
//! can go on ([`drain`](crate::drain)). Each decision is one [`AuthEvent`](crate::AuthEvent) (`events`).
//!
//! # Deployment caveat
//!
//! The layer guards what it wraps. `axum::Router::layer` wraps the routes that exist at that
//! moment and no later ones; use `auth_core::axum::protect`, which wraps the whole router. Under a
//! prefix (`Router::nest`) the layer does not see the metadata path; put it at the root.

mod authorize;
mod builder;
mod context;
mod documents;
mod events;
mod facts;
mod guard;
mod identify;
mod judge;
mod operations;
mod paths;
mod public;
mod scope_strategy;
mod service;
mod stream;
mod stream_rules;
mod way_in;
mod way_out;

use std::fmt;
use std::sync::Arc;

use tower_layer::Layer;

pub use builder::AuthLayerBuilder;
pub use context::AuthContext;
pub(crate) use guard::Guard;
pub use scope_strategy::ScopeStrategy;
pub use service::{AuthService, ResponseFuture};

use crate::config::ConfigErrors;
use crate::error::Unavailable;
use crate::provider::AuthProvider;

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
        AuthLayerBuilder::new(Arc::new(provider))
    }

    /// Whether this endpoint can verify tokens now; see [`TokenVerifier::ready`] for what it may
    /// cost. For a server with several endpoints there is [`Readiness`](crate::Readiness).
    ///
    /// [`TokenVerifier::ready`]: crate::TokenVerifier::ready
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
