//! Policies about the caller itself: no scope helps, so clients must not be sent to request any.

use std::time::Duration;

use auth_core::layer::AuthLayer;
use auth_core::policy::{OperationPolicy, RequireScopes, machine_only, organization_in, user_only};
use auth_core::provider::{ProtectedResourceMetadata, PublicUrl, ResourceServer};
use auth_core::support::async_trait;
use auth_core::token::VerifiedToken;
use auth_core::verifier::{TokenVerifier, VerifyError, VerifyRequest};

use crate::harness::{around, post};
use crate::support::{RESOURCE, StoppedClock};

/// Verifies each token: `<subject>~<client>~<organization>`.
#[derive(Debug)]
struct Written;

#[async_trait]
impl TokenVerifier for Written {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        let parts: Vec<&str> = request.token().secret().split('~').collect();
        let expires_at = request.now() + Duration::from_secs(60);
        let token = VerifiedToken::assertion("https://id.example.com", parts[0], expires_at);
        Ok(token.with_client_id(parts[1]).with_organization(parts[2]))
    }
}

#[tokio::test]
async fn a_caller_of_the_wrong_kind_or_organization_is_not_sent_for_scopes() {
    let resource = PublicUrl::parse(RESOURCE).unwrap();
    let metadata = ProtectedResourceMetadata::new(resource, ["https://id.example.com"]);
    let operations = OperationPolicy::builder()
        .tool("report", organization_in(["org_1"]))
        .tool("sync", machine_only())
        .tool("approve", user_only())
        .tool("write", RequireScopes::new(["write"]).unwrap());
    let layer = AuthLayer::builder(ResourceServer::new(Written, metadata))
        .clock(StoppedClock)
        .operations(operations.build().unwrap());
    let service = around(&layer.build().unwrap());
    let (user, machine, other) = (
        "usr_1~m2m_1~org_1",
        "m2m_1~m2m_1~org_1",
        "usr_1~m2m_1~org_2",
    );
    for (token, tool, status, challenged) in [
        (user, "report", 200, false),
        (other, "report", 403, false),
        (machine, "sync", 200, false),
        (user, "sync", 403, false),
        (user, "approve", 200, false),
        (machine, "approve", 403, false),
        // The control: a scope can help here.
        (user, "write", 403, true),
    ] {
        let bearer = format!("Bearer {token}");
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}"}}}}"#
        );
        let response = post(&service, &[("authorization", &bearer)], &body).await;
        let row = format!("{token} {tool}: {}", response.body);
        assert_eq!(response.status, status, "{row}");
        assert_eq!(
            response.header("www-authenticate").is_some(),
            challenged,
            "{row}"
        );
        assert_eq!(
            response.body.contains("insufficient_scope"),
            challenged,
            "{row}"
        );
        assert!(status == 200 || !response.body.contains("org_"), "{row}");
    }
}
