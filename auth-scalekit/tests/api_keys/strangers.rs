//! Many callers, and callers without a key.

use auth_core::support::Clock;
use auth_core::token::BearerToken;
use auth_core::verifier::{TokenVerifier, VerifyRequest};
use auth_testkit::Endpoint;

use crate::stage::{Stage, keys, reason, seconds};

fn invented(number: usize) -> String {
    format!("{number:050}")
}

#[tokio::test]
async fn ten_thousand_concurrent_first_uses_are_one_call() {
    let stage = Stage::start().await;
    let key = stage.good_key();
    let gate = stage.scalekit.hold(Endpoint::ValidateApiKey);
    let callers: Vec<_> = (0..10_000)
        .map(|_| {
            let (provider, key, now) = (
                stage.provider.clone(),
                key.expose().to_owned(),
                stage.clock.now(),
            );
            tokio::spawn(async move {
                let request = VerifyRequest::new(BearerToken::new(&key).unwrap(), now);
                provider
                    .verify(request)
                    .await
                    .map(|token| token.subject().to_owned())
            })
        })
        .collect();
    gate.reached_by(1).await;
    gate.release();
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap(), key.id());
    }
    assert_eq!(stage.calls(), 1);
}

#[tokio::test]
async fn strangers_use_up_their_own_calls() {
    let stage = Stage::with(keys().unknown_keys_per_minute(10)).await;
    let [known, new] = [stage.good_key(), stage.good_key()];
    stage.verify_cached(known.expose()).await.unwrap();
    stage.clock.advance(seconds(60));
    let before = stage.calls();
    let mut verdicts = Vec::new();
    for number in 0..1000 {
        verdicts.push(reason(&stage.verify_cached(&invented(number)).await));
    }
    let refused = verdicts.iter().filter(|it| **it == "revoked").count();
    assert_eq!((refused, stage.calls() - before), (10, 10));
    assert!(verdicts[10..].iter().all(|it| *it == "unavailable"));

    // A key that was accepted is verified again; a new one has to wait, and then has a separate budget.
    assert_eq!(
        reason(&stage.verify_cached(known.expose()).await),
        "accepted"
    );
    assert_eq!(
        reason(&stage.verify_cached(new.expose()).await),
        "unavailable"
    );
    for number in 1000..2000 {
        stage.verify_cached(&invented(number)).await.unwrap_err();
    }
    assert_eq!(reason(&stage.verify_cached(new.expose()).await), "accepted");
}

#[tokio::test]
async fn strangers_take_no_place_of_keys_that_were_accepted() {
    let settings = keys()
        .max_concurrent_calls(4)
        .unknown_keys_per_minute(60_000);
    let stage = Stage::with(settings).await;
    let known = stage.good_key();
    stage.verify_cached(known.expose()).await.unwrap();
    stage.clock.advance(seconds(60));
    let gate = stage.scalekit.hold(Endpoint::ValidateApiKey);
    let mut strangers = Vec::new();
    for number in 0..100 {
        let (provider, now) = (stage.provider.clone(), stage.clock.now());
        strangers.push(tokio::spawn(async move {
            let key = invented(number);
            let request = VerifyRequest::new(BearerToken::new(&key).unwrap(), now);
            provider.verify(request).await
        }));
    }
    gate.reached_by(1).await;
    let mine = async { reason(&stage.verify_cached(known.expose()).await) };
    let release = async {
        // One place for new keys, and one of those that were accepted.
        gate.reached_by(2).await;
        gate.release();
    };
    let (verdict, ()) = tokio::join!(mine, release);
    assert_eq!(verdict, "accepted");
    for stranger in strangers {
        stranger.abort();
    }
}

#[tokio::test]
async fn a_refused_key_is_refused_again_without_a_call() {
    let stage = Stage::start().await;
    let invented = invented(1);
    for _ in 0..100 {
        assert_eq!(reason(&stage.verify(&invented).await), "revoked");
    }
    assert_eq!(stage.calls(), 1);
    stage.clock.advance(seconds(10));
    assert_eq!(reason(&stage.verify(&invented).await), "revoked");
    assert_eq!(stage.calls(), 2);
}
