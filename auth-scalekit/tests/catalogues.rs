//! The test kit's catalogues, whole: every defect by every algorithm, every unusual key set.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure here is the test's failure"
)]

use std::time::Duration;

use auth_core::support::Clock;
use auth_core::token::BearerToken;
use auth_core::verifier::{TokenVerifier, VerifyError, VerifyRequest};
use auth_scalekit::jwt::{Algorithm, JwtVerifier};
use auth_testkit::keys::UnusualKeySet;
use auth_testkit::{Algorithm as Signs, Defect, MockScalekit, TestClock};

/// The same algorithm, as the kit and as the verifier call it.
const ALGORITHMS: [(Signs, Algorithm); 9] = [
    (Signs::RS256, Algorithm::Rs256),
    (Signs::RS384, Algorithm::Rs384),
    (Signs::RS512, Algorithm::Rs512),
    (Signs::PS256, Algorithm::Ps256),
    (Signs::PS384, Algorithm::Ps384),
    (Signs::PS512, Algorithm::Ps512),
    (Signs::ES256, Algorithm::Es256),
    (Signs::ES384, Algorithm::Es384),
    (Signs::EdDSA, Algorithm::EdDsa),
];

async fn issuer(algorithm: Signs, clock: &TestClock) -> MockScalekit {
    let scalekit = MockScalekit::builder().clock(clock.clone());
    scalekit.signing_algorithm(algorithm).start().await
}

fn verifier(scalekit: &MockScalekit, algorithm: Algorithm, clock: &TestClock) -> JwtVerifier {
    let issuers = [scalekit.environment_url()];
    JwtVerifier::builder(issuers, [scalekit.resource_id()], scalekit.keys_url())
        .algorithms([algorithm])
        .clock(clock.clone())
        .build()
        .unwrap()
}

async fn verdict(verifier: &JwtVerifier, clock: &TestClock, jwt: &str) -> Result<(), VerifyError> {
    let token = BearerToken::new(jwt).expect("the kit makes tokens that a header can carry");
    let request = VerifyRequest::new(token, clock.now());
    verifier.verify(request).await.map(drop)
}

#[tokio::test]
async fn every_defect_is_refused_by_every_algorithm() {
    for (signs, algorithm) in ALGORITHMS {
        let clock = TestClock::new();
        let scalekit = issuer(signs, &clock).await;
        let verifier = verifier(&scalekit, algorithm, &clock);
        // With one key there is no doubt which one is meant.
        let accepted = [Defect::WithoutKid];
        let control = scalekit.token();
        // The keys are fetched after the token was issued, so a key that is not there is not a new one.
        clock.advance(Duration::from_secs(120));
        control
            .check_rejects_all_defects_except(&accepted, async |jwt| {
                match verdict(&verifier, &clock, &jwt).await {
                    Ok(()) => true,
                    Err(VerifyError::Invalid(_)) => false,
                    Err(error) => panic!("{algorithm:?}: an invalid token is no outage: {error}"),
                }
            })
            .await;
    }
}

#[tokio::test]
async fn every_unusual_key_set_is_tolerated_or_rejected() {
    for (signs, algorithm) in [ALGORITHMS[0], ALGORITHMS[6], ALGORITHMS[8]] {
        for set in UnusualKeySet::all() {
            let clock = TestClock::new();
            let scalekit = issuer(signs, &clock).await;
            let jwt = scalekit.token().sign();
            let control = verifier(&scalekit, algorithm, &clock);
            verdict(&control, &clock, &jwt).await.unwrap();

            scalekit.keys().serve_instead(*set);
            let verifier = verifier(&scalekit, algorithm, &clock);
            let accepted = verdict(&verifier, &clock, &jwt).await.is_ok();
            assert_eq!(accepted, set.is_usable(), "{algorithm:?} {}", set.name());
            let forged = scalekit.token().hs256_with_public_der().sign();
            verdict(&verifier, &clock, &forged).await.unwrap_err();
        }
    }
}

#[tokio::test]
async fn a_later_unusual_key_set_does_not_displace_a_valid_cached_one() {
    for set in UnusualKeySet::all() {
        let clock = TestClock::new();
        let scalekit = issuer(Signs::RS256, &clock).await;
        let verifier = verifier(&scalekit, Algorithm::Rs256, &clock);
        let jwt = scalekit.token().sign();
        verdict(&verifier, &clock, &jwt).await.unwrap();
        scalekit.keys().serve_instead(*set);
        verdict(&verifier, &clock, &jwt).await.unwrap();
        assert_eq!(scalekit.key_fetches(), 1, "{}", set.name());
    }
}
