//! Key rotation in steps, and mocks side by side.

use auth_testkit::keys::UnusualKeySet;
use auth_testkit::{Algorithm, MockScalekit};

use crate::support::{http, jwks, look, verifies};

#[tokio::test]
async fn the_old_key_stays_until_it_is_withdrawn() {
    let scalekit = MockScalekit::start().await;
    let old = scalekit.token().sign();
    let held = scalekit.token();
    scalekit.keys().rotate();
    let new = scalekit.token().sign();
    assert_ne!(look(&old).0["kid"], look(&new).0["kid"]);
    let both = jwks(&scalekit).await;
    assert!(verifies(&old, &both) && verifies(&new, &both));
    scalekit.keys().withdraw_old();
    let one = jwks(&scalekit).await;
    assert_eq!(one["keys"].as_array().unwrap().len(), 1);
    assert!(!verifies(&old, &one) && verifies(&new, &one));
    assert!(
        verifies(&held.sign(), &both),
        "a builder keeps the key it began with"
    );
}

#[tokio::test]
async fn withdrawing_the_only_key_leaves_it() {
    let scalekit = MockScalekit::start().await;
    scalekit.keys().withdraw_old();
    assert!(verifies(&scalekit.token().sign(), &jwks(&scalekit).await));
}

#[tokio::test]
async fn every_rotation_has_a_new_id_and_another_key_than_the_last() {
    let scalekit = MockScalekit::start().await;
    let mut seen = vec![scalekit.keys().kid()];
    for _ in 0..6 {
        scalekit.keys().rotate();
        let kid = scalekit.keys().kid();
        assert!(!seen.contains(&kid));
        seen.push(kid);
    }
    let keys = jwks(&scalekit).await;
    let keys = keys["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 7);
    for pair in keys.windows(2) {
        assert_ne!(pair[0]["n"], pair[1]["n"]);
    }
}

#[tokio::test]
async fn two_mocks_do_not_accept_each_others_tokens() {
    let (one, two) = (MockScalekit::start().await, MockScalekit::start().await);
    let (keys_of_one, keys_of_two) = (jwks(&one).await, jwks(&two).await);
    let token = one.token().sign();
    assert!(verifies(&token, &keys_of_one));
    assert!(!verifies(&token, &keys_of_two));
}

#[tokio::test]
async fn the_steps_of_a_rotation_can_be_taken_one_by_one() {
    let scalekit = MockScalekit::start().await;
    let kids = async || {
        let keys = jwks(&scalekit).await;
        let keys = keys["keys"].as_array().unwrap().clone();
        let kid = |key: &serde_json::Value| key["kid"].as_str().unwrap().to_owned();
        keys.iter().map(kid).collect::<Vec<_>>()
    };
    let old = scalekit.keys().kid();
    let next = scalekit.keys().publish_next();
    assert_eq!(kids().await, [old.clone(), next.clone()]);
    assert_eq!(scalekit.keys().kid(), old, "published, and not used yet");
    scalekit.keys().withdraw_old();
    assert_eq!(kids().await, [old.clone(), next.clone()], "both are needed");
    scalekit.keys().sign_with_next();
    assert_eq!(scalekit.keys().kid(), next);
    assert_eq!(kids().await, [old, next.clone()]);
    scalekit.keys().withdraw_old();
    assert_eq!(kids().await, [next]);
}

#[tokio::test]
async fn a_careless_issuer_signs_before_it_publishes() {
    let scalekit = MockScalekit::start().await;
    let before = jwks(&scalekit).await;
    scalekit.keys().sign_with_next();
    let token = scalekit.token().sign();
    assert_eq!(jwks(&scalekit).await, before);
    assert!(!verifies(&token, &before));
}

#[tokio::test]
async fn a_key_can_be_replaced_under_its_id() {
    let scalekit = MockScalekit::start().await;
    let (before, kid) = (jwks(&scalekit).await, scalekit.keys().kid());
    let old = scalekit.token().sign();
    scalekit.keys().replace_under_same_kid();
    assert_eq!(scalekit.keys().kid(), kid);
    let after = jwks(&scalekit).await;
    assert_eq!(after["keys"].as_array().unwrap().len(), 1);
    assert!(verifies(&old, &before) && !verifies(&old, &after));
    assert!(verifies(&scalekit.token().sign(), &after));
}

#[tokio::test]
async fn the_next_key_may_be_of_another_algorithm() {
    let scalekit = MockScalekit::start().await;
    scalekit.keys().publish_next_of(Algorithm::ES256);
    scalekit.keys().sign_with_next();
    let (header, _) = look(&scalekit.token().sign());
    assert_eq!(header["alg"], "ES256");
    let keys = jwks(&scalekit).await;
    let key = &keys["keys"][1];
    assert_eq!((&key["kty"], &key["crv"]), (&"EC".into(), &"P-256".into()));
    assert_eq!(header["kid"], key["kid"]);
}

#[tokio::test]
#[should_panic(expected = "HS256 has no public key")]
async fn an_algorithm_without_public_keys_is_a_mistake_of_the_test() {
    let scalekit = MockScalekit::start().await;
    scalekit.keys().publish_next_of(Algorithm::HS256);
}

#[tokio::test]
async fn an_unusual_key_set_is_served_until_the_normal_one_is() {
    let scalekit = MockScalekit::start().await;
    let usual = jwks(&scalekit).await;
    let mut seen = Vec::new();
    for set in UnusualKeySet::all() {
        scalekit.keys().serve_instead(*set);
        let response = http().get(scalekit.keys_url()).send().await.unwrap();
        let body = response.bytes().await.unwrap();
        assert!(!seen.contains(&body), "{}", set.name());
        assert_ne!(serde_json::from_slice(&body).ok(), Some(usual.clone()));
        seen.push(body);
    }
    scalekit.keys().serve_normally();
    assert_eq!(jwks(&scalekit).await, usual);
}
