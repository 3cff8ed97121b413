//! An endpoint that is out of order is never the caller's fault, is left alone, and comes back by
//! itself.

use std::net::TcpListener;
use std::time::Duration;

use auth_core::error::ErrorChain;
use auth_core::support::Clock;
use auth_core::verifier::VerifyError;
use auth_scalekit::introspection::{Caching, IntrospectionVerifier};
use auth_testkit::TestClock;
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::endpoint::{self, Endpoint, Reply, good, is_random, not_active, reply};
use crate::pair::{
    NOW, Pair, active, answer, at, builder, clock, inactive, seconds, verdict, verify,
};

fn json_text(text: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(text, "application/json")
}

/// The error with all its causes.
async fn why(pair: &Pair, token: &str) -> String {
    let Err(VerifyError::Unavailable(unavailable)) = pair.verify(token).await else {
        panic!("it is available");
    };
    ErrorChain(&unavailable).to_string()
}

#[tokio::test]
async fn every_failure_is_an_outage_that_ends_by_itself() {
    let status = ResponseTemplate::new;
    let html = || ResponseTemplate::new(200).set_body_raw("<html>", "text/html");
    let good = active().to_string();
    let (half, _) = good.split_at(good.len() / 2);
    for (name, template, cause) in [
        ("500", status(500), "status 500"),
        ("502", status(502), "status 502"),
        ("503", status(503), "status 503"),
        (
            "401",
            status(401),
            "status 401 Unauthorized: check client_authentication",
        ),
        (
            "403",
            status(403),
            "status 403 Forbidden: check client_authentication",
        ),
        ("404", status(404), "status 404"),
        ("405", status(405), "status 405"),
        ("429", status(429), "status 429"),
        ("302", status(302), "status 302"),
        ("201", status(201).set_body_json(active()), "status 201"),
        ("204", status(204), "status 204"),
        (
            "a 401 that says not active",
            status(401).set_body_json(json!({"active": false})),
            "status 401",
        ),
        ("HTML", html(), "content type \"text/html\" is not JSON"),
        (
            "a JWT answer",
            status(200).set_body_raw("e30.e30.", "application/token-introspection+jwt"),
            "not JSON",
        ),
        (
            "JSON without its type",
            status(200).set_body_string(good.clone()),
            "content type \"text/plain\" is not JSON",
        ),
        ("nothing", json_text(""), "not a JSON object"),
        ("truncated JSON", json_text(half), "not a JSON object"),
        (
            "JSON and more",
            json_text(&format!("{good}x")),
            "not a JSON object",
        ),
        ("an array", json_text("[]"), "not a JSON object"),
        ("a word", json_text("true"), "not a JSON object"),
        (
            "not UTF-8",
            status(200).set_body_raw(
                &b"{\"active\":true,\"sub\":\"\xff\"}"[..],
                "application/json",
            ),
            "not a JSON object",
        ),
        (
            "nested too deeply",
            json_text(&format!(
                "{{\"a\":{}{}}}",
                "[".repeat(9000),
                "]".repeat(9000)
            )),
            "not a JSON object",
        ),
    ] {
        let pair = Pair::start().await;
        pair.answers(answer(&active())).await;
        assert_eq!(pair.verdict("good").await, "accepted", "{name}: control");

        pair.answers(template).await;
        assert_eq!(pair.verdict("token").await, "unavailable 1", "{name}");
        assert_eq!(pair.requests().await, 1, "{name}");
        let why = why(&pair, "token").await;
        assert!(why.contains(cause), "{name}: {why}");
        assert!(why.contains("/introspect: "), "{name}: {why}");
        assert_eq!(pair.verdict("good").await, "accepted", "{name}: remembered");
        assert_eq!(pair.requests().await, 1, "{name}: left alone");

        pair.answers(answer(&active())).await;
        assert_eq!(
            pair.verdict("token").await,
            "unavailable 1",
            "{name}: too soon"
        );
        assert_eq!(pair.requests().await, 0, "{name}: too soon");
        assert_eq!(pair.verdict("other").await, "accepted", "{name}: another");
        pair.clock.advance(seconds(1));
        assert_eq!(pair.verdict("token").await, "accepted", "{name}: recovered");
    }
}

#[tokio::test]
async fn the_waits_of_a_token_double_to_half_a_minute_and_start_anew() {
    let pair = Pair::start().await;
    for round in ["first", "second"] {
        pair.answers(ResponseTemplate::new(500)).await;
        for wait in [1, 2, 4, 8, 16, 30, 30] {
            assert_eq!(
                pair.verdict("token").await,
                format!("unavailable {wait}"),
                "{round}"
            );
            pair.clock
                .advance(seconds(wait) - std::time::Duration::from_millis(1));
            assert_eq!(
                pair.verdict("token").await,
                "unavailable 0",
                "{round}: not yet"
            );
            pair.clock.advance(std::time::Duration::from_millis(1));
        }
        assert_eq!(pair.requests().await, 7, "{round}");
        pair.answers(inactive()).await;
        assert_eq!(pair.verdict("token").await, "revoked", "an answer ends it");
    }
}

#[tokio::test]
async fn the_endpoint_may_ask_for_a_longer_wait() {
    for (name, text, wait) in [
        ("none", None, 1),
        ("a longer one", Some("7"), 7),
        ("a shorter one", Some("0"), 1),
        ("an endless one", Some("99999999"), 30),
        ("a date", Some("Wed, 21 Oct 2026 07:28:00 GMT"), 1),
        ("no number", Some("-5"), 1),
    ] {
        let pair = Pair::start().await;
        let mut template = ResponseTemplate::new(429);
        if let Some(text) = text {
            template = template.insert_header("retry-after", text);
        }
        pair.answers(template).await;
        assert_eq!(
            pair.verdict("token").await,
            format!("unavailable {wait}"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_large_answer_that_fits_is_read() {
    let pair = Pair::start().await;
    let mut body = active();
    body["groups"] = json!("x".repeat(60 * 1024));
    pair.answers(answer(&body)).await;
    assert_eq!(pair.verdict("token").await, "accepted");
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let clock = clock();
    let verifier = builder(&format!("http://{address}"), &clock)
        .build()
        .unwrap();
    let result = verify(&verifier, "token", at(NOW)).await;
    assert_eq!(verdict(&result), "unavailable 1");
    let Err(VerifyError::Unavailable(unavailable)) = result else {
        panic!("seen above");
    };
    let why = ErrorChain(&unavailable).to_string();
    assert!(why.to_lowercase().contains("connection refused"), "{why}");

    let server = MockServer::builder()
        .listener(TcpListener::bind(address).unwrap())
        .start()
        .await;
    Mock::given(any())
        .respond_with(answer(&active()))
        .mount(&server)
        .await;
    clock.advance(seconds(1));
    let result = verify(&verifier, "token", at(NOW)).await;
    assert_eq!(verdict(&result), "accepted");
}

#[tokio::test]
async fn an_answer_that_ends_too_early() {
    let body = active().to_string();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    for (name, bytes) in [
        ("no byte", String::new()),
        ("half a status line", "HTTP/1.1 2".into()),
        ("no body", head.clone()),
        (
            "half a body",
            format!("{head}{}", body.split_at(length - 9).0),
        ),
        ("something else than HTTP", "SSH-2.0-OpenSSH\r\n".into()),
    ] {
        let clock = clock();
        let endpoint = Endpoint::start(|_| good()).await;
        let verifier = builder(endpoint.origin(), &clock).build().unwrap();
        let result = verify(&verifier, "good", at(NOW)).await;
        assert_eq!(verdict(&result), "accepted", "{name}: control");
        endpoint.answers(move |_| Reply::Cut(bytes.clone()));
        let result = verify(&verifier, "token", at(NOW)).await;
        assert_eq!(verdict(&result), "unavailable 1", "{name}");
        endpoint.answers(|_| good());
        clock.advance(seconds(1));
        let result = verify(&verifier, "token", at(NOW)).await;
        assert_eq!(verdict(&result), "accepted", "{name}: recovered");
    }
}

/// The paused clock of tokio jumps to the next timer when all tasks wait, so that three seconds take no
/// time.
#[tokio::test(start_paused = true)]
async fn an_endpoint_that_never_answers() {
    let endpoint = Endpoint::start(|_| Reply::Silence).await;
    let verifier = builder(endpoint.origin(), &clock()).build().unwrap();
    let result = verify(&verifier, "token", at(NOW)).await;
    assert_eq!(verdict(&result), "unavailable 1");
    let Err(VerifyError::Unavailable(unavailable)) = result else {
        panic!("seen above");
    };
    let why = ErrorChain(&unavailable).to_string();
    assert!(why.contains("timed out"), "{why}");
}

/// A verifier without a cache, and its endpoint.
struct Harness {
    endpoint: Endpoint,
    verifier: IntrospectionVerifier,
    clock: TestClock,
}

impl Harness {
    async fn start(script: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let (endpoint, clock) = (Endpoint::start(script).await, clock());
        let verifier = builder(endpoint.origin(), &clock)
            .caching(Caching::off())
            .build()
            .unwrap();
        Self {
            endpoint,
            verifier,
            clock,
        }
    }

    async fn verdict(&self, token: &str) -> String {
        verdict(&verify(&self.verifier, token, self.clock.now()).await)
    }

    /// Different tokens, each with this verdict.
    async fn verdicts(&self, names: &str, tokens: usize, expected: &str) {
        for n in 0..tokens {
            let verdict = self.verdict(&format!("{names}{n}")).await;
            assert_eq!(verdict, expected, "{names}{n}");
        }
    }

    fn is_open(&self) -> bool {
        !self.verifier.status().usable
    }

    /// Waits for the verdict on the endpoint, which no caller waits for.
    async fn opens(&self) {
        for _ in 0..1_000_000 {
            if self.verifier.status().failures > 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("it does not open: {:?}", self.verifier.status());
    }

    /// Waits for `probes` probes and a little longer, to see that nothing else happens.
    async fn has_probed(&self, probes: usize) {
        while self.endpoint.probes() < probes {
            tokio::task::yield_now().await;
        }
        // An answer comes back to a task of this one thread within a few turns of it.
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
    }
}

fn status(status: &str) -> Reply {
    reply(status, "", "")
}

#[tokio::test]
async fn without_any_answer_to_several_tokens_the_endpoint_is_left_alone() {
    for (name, failure) in [
        ("a reset", Reply::Reset),
        ("an end", Reply::Cut(String::new())),
        ("half an answer", Reply::Cut("HTTP/1.1 200 OK\r\n".into())),
    ] {
        let harness = Harness::start(|_| good()).await;
        harness.verdicts("good", 1, "accepted").await;
        harness.endpoint.answers(move |_| failure.clone());
        let calls = harness.endpoint.calls();
        harness.verdicts("t", 2, "unavailable 1").await;
        assert_eq!(harness.endpoint.calls(), calls + 2, "{name}: no probe yet");
        harness.verdicts("third", 1, "unavailable 1").await;
        harness.opens().await;
        assert_eq!(harness.endpoint.calls(), calls + 4, "{name}: and one probe");
        assert_eq!(harness.endpoint.probes(), 1, "{name}");

        // From here on everyone is answered at once, those that were accepted before as well.
        harness.verdicts("u", 100, "unavailable 1").await;
        harness.verdicts("good", 1, "unavailable 1").await;
        assert_eq!(harness.endpoint.calls(), calls + 4, "{name}: left alone");
        let status = harness.verifier.status();
        assert_eq!(status.failures, 1, "{name}");
        let error = status.last_error.unwrap();
        assert!(error.contains("/introspect: "), "{name}: {error}");
    }
}

#[tokio::test]
async fn one_token_alone_is_no_evidence_however_often_it_fails() {
    for failure in [Reply::Reset, status("500 Oops")] {
        let harness = Harness::start(move |_| failure.clone()).await;
        for _ in 0..10 {
            for token in ["a", "b"] {
                let verdict = harness.verdict(token).await;
                assert!(verdict.starts_with("unavailable"), "{verdict}");
            }
            harness.clock.advance(seconds(30));
        }
        assert_eq!(harness.endpoint.probes(), 0);
        assert_eq!(harness.endpoint.calls(), 20, "each has a separate back-off");
    }
}

#[tokio::test]
async fn a_good_answer_between_takes_the_evidence_away() {
    for (name, between) in [("accepted", good()), ("refused", not_active())] {
        let harness = Harness::start(move |token| {
            if token.starts_with("good") {
                between.clone()
            } else {
                Reply::Reset
            }
        })
        .await;
        for round in 0..10 {
            harness
                .verdicts(&format!("{round}-"), 2, "unavailable 1")
                .await;
            harness.verdict("good").await;
        }
        assert_eq!(harness.endpoint.probes(), 0, "{name}");
    }
}

#[tokio::test]
async fn half_open_a_probe_tries_the_endpoint_and_no_token_of_a_caller() {
    let harness = Harness::start(|_| Reply::Reset).await;
    harness.verdicts("t", 3, "unavailable 1").await;
    harness.opens().await;
    let waits = [1, 2, 4, 8, 16, 30, 30, 30];
    for (failures, (wait, next)) in (1..).zip(waits.into_iter().zip(waits.into_iter().skip(1))) {
        assert_eq!(harness.verifier.status().failures, failures);
        let millisecond = Duration::from_millis(1);
        harness.clock.advance(seconds(wait) - millisecond);
        assert_eq!(harness.verdict("u").await, "unavailable 0", "not yet");
        assert_eq!(harness.endpoint.probes(), failures as usize);
        harness.clock.advance(millisecond);
        // Neither with the tokens that broke it nor with another one.
        for token in ["t0", "u"] {
            assert_eq!(harness.verdict(token).await, format!("unavailable {next}"));
        }
        assert_eq!(harness.endpoint.probes(), failures as usize + 1);
        assert_eq!(harness.endpoint.calls_about("t0"), 1);
        assert_eq!(harness.endpoint.calls_about("u"), 0);
    }
    harness.endpoint.answers(|token| {
        if is_random(token) {
            not_active()
        } else {
            good()
        }
    });
    harness.clock.advance(seconds(30));
    harness.verdicts("v", 1, "accepted").await;
    assert!(!harness.is_open());
    assert_eq!(harness.verifier.status().failures, 0);
    assert_eq!(harness.verifier.status().last_error, None);
    harness.verdicts("t", 3, "accepted").await;

    harness.endpoint.answers(|_| Reply::Reset);
    harness.clock.advance(seconds(1));
    harness.verdicts("w", 3, "unavailable 1").await;
    harness.opens().await;
    harness.verdicts("x", 1, "unavailable 1").await;
}

#[tokio::test]
async fn while_a_probe_is_under_way_nobody_else_waits_for_it() {
    let harness = Harness::start(|_| Reply::Reset).await;
    harness.verdicts("t", 3, "unavailable 1").await;
    harness.opens().await;
    harness.clock.advance(seconds(1));
    let Reply::Bytes(bytes) = not_active() else {
        panic!("see there");
    };
    harness.endpoint.answers(move |token| {
        if is_random(token) {
            Reply::Held(bytes.clone())
        } else {
            good()
        }
    });
    let first = tokio::spawn({
        let (verifier, now) = (harness.verifier.clone(), harness.clock.now());
        async move { verdict(&verify(&verifier, "first", now).await) }
    });
    harness.endpoint.has_held(1).await;
    harness.verdicts("u", 10, "unavailable 3").await;
    assert_eq!(harness.endpoint.calls_about("first"), 0, "it waits");
    harness.endpoint.release(1);
    assert_eq!(first.await.unwrap(), "accepted");
    harness.verdicts("u", 10, "accepted").await;
}

#[tokio::test]
async fn a_call_that_was_under_way_closes_it_too() {
    let Reply::Bytes(bytes) = good() else {
        panic!("see there");
    };
    let harness = Harness::start(move |token| {
        if token == "slow" {
            Reply::Held(bytes.clone())
        } else {
            Reply::Reset
        }
    })
    .await;
    let slow = tokio::spawn({
        let (verifier, now) = (harness.verifier.clone(), harness.clock.now());
        async move { verdict(&verify(&verifier, "slow", now).await) }
    });
    harness.endpoint.has_held(1).await;
    harness.verdicts("t", 3, "unavailable 1").await;
    harness.opens().await;
    harness.endpoint.answers(|_| good());
    harness.verdicts("u", 1, "unavailable 1").await;
    harness.endpoint.release(1);
    assert_eq!(slow.await.unwrap(), "accepted");
    harness.verdicts("u", 1, "accepted").await;
}

#[tokio::test]
async fn bad_answers_count_when_tokens_that_were_accepted_before_get_them() {
    for failure in [
        status("500 Oops"),
        status("503 Service Unavailable"),
        status("429 Too Many Requests"),
        status("401 Unauthorized"),
        status("403 Forbidden"),
        status("302 Found"),
        endpoint::json("200 OK", "{"),
    ] {
        let harness = Harness::start(|_| good()).await;
        harness.verdicts("known", 3, "accepted").await;
        harness.endpoint.answers(move |_| failure.clone());

        // New tokens are no evidence: a firewall may reject exactly those.
        harness.verdicts("new", 10, "unavailable 1").await;
        harness.has_probed(1).await;
        assert!(!harness.is_open());
        harness.clock.advance(seconds(1));

        harness.verdicts("known", 2, "unavailable 1").await;
        harness.has_probed(2).await;
        assert!(!harness.is_open());
        harness.clock.advance(seconds(1));
        assert_eq!(harness.verdict("known2").await, "unavailable 1");
        harness.opens().await;
        let calls = harness.endpoint.calls();
        harness.verdicts("other", 10, "unavailable 1").await;
        assert_eq!(harness.endpoint.calls(), calls);

        harness.clock.advance(seconds(1));
        assert_eq!(harness.verdict("other").await, "unavailable 2", "as before");
        harness.endpoint.answers(|_| good());
        harness.clock.advance(seconds(2));
        assert_eq!(harness.verdict("other").await, "accepted");
        harness.verdicts("known", 3, "accepted").await;
    }
}

#[tokio::test]
async fn bad_answers_count_when_unknown_tokens_got_good_ones_before() {
    let firewall = |token: &str| match token {
        _ if token.starts_with("..") => status("403 Forbidden"),
        "known0" | "known1" => good(),
        _ => not_active(),
    };
    let harness = Harness::start(firewall).await;
    harness.verdicts("known", 2, "accepted").await;
    harness.verdicts("../", 3, "unavailable 1").await;
    // The probe shows that it is about those tokens, and that unknown ones are answered here.
    harness.has_probed(1).await;
    assert_eq!(harness.verifier.status().failures, 0);

    harness.clock.advance(seconds(1));
    harness.endpoint.answers(|_| status("500 Oops"));
    harness.verdicts("new", 3, "unavailable 1").await;
    harness.opens().await;
    let calls = harness.endpoint.calls();
    harness.verdicts("other", 10, "unavailable 1").await;
    assert_eq!(harness.endpoint.calls(), calls);

    // Tokens that were accepted before are not stopped by what happens to others.
    assert!(!harness.is_open());
    harness.verdicts("known", 1, "unavailable 1").await;
    assert_eq!(
        harness.endpoint.calls_about("known0"),
        2,
        "it was asked about"
    );
    harness.endpoint.answers(|_| good());
    assert_eq!(harness.verdict("other").await, "unavailable 1", "too soon");
    assert_eq!(harness.verdict("known1").await, "accepted");
    assert_eq!(harness.verdict("other").await, "accepted", "that ends it");
}

#[tokio::test]
async fn wrong_credentials_of_our_own_need_no_second_token() {
    let named = |status, code| endpoint::json(status, &json!({"error": code}).to_string());
    for (name, failure) in [
        ("401", named("401 Unauthorized", "invalid_client")),
        ("400", named("400 Bad Request", "invalid_client")),
        ("403", named("403 Forbidden", "invalid_client")),
        (
            "another code",
            named("401 Unauthorized", "unauthorized_client"),
        ),
    ] {
        let harness = Harness::start(move |_| failure.clone()).await;
        harness.verdicts("t", 1, "unavailable 1").await;
        harness.opens().await;
        assert_eq!(harness.endpoint.calls(), 2, "{name}: and a probe");
        harness.verdicts("u", 10, "unavailable 1").await;
        assert_eq!(harness.endpoint.calls(), 2, "{name}");
        let error = harness.verifier.status().last_error.unwrap();
        assert!(
            error.ends_with("the client is not accepted: check client_authentication"),
            "{name}: {error}"
        );
        harness.endpoint.answers(|_| good());
        harness.clock.advance(seconds(1));
        harness.verdicts("t", 1, "accepted").await;
    }
    for (name, other) in [
        ("another error", named("401 Unauthorized", "invalid_token")),
        ("in a good answer", named("200 OK", "invalid_client")),
        ("another status", named("500 Oops", "invalid_client")),
        (
            "no JSON",
            reply("401 Unauthorized", "", r#"{"error":"invalid_client"}"#),
        ),
    ] {
        let harness = Harness::start(move |_| other.clone()).await;
        harness.verdict("t").await;
        harness.verdict("u").await;
        assert_eq!(harness.endpoint.probes(), 0, "{name}");
    }
}

#[tokio::test]
async fn an_open_circuit_waits_for_as_long_as_the_endpoint_asks() {
    for (retry_after, wait) in [("0", 1), ("7", 7), ("99999999", 30)] {
        let harness = Harness::start(|_| good()).await;
        harness.verdicts("known", 3, "accepted").await;
        let headers = format!("retry-after: {retry_after}\r\n");
        harness
            .endpoint
            .answers(move |_| reply("429 Too Many Requests", &headers, ""));
        let expected = format!("unavailable {wait}");
        harness.verdicts("known", 3, &expected).await;
        harness.opens().await;
        assert_eq!(harness.verdict("other").await, expected);
    }
}

/// Each caller waits for its time limit until there is enough evidence, and none after that. The paused clock of tokio jumps to the limit when nothing else is left to do.
#[tokio::test(start_paused = true)]
async fn honest_callers_do_not_all_wait_for_an_endpoint_that_hangs() {
    let harness = Harness::start(|_| Reply::Silence).await;
    let started = tokio::time::Instant::now();
    harness.verdicts("t", 3, "unavailable 1").await;
    assert_eq!(started.elapsed().as_secs(), 9);
    tokio::time::sleep(seconds(4)).await;
    assert!(harness.is_open());
    let opened = tokio::time::Instant::now();
    harness.verdicts("u", 1000, "unavailable 1").await;
    assert_eq!(opened.elapsed().as_millis(), 0, "they are answered at once");
    assert_eq!(harness.endpoint.calls(), 4);
}
