//! Tokens that are bound to a client certificate.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::layer::{AuthLayer, AuthLayerBuilder};
use auth_core::proof::{CertificateProof, ClientCertificate, ProofRequest, ProofVerifier};
use auth_core::provider::{AuthProvider, ResourceServer};
use auth_core::revocation::MemoryRevocations;
use auth_core::support::async_trait;
use auth_core::token::{Confirmation, VerifiedToken};
use auth_core::verifier::{InvalidReason, TokenVerifier, Unavailable, VerifyError, VerifyRequest};
use http::{Request, Response};
use tower::{Layer, ServiceExt};

use crate::support::provider;

const OURS: &[u8] = b"the DER of a certificate";

/// Accepts the tokens `bound`, `bound-by-key` and `bearer`, each of which may be reused.
#[derive(Debug)]
struct Bound;

#[async_trait]
impl TokenVerifier for Bound {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        let end = request.now() + Duration::from_secs(3600);
        let token = VerifiedToken::assertion("https://id.example.com", "usr_1", end);
        let token = token.reusable_until(end);
        let thumbprint = ClientCertificate::from_der(OURS).thumbprint().into();
        match request.token().secret() {
            "bearer" => Ok(token),
            "bound" => Ok(token.with_confirmation(Confirmation::CertificateThumbprint(thumbprint))),
            "bound-by-key" => Ok(token.with_confirmation(Confirmation::KeyThumbprint(thumbprint))),
            _ => Err(InvalidReason::Revoked.into()),
        }
    }
}

async fn statuses(
    change: impl FnOnce(AuthLayerBuilder) -> AuthLayerBuilder,
    token: &str,
    certificate: Option<&[u8]>,
) -> [u16; 2] {
    let provider = ResourceServer::new(Bound, provider().metadata().clone());
    let layer = change(AuthLayer::builder(provider)).build().unwrap();
    let inner = tower::service_fn(
        async |_: Request<auth_core::operation::RequestBody<String>>| {
            Ok::<_, std::convert::Infallible>(Response::new(String::new()))
        },
    );
    let service = layer.layer(inner);
    let fetch = async || {
        let request = Request::post("/mcp").header("authorization", format!("Bearer {token}"));
        let mut request = request.body(String::new()).unwrap();
        if let Some(der) = certificate {
            request
                .extensions_mut()
                .insert(ClientCertificate::from_der(der));
        }
        let response = service.clone().oneshot(request).await.unwrap();
        response.status().as_u16()
    };
    // The second time, the token is reused.
    [fetch().await, fetch().await]
}

#[tokio::test]
async fn a_bound_token_is_valid_only_with_its_certificate() {
    let none: Option<&[u8]> = None;
    let other: &[u8] = b"the DER of another certificate";
    for (name, token, certificate, with, without) in [
        ("the control", "bound", Some(OURS), 200, 401),
        ("another certificate", "bound", Some(other), 401, 401),
        ("no certificate", "bound", none, 401, 401),
        ("bound to a key", "bound-by-key", Some(OURS), 401, 401),
        ("a bearer token", "bearer", none, 200, 200),
        (
            "a bearer token and a certificate",
            "bearer",
            Some(OURS),
            200,
            200,
        ),
    ] {
        let proofs = |layer: AuthLayerBuilder| layer.proof_verifier(CertificateProof::new());
        assert_eq!(
            statuses(proofs, token, certificate).await,
            [with; 2],
            "{name}"
        );
        let shared = |layer: AuthLayerBuilder| {
            let proofs: Arc<dyn ProofVerifier> = Arc::new(CertificateProof::new());
            layer.proof_verifier(proofs)
        };
        assert_eq!(
            statuses(shared, token, certificate).await,
            [with; 2],
            "{name}"
        );
        // Without a proof verifier.
        let no_verifier = |layer| layer;
        assert_eq!(
            statuses(no_verifier, token, certificate).await,
            [without; 2],
            "{name}"
        );
    }
}

/// A proof verifier that is unavailable.
#[derive(Debug)]
struct UnavailableProof;

#[async_trait]
impl ProofVerifier for UnavailableProof {
    async fn check(&self, request: ProofRequest<'_>) -> Result<(), VerifyError> {
        assert_eq!(request.token().subject(), "usr_1");
        Err(Unavailable::new(Duration::from_secs(1)).into())
    }
}

#[tokio::test]
async fn a_proof_that_cannot_be_checked_now_is_an_outage() {
    let away = |layer: AuthLayerBuilder| layer.proof_verifier(UnavailableProof);
    assert_eq!(
        statuses(away, "bearer", None).await,
        [200; 2],
        "the control"
    );
    assert_eq!(statuses(away, "bound", Some(OURS)).await, [503; 2]);
}

#[tokio::test]
async fn a_bound_token_can_be_revoked_too() {
    for (subject, status) in [("usr_2", 200), ("usr_1", 401)] {
        let revoked = MemoryRevocations::new();
        let until = SystemTime::now() + Duration::from_secs(3600);
        let caller = VerifiedToken::assertion("https://id.example.com", subject, until);
        revoked.add_token(&caller);
        let layer = |layer: AuthLayerBuilder| {
            let layer = layer.proof_verifier(CertificateProof::new());
            layer.revocations(revoked)
        };
        assert_eq!(
            statuses(layer, "bound", Some(OURS)).await,
            [status; 2],
            "{subject}"
        );
    }
}
