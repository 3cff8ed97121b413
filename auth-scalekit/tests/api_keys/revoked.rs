//! What is revoked here, and keys: Scalekit decides again.

use auth_core::provider::AuthProvider;
use auth_core::revocation::{Revocation, RevocationStore, RevocationTarget, Revocations};
use auth_core::support::Clock;

use crate::stage::{Stage, draft, reason, seconds};

#[tokio::test]
async fn a_revocation_of_the_user_causes_another_call_and_one_of_the_key_lasts() {
    let stage = Stage::start().await;
    let key = stage.key(draft().user("usr_1"));
    let revocations = stage.provider.revocations().unwrap();
    let token = stage.verify(key.expose()).await.unwrap();
    assert!(revocations.check(&token).is_ok(), "the control");

    for target in [
        RevocationTarget::subject("usr_1"),
        RevocationTarget::organization("org_1"),
        RevocationTarget::role("editor"),
    ] {
        let token = stage.verify(key.expose()).await.unwrap();
        assert!(revocations.check(&token).is_ok(), "the control");
        stage.provider.revoke(target.clone()).await.unwrap();
        assert!(revocations.check(&token).is_err(), "{target:?}");
        // Scalekit still says that the key is valid.
        stage.clock.advance(seconds(6));
        let token = stage.verify(key.expose()).await.unwrap();
        assert!(revocations.check(&token).is_ok(), "{target:?}");
    }

    // The id itself.
    stage
        .provider
        .revoke(RevocationTarget::token(key.id()))
        .await
        .unwrap();
    stage.clock.advance(seconds(3600));
    let token = stage.verify(key.expose()).await.unwrap();
    assert!(revocations.check(&token).is_err());
}

#[tokio::test]
async fn a_key_that_lasts_for_years_is_no_token_that_outlives_its_revocation() {
    let stage = Stage::start().await;
    let revocations = stage.provider.revocations().unwrap();
    for draft in [draft(), draft().expires_in(seconds(10 * 365 * 86_400))] {
        let key = stage.key(draft);
        let token = stage.verify(key.expose()).await.unwrap();
        assert!(revocations.check(&token).is_ok());
    }
}

/// With a cache before the verifier, as the layer has one.
#[tokio::test]
async fn an_answer_from_before_a_revocation_is_not_reused() {
    let stage = Stage::start().await;
    let key = stage.key(draft().user("usr_1"));
    for _ in 0..10 {
        stage.verify_cached(key.expose()).await.unwrap();
    }
    assert_eq!(stage.calls(), 1, "the control");
    let revocations = stage.provider.revocation_store();
    let target = RevocationTarget::member("usr_1", "org_1");
    let issuer = stage.provider.environment_url();
    let change = Revocation::new(issuer, target, stage.clock.now());
    revocations.revoke(&[change]).await.unwrap();
    stage.clock.advance(seconds(1));
    let token = stage.verify_cached(key.expose()).await.unwrap();
    assert_eq!(stage.calls(), 2);
    assert!(revocations.check(&token).is_ok());
    for _ in 0..10 {
        stage.verify_cached(key.expose()).await.unwrap();
    }
    assert_eq!(stage.calls(), 2, "the new answer is reused");
}

#[tokio::test]
async fn a_key_is_invalidated_at_scalekit() {
    let stage = Stage::start().await;
    let [one, other] = [stage.good_key(), stage.good_key()];
    let management = stage.provider.management().unwrap();
    for name in [one.expose(), other.id()] {
        management.invalidate_api_key(name).await.unwrap();
        // Again, and one that there never was.
        management.invalidate_api_key(name).await.unwrap();
    }
    management.invalidate_api_key("apit_1").await.unwrap();
    for key in [one, other] {
        assert_eq!(reason(&stage.verify(key.expose()).await), "revoked");
    }
}
