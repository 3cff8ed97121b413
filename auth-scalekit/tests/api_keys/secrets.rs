//! No key, secret or address is in a log, an error or a debug output.

use std::error::Error;

use auth_core::error::ErrorChain;
use auth_testkit::{Endpoint, Fault};

use crate::logged;
use crate::stage::{Stage, draft, keys, seconds};

#[tokio::test]
async fn neither_keys_nor_people_are_in_any_output() {
    logged::begin_at(tracing_subscriber::filter::LevelFilter::TRACE);
    let stage = Stage::start().await;
    let key = stage.key(
        draft()
            .user("usr_1")
            .custom_claim("team", "marker-of-a-claim"),
    );
    let token = stage.verify(key.expose()).await.unwrap();
    let invented = "marker0of0an0invented0key";
    let mut shown = vec![
        format!("{token:?} {:?} {:?}", stage.provider, keys()),
        format!(
            "{:?}",
            stage
                .provider
                .management()
                .unwrap()
                .validate_api_key(key.expose())
                .await
        ),
    ];
    let mut failures = vec![stage.verify(invented).await.unwrap_err()];
    for fault in [
        Fault::Status(500),
        Fault::Garbage,
        Fault::Body(key.expose().into()),
    ] {
        let _outage = stage.scalekit.fail(Endpoint::ValidateApiKey, fault);
        for token in [key.expose(), invented] {
            stage.clock.advance(seconds(60));
            failures.push(stage.verify(token).await.unwrap_err());
        }
    }
    for error in &failures {
        let error: &dyn Error = error;
        shown.push(format!(
            "{error} {error:?} {error:#?} {}",
            ErrorChain(error)
        ));
    }
    shown.push(logged::lines().join("\n"));
    let shown = shown.join("\n");
    assert!(
        shown.contains("POST /api/v1/tokens:validate"),
        "the log is the log: {shown}"
    );
    for secret in [
        key.expose(),
        invented,
        "marker-of-a-claim",
        "ada@acme.example",
        "not a secret",
    ] {
        assert!(!shown.contains(secret), "{secret}");
    }
}
