//! An outage is never a verdict, and accepted keys live on to their bound.

use auth_core::verifier::VerifyError;
use auth_testkit::{Client, Endpoint, Fault};

use crate::stage::{CLIENT, SECRET, Stage, reason, seconds};

#[tokio::test]
async fn a_fault_of_the_api_is_an_outage_that_ends_by_itself() {
    for (fault, endpoint) in [
        (Fault::Status(500), Endpoint::ValidateApiKey),
        (Fault::Status(429), Endpoint::ValidateApiKey),
        (Fault::Truncate(20), Endpoint::ValidateApiKey),
        (Fault::Garbage, Endpoint::ValidateApiKey),
        (Fault::Reset, Endpoint::ValidateApiKey),
        (Fault::Endless, Endpoint::ValidateApiKey),
        (Fault::Status(503), Endpoint::EnvironmentToken),
        (Fault::Close, Endpoint::EnvironmentToken),
    ] {
        let stage = Stage::start().await;
        let key = stage.good_key();
        let outage = stage.scalekit.fail(endpoint, fault.clone());
        let verdict = stage.verify(key.expose()).await;
        assert_eq!(reason(&verdict), "unavailable", "{fault:?}");
        // The same for a string that is no key at all.
        let verdict = stage.verify(&"x".repeat(50)).await;
        assert_eq!(reason(&verdict), "unavailable", "{fault:?}");
        drop(outage);
        stage.clock.advance(seconds(60));
        let verdict = stage.verify(key.expose()).await;
        assert_eq!(reason(&verdict), "accepted", "{fault:?}");
    }
}

#[tokio::test]
async fn an_accepted_key_lives_on_to_its_bound() {
    let stage = Stage::start().await;
    let key = stage.good_key();
    stage.verify_cached(key.expose()).await.unwrap();
    let _outage = stage
        .scalekit
        .fail(Endpoint::ValidateApiKey, Fault::Status(503));
    stage.clock.advance(seconds(59));
    assert_eq!(reason(&stage.verify_cached(key.expose()).await), "accepted");
    stage.clock.advance(seconds(1));
    assert_eq!(
        reason(&stage.verify_cached(key.expose()).await),
        "unavailable"
    );
    // What needs no call.
    let jwt = stage.scalekit.token().sign();
    assert_eq!(reason(&stage.verify_cached(&jwt).await), "accepted");
}

#[tokio::test]
async fn wrong_credentials_of_this_server_are_not_about_the_key() {
    let stage = Stage::start().await;
    let key = stage.good_key();
    stage.scalekit.delete_client(CLIENT);
    let verdict = stage.verify(key.expose()).await;
    assert_eq!(reason(&verdict), "unavailable");
    let Err(VerifyError::Unavailable(unavailable)) = verdict else {
        panic!("{verdict:?}");
    };
    let cause = std::error::Error::source(&unavailable).unwrap().to_string();
    assert!(cause.contains("SCALEKIT_CLIENT_SECRET"), "{cause}");

    stage
        .scalekit
        .register_client(Client::confidential(CLIENT, SECRET));
    stage.clock.advance(seconds(60));
    assert_eq!(reason(&stage.verify(key.expose()).await), "accepted");
}

#[tokio::test]
async fn a_missing_permission_of_this_server_is_named() {
    let stage = Stage::start().await;
    let key = stage.good_key();
    stage.scalekit.delete_client(CLIENT);
    let reader = Client::confidential(CLIENT, SECRET).permissions(["users:read"]);
    stage.scalekit.register_client(reader);
    let verdict = stage.verify(key.expose()).await;
    assert_eq!(reason(&verdict), "unavailable");
    let Err(VerifyError::Unavailable(unavailable)) = verdict else {
        panic!("{verdict:?}");
    };
    let cause = std::error::Error::source(&unavailable).unwrap().to_string();
    assert!(cause.contains("api_credentials:read"), "{cause}");
}
