//! [`AuthProvider`]: everything that the layer needs from an identity provider.

use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use thiserror::Error;

use super::metadata::ProtectedResourceMetadata;
use crate::policy::Policy;
use crate::revocation::Revocations;
use crate::token::Scopes;
use crate::token::VerifiedToken;
use crate::verifier::RequestHead;
use crate::verifier::{Cause, Unavailable, VerifyError};
use crate::verifier::{TokenVerifier, VerifyRequest};

/// An identity provider from the view of a resource server: it verifies tokens, and describes this
/// resource and what it requires of a caller.
///
/// One method is required in addition to [`TokenVerifier::verify`]. [`ResourceServer`] implements
/// it for a verifier with a metadata document.
pub trait AuthProvider: TokenVerifier {
    /// The metadata document of this resource; it also names the resource itself.
    fn metadata(&self) -> &ProtectedResourceMetadata;

    /// The scopes that every request requires. Every challenge names them.
    fn required_scopes(&self) -> &Scopes {
        Scopes::NONE
    }

    /// A policy for every request, in addition to the required scopes. Default: none.
    fn policy(&self) -> Option<&dyn Policy> {
        None
    }

    /// Public documents of this provider, in addition to the metadata document. Called once, when
    /// the layer is built. Default: none.
    fn documents(&self) -> Vec<Arc<dyn DocumentSource>> {
        Vec::new()
    }

    /// What this provider knows of revoked tokens. The layer checks every token with it, unless its builder
    /// [sets others](crate::layer::AuthLayerBuilder::revocations). Called once, when the layer is built. Default:
    /// none, so a token is valid until the verifier refuses it.
    fn revocations(&self) -> Option<Arc<dyn Revocations>> {
        None
    }
}

/// For pointers to a provider.
macro_rules! forwarded {
    ($($pointer:ident),*) => {$(
        // Without this lint a forgotten method would silently be the default instead of the
        // provider's.
        #[deny(clippy::missing_trait_methods)]
        impl<P: AuthProvider + ?Sized> AuthProvider for $pointer<P> {
            fn metadata(&self) -> &ProtectedResourceMetadata {
                (**self).metadata()
            }

            fn required_scopes(&self) -> &Scopes {
                (**self).required_scopes()
            }

            fn policy(&self) -> Option<&dyn Policy> {
                (**self).policy()
            }

            fn documents(&self) -> Vec<Arc<dyn DocumentSource>> {
                (**self).documents()
            }

            fn revocations(&self) -> Option<Arc<dyn Revocations>> {
                (**self).revocations()
            }
        }
    )*};
}

forwarded!(Arc, Box);

/// A public document, and its path.
#[async_trait]
pub trait DocumentSource: Debug + Send + Sync + 'static {
    /// The exact path of the document on this host, such as `/.well-known/oauth-authorization-server`.
    fn path(&self) -> &str;

    /// The current document. Called for every request for it, which anyone can send: a source that
    /// fetches the document has to cache it.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] if the document is unavailable. Callers do not see the cause.
    async fn read(&self) -> Result<PublicDocument, DocumentError>;
}

/// For pointers to a source.
macro_rules! forwarded_source {
    ($($pointer:ident),*) => {$(
        #[async_trait]
        impl<D: DocumentSource + ?Sized> DocumentSource for $pointer<D> {
            fn path(&self) -> &str {
                (**self).path()
            }

            async fn read(&self) -> Result<PublicDocument, DocumentError> {
                (**self).read().await
            }
        }
    )*};
}

forwarded_source!(Arc, Box);

/// A public JSON document.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublicDocument {
    /// The JSON.
    pub json: Bytes,
    /// How long clients may cache it; sent in whole seconds.
    pub max_age: Duration,
}

impl PublicDocument {
    /// A JSON document that clients may cache for `max_age`.
    #[must_use]
    pub fn new(json: impl Into<Bytes>, max_age: Duration) -> Self {
        Self {
            json: json.into(),
            max_age,
        }
    }
}

/// A document that is unavailable. The cause is for the logs; it may name internal addresses.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Its source returned something else than the document: 502.
    #[error("the source of the document returned something else")]
    InvalidResponse(#[source] Option<Cause>),
    /// Its source cannot be reached: 503.
    #[error("the source of the document cannot be reached")]
    Unavailable(#[source] Option<Cause>),
}

/// A provider made of a [`TokenVerifier`] and a metadata document.
///
/// # Example
///
/// ```
/// use auth_core::layer::AuthLayer;
/// use auth_core::provider::{ProtectedResourceMetadata, PublicUrl, ResourceServer};
/// use auth_core::token::Scopes;
/// # use auth_core::token::VerifiedToken;
/// # use auth_core::verifier::{InvalidReason, TokenVerifier, VerifyError, VerifyRequest};
/// # #[derive(Debug)] struct MyVerifier;
/// # #[auth_core::support::async_trait]
/// # impl TokenVerifier for MyVerifier {
/// #     async fn verify(&self, _: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
/// #         Err(InvalidReason::Other.into())
/// #     }
/// # }
/// let resource = PublicUrl::parse("https://mcp.example.com/mcp")?;
/// let metadata = ProtectedResourceMetadata::new(resource, ["https://id.example.com"]);
/// let provider = ResourceServer::new(MyVerifier, metadata)
///     .with_required_scopes(Scopes::new(["notes:read"])?);
/// let layer = AuthLayer::new(provider)?;
/// # let _ = layer;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ResourceServer<V> {
    verifier: V,
    metadata: ProtectedResourceMetadata,
    required_scopes: Scopes,
}

impl<V: TokenVerifier> ResourceServer<V> {
    /// A provider made of the two, which requires no scope.
    #[must_use]
    pub fn new(verifier: V, metadata: ProtectedResourceMetadata) -> Self {
        Self {
            verifier,
            metadata,
            required_scopes: Scopes::default(),
        }
    }

    /// Sets the scopes that every request requires.
    #[must_use]
    pub fn with_required_scopes(mut self, scopes: Scopes) -> Self {
        self.required_scopes = scopes;
        self
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<V: TokenVerifier> TokenVerifier for ResourceServer<V> {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        self.verifier.verify(request).await
    }

    fn vary<'a>(&'a self, head: RequestHead<'a>) -> Option<Cow<'a, str>> {
        self.verifier.vary(head)
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        self.verifier.ready().await
    }
}

impl<V: TokenVerifier> AuthProvider for ResourceServer<V> {
    fn metadata(&self) -> &ProtectedResourceMetadata {
        &self.metadata
    }

    fn required_scopes(&self) -> &Scopes {
        &self.required_scopes
    }
}
