//! Which keys are accepted, for what, and for how long.

use auth_core::verifier::{TokenVerifier, TokenVerifierExt};
use auth_scalekit::api_keys::ApiKeys;
use auth_testkit::Defect;
use serde_json::json;

use crate::stage::{Stage, draft, keys, reason, seconds};

#[tokio::test]
async fn a_key_of_a_user_is_that_user() {
    let stage = Stage::start().await;
    let key = stage.key(draft().user("usr_1").custom_claim("team", "ops"));
    let token = stage.verify(key.expose()).await.unwrap();
    assert_eq!(token.issuer(), stage.provider.environment_url());
    assert_eq!(token.subject(), "usr_1");
    assert_eq!(token.organization(), Some("org_1"));
    assert_eq!(token.token_id(), Some(key.id()));
    assert_eq!(token.client_id(), None);
    assert!(!token.is_machine());
    assert_eq!(token.roles().collect::<Vec<_>>(), ["editor"]);
    assert_eq!(token.scopes().to_string(), "notes:read notes:write");
    for (pointer, value) in [
        ("/sub", json!("usr_1")),
        ("/oid", json!("org_1")),
        ("/xoid", json!("acme")),
        ("/xuid", json!("u-1")),
        ("/custom_claims/team", json!("ops")),
    ] {
        assert_eq!(token.claim(pointer), Some(&value), "{pointer}");
    }
    // Nothing else of the user.
    assert_eq!(token.claim("/email"), None);
}

#[tokio::test]
async fn a_key_of_an_organization_is_a_machine() {
    let stage = Stage::start().await;
    let key = stage.good_key();
    let token = stage.verify(key.expose()).await.unwrap();
    assert_eq!((token.subject(), token.is_machine()), (key.id(), true));
    assert_eq!(token.organization(), Some("org_1"));
    assert!(token.scopes().is_empty());
    assert_eq!(token.claim("/sub"), None);
}

#[tokio::test]
async fn scopes_are_those_of_the_claim_and_of_the_roles() {
    let stage = Stage::start().await;
    for (draft, scopes) in [
        (draft(), ""),
        (draft().user("usr_2"), ""),
        (draft().user("usr_1"), "notes:read notes:write"),
        (draft().custom_claim("scopes", "a b"), "a b"),
        (draft().custom_claim("scopes", " a  a "), "a"),
        // Not a scope: no quote can be in one.
        (draft().custom_claim("scopes", "a \"b"), "a"),
        (draft().custom_claim("scope", "a"), ""),
        (
            draft().user("usr_1").custom_claim("scopes", "a notes:read"),
            "a notes:read notes:write",
        ),
    ] {
        let described = format!("{draft:?}");
        let token = stage.verify(stage.key(draft).expose()).await.unwrap();
        assert_eq!(token.scopes().to_string(), scopes, "{described}");
    }
}

#[tokio::test]
async fn a_key_must_be_for_this_server() {
    let with_claim = || ApiKeys::new().for_claim("server", "notes");
    let with_role = || ApiKeys::new().for_roles(["editor", "owner"]);
    let any = || ApiKeys::new().dangerous_accept_keys_for_any_server();
    let of_other = || auth_testkit::ApiKeyDraft::new("org_2");
    for (settings, accepted, refused) in [
        (keys(), draft(), of_other()),
        (
            with_claim(),
            draft().custom_claim("server", "notes"),
            draft().custom_claim("server", "Notes"),
        ),
        (
            with_claim(),
            of_other().custom_claim("server", "notes"),
            draft(),
        ),
        (with_role(), draft().user("usr_1"), draft().user("usr_2")),
        (with_role(), draft().user("usr_1"), draft()),
        (
            with_claim().for_organizations(["org_1", "org_3"]),
            draft().custom_claim("server", "notes"),
            of_other().custom_claim("server", "notes"),
        ),
        (
            with_claim().for_claim("stage", "live"),
            draft()
                .custom_claim("server", "notes")
                .custom_claim("stage", "live"),
            draft().custom_claim("server", "notes"),
        ),
    ] {
        let stage = Stage::with(settings.clone()).await;
        let described = format!("{refused:?}");
        let [accepted, refused] = [accepted, refused].map(|draft| stage.key(draft));
        let verdict = stage.verify(accepted.expose()).await;
        assert_eq!(reason(&verdict), "accepted", "the control of {described}");
        let verdict = stage.verify(refused.expose()).await;
        assert_eq!(reason(&verdict), "wrong_audience", "{described}");
        let stage = Stage::with(any()).await;
        let key = stage.key(of_other());
        assert_eq!(reason(&stage.verify(key.expose()).await), "accepted");
    }
}

#[tokio::test]
async fn what_is_no_valid_key_is_refused() {
    let stage = Stage::start().await;
    let key = stage.good_key();
    let good = stage.verify(key.expose()).await;
    assert_eq!(reason(&good), "accepted", "the control");
    let calls = stage.calls();
    // These are known without a call. The API would accept the id.
    let upper = key.id().to_uppercase();
    for token in [key.id(), &upper, "short", "a.b", "a~a~a~a~a~a~a~a~a"] {
        let verdict = stage.verify(token).await;
        assert_eq!(reason(&verdict), "other", "{token}");
    }
    assert_eq!(stage.calls(), calls);
    let (unknown, expired, invalidated) = (
        "x".repeat(50),
        stage.key(draft().expires_in(seconds(1))),
        stage.good_key(),
    );
    stage.clock.advance(seconds(1));
    stage.scalekit.admin().invalidate_api_key(invalidated.id());
    for token in [&unknown, expired.expose(), invalidated.expose()] {
        assert_eq!(reason(&stage.verify(token).await), "revoked");
    }
    assert_eq!(stage.calls(), calls + 3);
}

#[tokio::test]
async fn an_accepted_key_is_reused_for_a_minute_and_never_beyond_its_expiry() {
    let stage = Stage::start().await;
    for (lifetime, reused) in [(None, 60), (Some(59), 59), (Some(61), 60), (Some(5), 5)] {
        let draft = match lifetime {
            None => draft(),
            Some(lifetime) => draft().expires_in(seconds(lifetime)),
        };
        let key = stage.key(draft);
        stage.verify_cached(key.expose()).await.unwrap();
        let calls = stage.calls();
        stage.clock.advance(seconds(reused - 1));
        stage.verify_cached(key.expose()).await.unwrap();
        assert_eq!(stage.calls(), calls, "{lifetime:?}");
        stage.clock.advance(seconds(1));
        let verdict = stage.verify_cached(key.expose()).await;
        assert_eq!(
            verdict.is_ok(),
            lifetime.is_none_or(|it| it > 60),
            "{lifetime:?}"
        );
        assert_eq!(stage.calls(), calls + 1, "{lifetime:?}");
    }
}

#[tokio::test]
async fn an_invalidated_key_is_refused_within_the_time_of_reuse() {
    let stage = Stage::with(keys().reuse_for(seconds(7))).await;
    let key = stage.good_key();
    stage.verify_cached(key.expose()).await.unwrap();
    stage.scalekit.admin().invalidate_api_key(key.id());
    stage.clock.advance(seconds(7));
    assert_eq!(reason(&stage.verify_cached(key.expose()).await), "revoked");

    let stage = Stage::with(keys().reuse_for(seconds(0))).await;
    let key = stage.good_key();
    for call in 1..=3 {
        stage.verify_cached(key.expose()).await.unwrap();
        assert_eq!(stage.calls(), call);
    }
}

#[tokio::test]
async fn changed_roles_and_claims_count_from_the_next_call() {
    let stage = Stage::with(keys().reuse_for(seconds(0))).await;
    let key = stage.key(draft().user("usr_1"));
    let scopes = async || {
        stage
            .verify(key.expose())
            .await
            .unwrap()
            .scopes()
            .to_string()
    };
    assert_eq!(scopes().await, "notes:read notes:write");
    stage
        .scalekit
        .admin()
        .change_roles("usr_1", "org_1", ["viewer"]);
    assert_eq!(scopes().await, "");
}

#[tokio::test]
async fn jwts_and_keys_are_told_apart_by_their_shape() {
    let stage = Stage::start().await;
    let key = stage.good_key();
    let jwt = stage.scalekit.token().sign();
    let bad_jwt = stage.scalekit.token().with(Defect::WrongAudience).sign();
    assert_eq!(reason(&stage.verify(&jwt).await), "accepted");
    assert_eq!(reason(&stage.verify(&bad_jwt).await), "wrong_audience");
    assert_eq!(stage.calls(), 0, "no JWT is sent");
    assert_eq!(reason(&stage.verify(key.expose()).await), "accepted");
    stage.provider.ready().await.unwrap();

    // The verifier of keys alone, in another combination.
    let alone = stage.provider.api_key_verifier(keys()).unwrap();
    assert_eq!(reason(&stage.ask(&alone, key.expose()).await), "accepted");
    assert_eq!(reason(&stage.ask(&alone, &jwt).await), "other");
    let both = stage.provider.clone().or_opaque(alone);
    assert_eq!(reason(&stage.ask(&both, &jwt).await), "accepted");
    assert_eq!(reason(&stage.ask(&both, key.expose()).await), "accepted");
}
