//! Keys that are found by the issuer's metadata: at the start, later, elsewhere, and not at all.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure here is the test's failure"
)]

#[path = "../../auth-core/tests/support/logged.rs"]
mod logged;
mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth_core::error::ErrorChain;
use auth_core::support::Clock;
use auth_core::token::BearerToken;
use auth_core::verifier::{TokenVerifier, Unavailable, VerifyError, VerifyRequest};
use auth_scalekit::jwks::KeySetStatus;
use auth_scalekit::jwt::JwtVerifier;
use auth_testkit::settings::TokenIssuer;
use auth_testkit::{Endpoint, Fault, MockScalekit, TestClock};
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, ResponseTemplate};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Discovers the issuer that the tokens of the mock name.
fn discover((scalekit, clock): &(MockScalekit, TestClock)) -> JwtVerifier {
    JwtVerifier::discover(scalekit.environment_url(), [scalekit.resource_id()])
        .clock(clock.clone())
        .build()
        .unwrap()
}

async fn verify(
    verifier: &JwtVerifier,
    clock: &TestClock,
    token: &str,
) -> Result<String, VerifyError> {
    let token = BearerToken::new(token).unwrap();
    let request = VerifyRequest::new(token, clock.now());
    let token = verifier.verify(request).await?;
    Ok(token.issuer().to_owned())
}

/// `accepted`, `unavailable`, or the reason's label.
async fn verdict(verifier: &JwtVerifier, clock: &TestClock, token: &str) -> &'static str {
    match verify(verifier, clock, token).await {
        Ok(_) => "accepted",
        Err(VerifyError::Invalid(invalid)) => invalid.reason().as_str(),
        Err(VerifyError::Unavailable(_)) => "unavailable",
    }
}

/// Why tokens cannot be verified, and the whole of it.
async fn unavailable(
    verifier: &JwtVerifier,
    clock: &TestClock,
    token: &str,
) -> (Unavailable, String) {
    match verify(verifier, clock, token).await {
        Err(VerifyError::Unavailable(unavailable)) => {
            let text = ErrorChain(&unavailable).to_string();
            (unavailable, text)
        }
        other => panic!("{other:?}"),
    }
}

fn status(verifier: &JwtVerifier) -> KeySetStatus {
    verifier.key_set_status().swap_remove(0)
}

async fn until(verifier: &JwtVerifier, holds: impl Fn(&KeySetStatus) -> bool) {
    support::until(|| status(verifier), holds).await;
}

fn metadata_fetches(scalekit: &MockScalekit) -> usize {
    scalekit.requests(Endpoint::OpenidConfiguration).len()
}

/// Metadata of the test's own, which it can change, at the second of the places.
#[derive(Clone)]
struct Metadata(Arc<Mutex<ResponseTemplate>>);

impl Metadata {
    async fn of(scalekit: &MockScalekit, answer: ResponseTemplate) -> Self {
        let metadata = Self(Arc::new(Mutex::new(answer)));
        let answers = metadata.clone();
        Mock::given(path("/.well-known/openid-configuration"))
            .respond_with(move |_: &wiremock::Request| answers.0.lock().unwrap().clone())
            .with_priority(1)
            .mount(scalekit.server())
            .await;
        metadata
    }

    fn answer(&self, answer: ResponseTemplate) {
        *self.0.lock().unwrap() = answer;
    }
}

fn good(scalekit: &MockScalekit) -> Value {
    json!({"issuer": scalekit.environment_url(), "jwks_uri": scalekit.keys_url()})
}

fn says(json: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json)
}

#[tokio::test]
async fn discovery_takes_the_issuers_word_about_itself() {
    let clock = TestClock::new();
    let scalekit = MockScalekit::builder()
        .clock(clock.clone())
        .token_issuer(TokenIssuer::Resource)
        .start()
        .await;
    let verifier = JwtVerifier::discover(scalekit.issuer(), [scalekit.resource_id()])
        .clock(clock.clone())
        .build()
        .unwrap();
    let accepted = verify(&verifier, &clock, &scalekit.token().sign()).await;
    assert_eq!(accepted.unwrap(), scalekit.issuer());
    let status = status(&verifier);
    assert_eq!(status.issuer, scalekit.issuer());
    assert_eq!(status.jwks_url.as_deref(), Some(scalekit.keys_url()));
    // Beside keys whose place is known, and the other way round.
    let both = JwtVerifier::builder(["i"], [scalekit.resource_id()], "https://i.example/keys")
        .also_discover(scalekit.issuer())
        .clock(clock.clone())
        .build()
        .unwrap();
    let accepted = verify(&both, &clock, &scalekit.token().sign()).await;
    assert_eq!(accepted.unwrap(), scalekit.issuer());
}

#[tokio::test]
async fn settings_that_cannot_be_meant_are_refused_before_anything_is_fetched() {
    let build = |issuer: &str| JwtVerifier::discover(issuer, ["x"]).build();
    assert!(build("https://id.example.com").is_ok(), "the control");
    assert!(build("https://id.example.com/tenant/").is_ok());
    for (issuer, fault) in [
        ("http://id.example.com", "issuer must use https"),
        ("https://10.0.0.1", "issuer names a private address"),
        ("https://id.example.com?x", "issuer must not have a query"),
        (
            "https://id.example.com#x",
            "issuer must not have a fragment",
        ),
        (
            "https://me@id.example.com",
            "issuer must not hold a user name",
        ),
        (
            "id.example.com",
            "issuer is not a URL: give one such as https://id.example.com",
        ),
        ("", "issuers must each have at least one name"),
    ] {
        let error = build(issuer).unwrap_err().to_string();
        assert!(error.starts_with(fault), "{error}");
    }
    let private = JwtVerifier::discover("https://10.0.0.1", ["x"]).allow_private_addresses();
    assert!(private.build().is_ok());
    let twice = JwtVerifier::discover("https://id.example.com", ["x"])
        .also_trust(["https://id.example.com"], "https://id.example.com/keys");
    let error = twice.build().unwrap_err().to_string();
    assert!(
        error.starts_with("issuers must have names that are unique across issuers"),
        "{error}"
    );
}

/// The issuer is away when the server starts, and comes later. Nothing has to be restarted.
#[tokio::test]
async fn an_issuer_that_is_away_at_the_start_is_discovered_later() {
    for asked in [true, false] {
        let issuer = support::issuer().await;
        let refusal = issuer.0.refuse_connections();
        let verifier = discover(&issuer);
        let (scalekit, clock) = &issuer;
        let token = scalekit.token().sign();
        until(&verifier, |status| status.failures == 1).await;
        if asked {
            let (unavailable, text) = unavailable(&verifier, clock, &token).await;
            assert_eq!(unavailable.retry_after(), seconds(1));
            let named = format!("{} has no usable metadata", scalekit.environment_url());
            assert!(text.contains(&named), "{text}");
            assert!(verifier.ready().await.is_err());
        }
        assert_eq!(status(&verifier).jwks_url, None);
        drop(refusal);
        clock.advance(seconds(1));
        until(&verifier, |status| status.usable).await;
        assert!(verifier.ready().await.is_ok());
        assert_eq!(verdict(&verifier, clock, &token).await, "accepted");
        let place = status(&verifier).jwks_url;
        assert_eq!(place.as_deref(), Some(scalekit.keys_url()));
    }
}

#[tokio::test]
async fn a_server_that_wants_to_fail_at_its_start_asks_whether_it_is_ready() {
    let issuer = support::issuer().await;
    assert!(discover(&issuer).ready().await.is_ok(), "the control");
    let _outage = issuer
        .0
        .fail(Endpoint::OpenidConfiguration, Fault::Status(500));
    let error = discover(&issuer).ready().await.unwrap_err();
    let environment = issuer.0.environment_url();
    assert_eq!(
        ErrorChain(&error).to_string(),
        format!(
            "the issuer or its keys cannot be reached: {environment} has no usable metadata: \
             GET {environment}/.well-known/openid-configuration: status 500 Internal Server Error"
        )
    );
}

/// Each is logged as an outage, and no token is refused as invalid because of it.
#[tokio::test]
async fn metadata_that_is_wrong_makes_no_token_bad() {
    logged::begin();
    let environment = |scalekit: &MockScalekit| scalekit.environment_url().to_owned();
    type Wrong = fn(&MockScalekit) -> ResponseTemplate;
    let rows: [(&str, Wrong, &str, bool); 14] = [
        (
            "another issuer",
            |_| {
                says(
                    &json!({"issuer": "https://evil.example", "jwks_uri": "https://evil.example/k"}),
                )
            },
            "is about issuer \"https://evil.example\"",
            true,
        ),
        (
            "the issuer with a slash",
            |scalekit| {
                let slash = format!("{}/", scalekit.environment_url());
                says(&json!({"issuer": slash, "jwks_uri": scalekit.keys_url()}))
            },
            "configure that one if it is meant",
            true,
        ),
        (
            "no issuer",
            |scalekit| says(&json!({"jwks_uri": scalekit.keys_url()})),
            "names no issuer",
            true,
        ),
        (
            "no jwks_uri",
            |scalekit| says(&json!({"issuer": scalekit.environment_url()})),
            "has no jwks_uri",
            true,
        ),
        (
            "a jwks_uri that is null",
            |scalekit| says(&json!({"issuer": scalekit.environment_url(), "jwks_uri": null})),
            "has no jwks_uri",
            true,
        ),
        (
            "keys in plain text",
            |scalekit| {
                let keys = "http://id.example.com/keys";
                says(&json!({"issuer": scalekit.environment_url(), "jwks_uri": keys}))
            },
            "jwks_uri must use https",
            true,
        ),
        (
            "keys on the private network",
            |scalekit| {
                let keys = "https://169.254.169.254/keys";
                says(&json!({"issuer": scalekit.environment_url(), "jwks_uri": keys}))
            },
            "jwks_uri names a private address",
            true,
        ),
        (
            "keys in a file",
            |scalekit| {
                let keys = "file:///etc/passwd";
                says(&json!({"issuer": scalekit.environment_url(), "jwks_uri": keys}))
            },
            "jwks_uri is not a URL",
            true,
        ),
        ("a list", |_| says(&json!([])), "is not a JSON object", true),
        (
            "a member twice",
            |scalekit| {
                let issuer = scalekit.environment_url();
                let json = format!(
                    r#"{{"issuer":"{issuer}","jwks_uri":"https://evil.example","jwks_uri":"{}"}}"#,
                    scalekit.keys_url()
                );
                ResponseTemplate::new(200).set_body_raw(json, "application/json")
            },
            "each member once",
            true,
        ),
        (
            "a page",
            |_| ResponseTemplate::new(200).set_body_raw("<html>", "text/html"),
            "content type \"text/html\" is not JSON",
            false,
        ),
        ("500", |_| ResponseTemplate::new(500), "status 500", false),
        (
            "nowhere",
            |_| ResponseTemplate::new(404),
            "status 404",
            false,
        ),
        (
            "a redirect",
            |_| ResponseTemplate::new(302).insert_header("location", "https://evil.example/"),
            "status 302",
            false,
        ),
    ];
    for (name, wrong, problem, is_error) in rows {
        let issuer = support::issuer().await;
        let (scalekit, clock) = &issuer;
        let metadata = Metadata::of(scalekit, says(&good(scalekit))).await;
        let token = scalekit.token().sign();
        let control = verdict(&discover(&issuer), clock, &token).await;
        assert_eq!(control, "accepted", "{name}: the control");

        metadata.answer(wrong(scalekit));
        logged::lines();
        let verifier = discover(&issuer);
        for _ in 0..3 {
            let (_, text) = unavailable(&verifier, clock, &token).await;
            assert!(text.contains(problem), "{name}: {text}");
            assert!(text.contains(&environment(scalekit)), "{name}: {text}");
        }
        // Once for the attempt, and as loud as what is to be done about it.
        let log = logged::lines();
        assert_eq!(log.len(), 1, "{name}: {log:?}");
        let level = if is_error { "ERROR" } else { " WARN" };
        assert!(log[0].starts_with(level), "{name}: {log:?}");
        assert!(log[0].contains(problem.replace('"', "\\\"").as_str()) || log[0].contains(problem));

        metadata.answer(says(&good(scalekit)));
        clock.advance(seconds(1));
        until(&verifier, |status| status.usable).await;
        let healed = verdict(&verifier, clock, &token).await;
        assert_eq!(healed, "accepted", "{name}: mended");
    }
}

#[tokio::test]
async fn discovery_looks_elsewhere_only_when_nothing_is_there() {
    for (status, found) in [(404, true), (403, true), (500, false), (302, false)] {
        let issuer = support::issuer().await;
        Mock::given(path("/.well-known/oauth-authorization-server"))
            .respond_with(ResponseTemplate::new(status))
            .with_priority(1)
            .mount(issuer.0.server())
            .await;
        let ready = discover(&issuer).ready().await;
        assert_eq!(ready.is_ok(), found, "{status}: {ready:?}");
    }
}

/// The metadata has the back-off of the keys, not one behind the other.
#[tokio::test]
async fn both_documents_wait_together() {
    let issuer = support::issuer().await;
    let (scalekit, clock) = &issuer;
    let outage = scalekit.fail(Endpoint::OpenidConfiguration, Fault::Status(503));
    let verifier = discover(&issuer);
    let due = [0, 1, 3, 7, 15].into_iter().chain((31..300).step_by(30));
    let due: Vec<_> = due.collect();
    for second in 0..300 {
        let expected = due.iter().filter(|at| **at <= second).count();
        until(&verifier, |status| status.failures as usize == expected).await;
        let (unavailable, _) = unavailable(&verifier, clock, &scalekit.token().sign()).await;
        let next = due.iter().find(|at| **at > second).copied();
        let next = next.unwrap_or(301) - second;
        assert_eq!(unavailable.retry_after(), seconds(next), "{second} s");
        clock.advance(seconds(1));
    }
    assert_eq!(metadata_fetches(scalekit), due.len());
    assert_eq!(scalekit.key_fetches(), 0, "their place is unknown");
    drop(outage);
    clock.advance(seconds(1));
    until(&verifier, |status| status.usable).await;
    assert_eq!(scalekit.key_fetches(), 1, "at the first attempt after it");

    // Then the keys alone are away, and the metadata is not asked for more often than it was.
    let before = metadata_fetches(scalekit);
    let outage = scalekit.fail(Endpoint::Keys, Fault::Status(503));
    clock.advance(seconds(240));
    until(&verifier, |status| status.failures == 1).await;
    for failures in 2..=10 {
        clock.advance(seconds(30));
        until(&verifier, |status| status.failures == failures).await;
    }
    let asked = metadata_fetches(scalekit) - before;
    assert!((1..=3).contains(&asked), "{asked} in nine minutes");
    drop(outage);
    clock.advance(seconds(30));
    until(&verifier, |status| status.failures == 0).await;
}

#[tokio::test]
async fn many_cold_callers_cost_one_discovery() {
    let issuer = support::issuer().await;
    let (scalekit, clock) = &issuer;
    let verifier = Arc::new(discover(&issuer));
    let mut callers = tokio::task::JoinSet::new();
    for number in 0..200 {
        let token = scalekit.token().subject(format!("usr_{number}")).sign();
        let (verifier, clock) = (Arc::clone(&verifier), clock.clone());
        callers.spawn(async move { verdict(&verifier, &clock, &token).await });
    }
    for verdict in callers.join_all().await {
        assert_eq!(verdict, "accepted");
    }
    assert_eq!((metadata_fetches(scalekit), scalekit.key_fetches()), (1, 1));
}

/// An issuer that moves its keys: the newest metadata counts, and the old place is left.
#[tokio::test]
async fn keys_that_move_are_followed() {
    let (issuer, elsewhere) = (support::issuer().await, support::issuer().await);
    let (scalekit, clock) = &issuer;
    let metadata = Metadata::of(scalekit, says(&good(scalekit))).await;
    let verifier = discover(&issuer);
    let old = scalekit.token().lifetime(seconds(7200)).sign();
    assert_eq!(verdict(&verifier, clock, &old).await, "accepted");
    let mut moved = good(scalekit);
    moved["jwks_uri"] = elsewhere.0.keys_url().into();
    metadata.answer(says(&moved));
    // In the background, without a request: the keys are fetched again, and beside them the metadata,
    // whose answer counts the next time.
    let elsewhere_url = elsewhere.0.keys_url();
    clock.advance(seconds(240));
    until(&verifier, |status| {
        status.age == Some(seconds(0)) && status.jwks_url.as_deref() == Some(elsewhere_url)
    })
    .await;
    clock.advance(seconds(240));
    until(&verifier, |status| status.age == Some(seconds(0))).await;
    assert_eq!(elsewhere.0.key_fetches(), 1);
    let asked_before = scalekit.key_fetches();
    let new = elsewhere.0.token().claim("iss", scalekit.environment_url());
    let new = new.claim("aud", scalekit.resource_id()).sign();
    assert_eq!(verdict(&verifier, clock, &new).await, "accepted");
    assert_eq!(
        verdict(&verifier, clock, &old).await,
        "unknown_key",
        "the cache goes with the keys"
    );
    assert_eq!(
        scalekit.key_fetches(),
        asked_before,
        "the old place is left"
    );
}

/// Where the keys are is known once and for all, as far as nothing newer is: what bounds the use of
/// keys in an outage is their own age.
#[tokio::test]
async fn metadata_that_goes_away_takes_no_keys_along() {
    let issuer = support::issuer().await;
    let (scalekit, clock) = &issuer;
    let verifier = discover(&issuer);
    let token = scalekit.token().lifetime(seconds(1_000_000)).sign();
    assert_eq!(verdict(&verifier, clock, &token).await, "accepted");
    for fault in [
        Fault::Status(500),
        Fault::Status(404),
        Fault::Body(b"{}".to_vec()),
    ] {
        let _outage = scalekit.fail(Endpoint::OpenidConfiguration, fault);
        for _ in 0..30 {
            clock.advance(seconds(240));
            until(&verifier, |status| status.age == Some(seconds(0))).await;
        }
        assert_eq!(verdict(&verifier, clock, &token).await, "accepted");
        scalekit.keys().rotate();
        clock.advance(seconds(31));
        let new = scalekit.token().lifetime(seconds(1_000_000)).sign();
        assert_eq!(
            verdict(&verifier, clock, &new).await,
            "accepted",
            "read anew"
        );
    }
}

#[tokio::test]
async fn a_doubt_about_a_key_is_logged_once_for_all_who_cause_it() {
    logged::begin();
    let issuer = support::issuer().await;
    let (scalekit, clock) = &issuer;
    let verifier = discover(&issuer);
    let forged = || scalekit.token().unknown_kid().issued_at(clock.now()).sign();
    // The one forced fetch: it is asked for after the token was made.
    let first = verdict(&verifier, clock, &forged()).await;
    assert_eq!(first, "unknown_key");
    assert_eq!(logged::lines(), [""; 0]);
    for _ in 0..3 {
        let next = verdict(&verifier, clock, &forged()).await;
        assert_eq!(next, "unavailable");
    }
    let log = logged::lines();
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].contains("unknown key: a token names one"), "{log:?}");
    assert!(log[0].contains(scalekit.keys_url()), "{log:?}");
}
