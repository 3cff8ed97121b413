//! What is revoked here, and keys: Scalekit decides again.

use auth_core::provider::AuthProvider;
use auth_core::revocation::{RevocationTarget, Revocations};

use crate::stage::{Stage, draft, seconds};

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
