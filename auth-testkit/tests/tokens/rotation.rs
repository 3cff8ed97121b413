//! Key rotation in steps, and mocks side by side.

use auth_testkit::MockScalekit;

use crate::support::{jwks, look, verifies};

#[tokio::test]
async fn the_old_key_stays_until_it_is_withdrawn() {
    let scalekit = MockScalekit::start().await;
    let old = scalekit.token().sign();
    let held = scalekit.token();
    scalekit.rotate_keys();
    let new = scalekit.token().sign();
    assert_ne!(look(&old).0["kid"], look(&new).0["kid"]);
    let both = jwks(&scalekit).await;
    assert!(verifies(&old, &both) && verifies(&new, &both));
    scalekit.withdraw_old_key();
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
    scalekit.withdraw_old_key();
    assert!(verifies(&scalekit.token().sign(), &jwks(&scalekit).await));
}

#[tokio::test]
async fn every_rotation_has_a_new_id_and_another_key_than_the_last() {
    let scalekit = MockScalekit::start().await;
    let mut seen = vec![scalekit.signing_kid()];
    for _ in 0..6 {
        scalekit.rotate_keys();
        let kid = scalekit.signing_kid();
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
