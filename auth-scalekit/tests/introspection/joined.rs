//! Beside a verifier of JWTs: each token goes to one of them, and an outage of one is not one of
//! the other.

use auth_core::provider::AuthProvider;
use auth_core::support::Clock;
use auth_core::verifier::TokenVerifierExt;
use auth_scalekit::ScalekitProvider;
use auth_testkit::MockScalekit;
use wiremock::ResponseTemplate;

use crate::pair::{Pair, active, answer, inactive, verdict, verify};

const MCP_URL: &str = "http://localhost:8000/mcp";

#[tokio::test]
async fn jwts_here_and_references_there() {
    let pair = Pair::start().await;
    let issuer = MockScalekit::builder()
        .resource_url(MCP_URL)
        .clock(pair.clock.clone())
        .start()
        .await;
    let jwts = ScalekitProvider::builder(issuer.environment_url(), issuer.resource_id(), MCP_URL)
        .clock(pair.clock.clone())
        .build()
        .unwrap();
    let chain = jwts.or_opaque(pair.verifier.clone());
    let jwt = issuer.token().sign();
    let expired = issuer.token().expired().sign();
    let asked = async |token: &str| verdict(&verify(&chain, token, pair.clock.now()).await);

    for (name, endpoint, token, expected, requests) in [
        ("a good jwt", answer(&active()), &*jwt, "accepted", 0),
        (
            "a bad jwt is sent nowhere",
            answer(&active()),
            &*expired,
            "expired",
            0,
        ),
        ("a good reference", answer(&active()), "ref1", "accepted", 1),
        ("a bad reference", inactive(), "ref2", "revoked", 1),
        (
            "an outage, a reference",
            ResponseTemplate::new(500),
            "ref3",
            "unavailable 1",
            1,
        ),
        (
            "an outage, a good jwt",
            ResponseTemplate::new(500),
            &*jwt,
            "accepted",
            0,
        ),
        (
            "an outage, a bad jwt",
            ResponseTemplate::new(500),
            &*expired,
            "expired",
            0,
        ),
    ] {
        pair.answers(endpoint).await;
        assert_eq!(asked(token).await, expected, "{name}");
        assert_eq!(pair.requests().await, requests, "{name}");
    }
    assert_eq!(chain.metadata().resource.as_str(), MCP_URL);
}
