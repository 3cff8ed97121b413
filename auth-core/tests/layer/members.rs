//! Callers that differ in organization, client, roles and claims, by their token.

use std::time::Duration;

use auth_core::layer::{AuthLayer, AuthLayerBuilder};
use auth_core::provider::{ProtectedResourceMetadata, PublicUrl, ResourceServer};
use auth_core::support::async_trait;
use auth_core::token::{Scopes, VerifiedToken};
use auth_core::verifier::{TokenVerifier, VerifyError, VerifyRequest};
use serde_json::json;

use crate::harness::{Service, around};
use crate::support::{RESOURCE, StoppedClock};

/// The token `org_1~usr_1~client_1~role~read+write` is what it says; an empty part is absent. The caller's
/// claim `/custom_claims/projects` is `["p_1", "p/~2"]`, and `/custom_claims/project` is `p_1`.
#[derive(Debug)]
struct AsWritten;

#[async_trait]
impl TokenVerifier for AsWritten {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        let parts: Vec<_> = request.token().secret().split('~').collect();
        let [organization, subject, client, role, scopes] = parts[..] else {
            unreachable!("five parts");
        };
        let claims = json!({
            "roles": [role],
            "custom_claims": {"project": "p_1", "projects": ["p_1", "p/~2"]},
        });
        let end = request.now() + Duration::from_secs(600);
        let mut token = VerifiedToken::assertion("https://id.example.com", subject, end)
            .with_scopes(Scopes::granted(
                scopes.split('+').filter(|it| !it.is_empty()),
            ))
            .with_claims(claims.as_object().unwrap().clone());
        if !organization.is_empty() {
            token = token.with_organization(organization);
        }
        if !client.is_empty() {
            token = token.with_client_id(client);
        }
        Ok(token)
    }
}

/// The echo service behind a layer that requires nothing but a token.
pub(crate) fn guarded(change: impl FnOnce(AuthLayerBuilder) -> AuthLayerBuilder) -> Service {
    let resource = PublicUrl::parse(RESOURCE).unwrap();
    let metadata = ProtectedResourceMetadata::new(resource, ["https://id.example.com"]);
    let provider = ResourceServer::new(AsWritten, metadata);
    let layer = change(AuthLayer::builder(provider).clock(StoppedClock));
    around(&layer.build().unwrap())
}
