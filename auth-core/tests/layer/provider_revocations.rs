//! The revocations of the provider, and those that the layer's builder sets instead.

use std::sync::Arc;

use auth_core::layer::AuthLayer;
use auth_core::policy::Policy;
use auth_core::provider::{
    AuthProvider, DocumentSource, ProtectedResourceMetadata, ResourceServer,
};
use auth_core::revocation::{MemoryRevocations, Revocation, RevocationTarget, Revocations};
use auth_core::support::{Clock, async_trait};
use auth_core::token::{Scopes, VerifiedToken};
use auth_core::verifier::{TokenVerifier, VerifyError, VerifyRequest};

use crate::harness::{around, post};
use crate::support::{Scripted, StoppedClock, provider};

/// A provider that knows of revoked tokens, or not.
#[derive(Debug)]
struct Knowing(ResourceServer<Scripted>, Option<Arc<MemoryRevocations>>);

#[async_trait]
impl TokenVerifier for Knowing {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        self.0.verify(request).await
    }
}

#[deny(clippy::missing_trait_methods)]
impl AuthProvider for Knowing {
    fn metadata(&self) -> &ProtectedResourceMetadata {
        self.0.metadata()
    }

    fn required_scopes(&self) -> &Scopes {
        self.0.required_scopes()
    }

    fn policy(&self) -> Option<&dyn Policy> {
        self.0.policy()
    }

    fn documents(&self) -> Vec<Arc<dyn DocumentSource>> {
        self.0.documents()
    }

    fn revocations(&self) -> Option<Arc<dyn Revocations>> {
        self.1.clone().map(|known| known as _)
    }
}

#[tokio::test]
async fn the_layer_uses_those_of_the_provider_unless_others_are_set() {
    let revoked = || {
        let revocations = MemoryRevocations::with_clock(StoppedClock);
        let user = RevocationTarget::subject("usr_1");
        revocations.add(&Revocation::new(
            "https://id.example.com",
            user,
            StoppedClock.now(),
        ));
        Some(Arc::new(revocations))
    };
    let none = || Some(Arc::new(MemoryRevocations::with_clock(StoppedClock)));
    for (name, of_provider, of_layer, status) in [
        ("none at all", None, None, 200),
        ("not revoked", none(), None, 200),
        ("revoked at the provider", revoked(), None, 401),
        ("revoked at the layer", none(), revoked(), 401),
        ("the layer's take precedence", revoked(), none(), 200),
    ] {
        // Behind a pointer, as every provider of a layer is.
        let knowing: Box<dyn AuthProvider> = Box::new(Knowing(provider(), of_provider));
        let mut builder = AuthLayer::builder(knowing).clock(StoppedClock);
        if let Some(revocations) = of_layer {
            builder = builder.revocations(revocations);
        }
        let service = around(&builder.build().unwrap());
        let response = post(&service, &[("authorization", "Bearer good.read")], "{}").await;
        assert_eq!(response.status, status, "{name}");
    }
}
