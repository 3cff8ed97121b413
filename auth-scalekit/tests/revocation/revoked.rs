//! Revocations by `revoke`: which tokens they concern, and in which layer.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use auth_core::layer::AuthLayer;
use auth_core::provider::AuthProvider;
use auth_core::revocation::{MemoryRevocations, RevocationTarget, Revocations};
use auth_core::support::Clock;
use auth_core::token::VerifiedToken;
use auth_core::verifier::TokenVerifierExt;
use auth_scalekit::introspection::{ClientAuthentication, IntrospectionVerifier};
use auth_scalekit::{ScalekitBuilder, ScalekitProvider};
use auth_testkit::TestClock;
use http::{Request, Response};
use tower::{Layer, ServiceExt};

use crate::support::Pair;

const ENVIRONMENT: &str = "https://acme.scalekit.com";

fn builder() -> ScalekitBuilder {
    ScalekitProvider::builder(ENVIRONMENT, "res_1", "http://localhost:8000/mcp")
}

async fn status(layer: &AuthLayer, token: &str) -> u16 {
    let inner = tower::service_fn(async |_| Ok::<_, Infallible>(Response::new(String::new())));
    let request = Request::post("/mcp")
        .header("host", "localhost:8000")
        .header("authorization", format!("Bearer {token}"))
        .body(String::new());
    let response = layer.layer(inner).oneshot(request.unwrap()).await;
    response.unwrap().status().as_u16()
}

#[tokio::test]
async fn the_layer_refuses_what_was_revoked_and_nothing_else() {
    let pair = Pair::start().await;
    let layer = AuthLayer::builder(pair.provider.clone())
        .clock(pair.clock.clone())
        .build()
        .unwrap();
    let token = |sub: &str, sid: &str| pair.scalekit.token().subject(sub).claim("sid", sid).sign();
    let (one, other) = (token("usr_1", "ses_1"), token("usr_1", "ses_2"));
    let stranger = token("usr_2", "ses_3");
    let statuses = async || {
        [
            status(&layer, &one).await,
            status(&layer, &other).await,
            status(&layer, &stranger).await,
        ]
    };
    assert_eq!(statuses().await, [200, 200, 200], "the control");
    let revoke = async |target| pair.provider.revoke(target).await.unwrap();
    revoke(RevocationTarget::session("ses_1")).await;
    assert_eq!(statuses().await, [401, 200, 200]);
    revoke(RevocationTarget::subject("usr_1")).await;
    assert_eq!(statuses().await, [401, 401, 200]);
    // A new login, when even a clock that is ahead shows a later second.
    pair.clock.advance(Duration::from_secs(6));
    let again = token("usr_1", "ses_4");
    assert_eq!(status(&layer, &again).await, 200);
    assert_eq!(statuses().await, [401, 401, 200]);
}

#[tokio::test]
async fn a_chain_refuses_what_its_provider_refuses() {
    let pair = Pair::start().await;
    let opaque = IntrospectionVerifier::builder(
        "https://id.example",
        ["mcp"],
        "https://id.example/introspect",
    )
    .client_authentication(ClientAuthentication::None)
    .build()
    .unwrap();
    let chain = pair.provider.clone().or_opaque(opaque);
    let layer = AuthLayer::builder(chain)
        .clock(pair.clock.clone())
        .build()
        .unwrap();
    let token = pair.scalekit.token().subject("usr_1").sign();
    assert_eq!(status(&layer, &token).await, 200, "the control");
    pair.provider
        .revoke(RevocationTarget::subject("usr_1"))
        .await
        .unwrap();
    assert_eq!(status(&layer, &token).await, 401);
}

/// Whether a token is accepted whose `iat` is `seconds` after the second in which its subject was revoked.
async fn accepted_after(builder: ScalekitBuilder, seconds: i64) -> bool {
    let clock = TestClock::new();
    let second = clock.now();
    // `iat` has whole seconds, and a change is within one.
    clock.advance(Duration::from_millis(500));
    let provider = builder.clock(clock.clone()).build().unwrap();
    let change = RevocationTarget::subject("usr_1");
    provider.revoke(change).await.unwrap();
    let after = Duration::from_secs(seconds.unsigned_abs());
    let issued_at = if seconds < 0 {
        second - after
    } else {
        second + after
    };
    let expires_at = second + Duration::from_secs(600);
    let token = VerifiedToken::assertion(ENVIRONMENT, "usr_1", expires_at);
    let revocations = provider.revocations().unwrap();
    revocations.check(&token.with_issued_at(issued_at)).is_ok()
}

#[tokio::test]
async fn a_clock_that_is_ahead_saves_no_token() {
    let with = |skew| builder().revocation_clock_skew(Duration::from_secs(skew));
    for (name, skew, seconds, is_accepted) in [
        ("issued before", 0, -1, false),
        ("issued in the same second", 0, 0, false),
        ("issued after", 0, 1, true),
        ("within the skew", 60, 60, false),
        ("beyond the skew", 60, 61, true),
    ] {
        assert_eq!(
            accepted_after(with(skew), seconds).await,
            is_accepted,
            "{name}"
        );
    }
    assert!(!accepted_after(builder(), 5).await, "the default");
    assert!(accepted_after(builder(), 6).await, "beyond the default");
    assert!(with(60).build().is_ok(), "the control");
    let error = with(61).build().unwrap_err().to_string();
    let expected =
        "revocation_clock_skew is more than 60 s: synchronize the clock of this server instead";
    assert_eq!(error, expected);
}

#[tokio::test]
async fn revocations_are_kept_where_the_setting_says() {
    let (first, second) = (
        Arc::new(MemoryRevocations::new()),
        Arc::new(MemoryRevocations::new()),
    );
    let provider = builder().revocations(Arc::clone(&first)).build().unwrap();
    provider.revoke(RevocationTarget::token("1")).await.unwrap();
    assert_eq!((first.len(), second.len()), (1, 0));
    let kept = first.to_vec();
    assert_eq!(kept[0].issuer(), ENVIRONMENT);
    assert_eq!(*kept[0].target(), RevocationTarget::token("1"));
}

#[tokio::test]
async fn tokens_of_both_issuers_are_revoked() {
    let pair = Pair::start().await;
    let resource = pair.scalekit.issuer().to_owned();
    for issuer in [pair.scalekit.environment_url().to_owned(), resource] {
        let minted = pair
            .scalekit
            .token()
            .subject(&issuer)
            .claim("iss", issuer.as_str())
            .sign();
        let token = pair.verify(&minted).await.unwrap();
        let revocations = pair.provider.revocations().unwrap();
        assert!(revocations.check(&token).is_ok(), "the control: {issuer}");
        pair.provider
            .revoke(RevocationTarget::subject(issuer.as_str()))
            .await
            .unwrap();
        assert!(revocations.check(&token).is_err(), "{issuer}");
    }
}

#[test]
fn a_longer_lifetime_of_tokens_is_a_longer_memory() {
    let day = 86_400;
    for (name, max_lifetime, lifetime, is_accepted) in [
        ("the control", None, day, true),
        ("longer than any at Scalekit", None, day + 1, false),
        ("a setting", Some(2 * day), 2 * day, true),
        ("beyond the setting", Some(2 * day), 2 * day + 1, false),
        (
            "a shorter setting, which is the verifier's matter",
            Some(60),
            day,
            true,
        ),
    ] {
        let clock = TestClock::new();
        let mut builder = builder().clock(clock.clone());
        if let Some(max_lifetime) = max_lifetime {
            builder = builder.max_lifetime(Duration::from_secs(max_lifetime));
        }
        let expires_at = clock.now() + Duration::from_secs(lifetime);
        let token = VerifiedToken::assertion(ENVIRONMENT, "usr_1", expires_at);
        let token = token.with_issued_at(clock.now());
        let revocations = builder.build().unwrap().revocations().unwrap();
        assert_eq!(revocations.check(&token).is_ok(), is_accepted, "{name}");
    }
}
