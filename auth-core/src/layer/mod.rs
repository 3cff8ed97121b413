//! The request path.
//!
//! [`AuthLayer`] wraps any `Service<http::Request<B>>`. Each request is evaluated by itself, in
//! these steps and in this order (`evaluate`):
//!
//! 1. The exact path of the metadata document, or of another document of the provider: the layer
//!    responds without requiring a token (`documents`, `wire::well_known`).
//! 2. `Host` and `Origin`: 403 for a name that the server does not have, and for a page that is not
//!    allowed (`host`, `origin`).
//! 3. A public route, named by exact method and path, is forwarded (`public`).
//! 4. `Authorization`: [`BearerToken::from_headers`](crate::token::BearerToken::from_headers).
//!    Without a token the operation can still be public.
//! 5. [`TokenVerifier::verify`](crate::verifier::TokenVerifier::verify), unless the token is
//!    cached; then, in either case, a [`ProofVerifier`](crate::proof::ProofVerifier) if the token
//!    is bound to a key, and [`Revocations`] (`identify`).
//! 6. The [operations](crate::operation) that the request asks for, if there are rules about them
//!    (`operations`).
//! 7. Required scopes, the policies of the provider, of the layer and of the operations; their
//!    denials are joined, so that one response names everything (`authorize`). Then, if one of them
//!    [needs](crate::policy::session_is_live()) it, the session of the token, which must exist at the
//!    issuer now (`identify`). Then each [`Authorizer`](crate::policy::Authorizer).
//!    After all that was waited for, the revocations again, and the expiry.
//! 8. `Mcp-Session-Id` must belong to the caller ([`session`](crate::session)).
//! 9. `Authorization` is removed from the request, and the [`AuthContext`] with the verified token
//!    is added to its extensions (`forward`).
//! 10. The inner service. A session id in its response is sealed (`response`), and a stream ends
//!     with its token (`stream`).
//!
//! A refusal before step 10 is a [`Refusal`](crate::wire::Refusal), from which `wire::challenge`
//! makes the response. The rest of the request's body is read and discarded first, so that the
//! connection can be used again (`wire::unread_body`). Each decision is one
//! [`AuthEvent`](crate::audit::AuthEvent) (`events`).
//!
//! # Deployment caveat
//!
//! The layer protects what it wraps. `axum::Router::layer` wraps only the routes that exist at that
//! moment; use `auth_core::axum::protect`, which wraps the whole router. Under a prefix
//! (`Router::nest`) the layer does not see the metadata path; put it at the root.

mod authorize;
mod build;
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
mod public_documents;
mod readiness;
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
pub use public_documents::PublicDocuments;
pub use readiness::{NotReady, Readiness};
pub use response_body::ResponseBody;
pub(crate) use response_body::for_method;
pub use scope_strategy::ScopeStrategy;
pub use service::{AuthService, ResponseFuture};

use crate::error::ConfigErrors;
use crate::provider::AuthProvider;
use crate::revocation::Revocations;
use crate::verifier::Unavailable;

/// A tower layer that admits verified callers and answers all others with the reason (RFC 6750, RFC
/// 9728).
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
    /// A layer with the requirements of the provider, and the default settings.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`], all of them at once.
    pub fn new(provider: impl AuthProvider) -> Result<Self, ConfigErrors> {
        Self::builder(provider).build()
    }

    /// A layer with further policies and settings.
    pub fn builder(provider: impl AuthProvider) -> AuthLayerBuilder {
        AuthLayerBuilder::new(Arc::new(provider))
    }

    /// Whether this endpoint can verify tokens now; see [`TokenVerifier::ready`] for what it may
    /// cost. For a server with several endpoints there is [`Readiness`].
    ///
    /// [`TokenVerifier::ready`]: crate::verifier::TokenVerifier::ready
    ///
    /// # Errors
    ///
    /// [`Unavailable`], whose sources say why.
    pub async fn ready(&self) -> Result<(), Unavailable> {
        self.guard.provider.ready().await
    }

    fn of(guard: Guard) -> Self {
        Self {
            guard: Arc::new(guard),
        }
    }

    pub(crate) fn guard(&self) -> Arc<Guard> {
        Arc::clone(&self.guard)
    }

    pub(crate) fn provider(&self) -> Arc<dyn AuthProvider> {
        Arc::clone(&self.guard.provider)
    }

    pub(crate) fn revocations(&self) -> Option<Arc<dyn Revocations>> {
        self.guard.revocations.clone()
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
