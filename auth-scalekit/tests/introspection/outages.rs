//! An endpoint that is ill is never the caller's fault, is left alone, and comes back by itself.

use std::net::TcpListener;

use auth_core::{ErrorChain, VerifyError};
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::held::{Held, http};
use crate::pair::{
    NOW, Pair, active, answer, at, builder, clock, inactive, seconds, verdict, verify,
};

fn json_text(text: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(text, "application/json")
}

/// The error with all its causes.
async fn why(pair: &Pair) -> String {
    let Err(VerifyError::Unavailable(unavailable)) = pair.verify("why").await else {
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
            "status 401 Unauthorized: is client_authentication right?",
        ),
        (
            "403",
            status(403),
            "status 403 Forbidden: is client_authentication right?",
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
        ("HTML", html(), "not JSON but \"text/html\""),
        (
            "a JWT answer",
            status(200).set_body_raw("e30.e30.", "application/token-introspection+jwt"),
            "not JSON",
        ),
        (
            "JSON without its type",
            status(200).set_body_string(good.clone()),
            "not JSON but \"text/plain\"",
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
        let why = why(&pair).await;
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
        pair.clock.advance(seconds(1));
        assert_eq!(pair.verdict("token").await, "accepted", "{name}: recovered");
    }
}

#[tokio::test]
async fn waits_double_to_half_a_minute_and_start_anew() {
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
async fn one_poisoned_token_shuts_the_endpoint_for_nobody_else() {
    let large = json!({"active": true, "groups": "x".repeat(70 * 1024)});
    for (name, template) in [
        ("400", ResponseTemplate::new(400)),
        ("413", ResponseTemplate::new(413)),
        ("414", ResponseTemplate::new(414)),
        ("422", ResponseTemplate::new(422)),
        ("431", ResponseTemplate::new(431)),
        ("70 KiB", answer(&large)),
    ] {
        let pair = Pair::start().await;
        pair.answers_but_for(answer(&active()), "poison", template)
            .await;
        for _ in 0..3 {
            assert_eq!(pair.verdict("poison").await, "unavailable 1", "{name}");
        }
        assert_eq!(pair.verdict("token").await, "accepted", "{name}");
        pair.answers(answer(&active())).await;
        assert_eq!(
            pair.verdict("poison").await,
            "accepted",
            "{name}: recovered"
        );
    }
}

#[tokio::test]
async fn an_answer_about_a_poisoned_token_is_a_sign_of_life() {
    let pair = Pair::start().await;
    pair.answers(ResponseTemplate::new(500)).await;
    assert_eq!(pair.verdict("token").await, "unavailable 1");
    pair.clock.advance(seconds(1));
    pair.answers_but_for(answer(&active()), "poison", ResponseTemplate::new(400))
        .await;
    assert_eq!(pair.verdict("poison").await, "unavailable 1");
    assert_eq!(pair.verdict("token").await, "accepted");
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
    for (name, bytes) in [
        ("no byte", String::new()),
        ("half a status line", "HTTP/1.1 2".into()),
        ("no body", http("200 OK", &body).replace(&body, "")),
        ("half a body", {
            let whole = http("200 OK", &body);
            whole.split_at(whole.len() - 9).0.to_owned()
        }),
        ("something else than HTTP", "SSH-2.0-OpenSSH\r\n".into()),
    ] {
        let clock = clock();
        let held = Held::start(http("200 OK", &body)).await;
        held.release(100);
        let verifier = builder(held.origin(), &clock).build().unwrap();
        let result = verify(&verifier, "good", at(NOW)).await;
        assert_eq!(verdict(&result), "accepted", "{name}: control");
        held.answers(bytes);
        let result = verify(&verifier, "token", at(NOW)).await;
        assert_eq!(verdict(&result), "unavailable 1", "{name}");
        held.answers(http("200 OK", &body));
        clock.advance(seconds(1));
        let result = verify(&verifier, "token", at(NOW)).await;
        assert_eq!(verdict(&result), "accepted", "{name}: recovered");
    }
}

/// The paused clock of tokio jumps to the next timer whenever nothing else is left to do, so that
/// three seconds take none.
#[tokio::test(start_paused = true)]
async fn an_endpoint_that_never_answers() {
    let held = Held::start(String::new()).await;
    let verifier = builder(held.origin(), &clock()).build().unwrap();
    let result = verify(&verifier, "token", at(NOW)).await;
    assert_eq!(verdict(&result), "unavailable 1");
    let Err(VerifyError::Unavailable(unavailable)) = result else {
        panic!("seen above");
    };
    let why = ErrorChain(&unavailable).to_string();
    assert!(why.contains("timed out"), "{why}");
}

#[tokio::test]
async fn one_call_tries_an_endpoint_that_failed() {
    let clock = clock();
    let held = Held::start(http("500 Oops", "")).await;
    held.release(1);
    let verifier = builder(held.origin(), &clock).build().unwrap();
    let result = verify(&verifier, "a", at(NOW)).await;
    assert_eq!(verdict(&result), "unavailable 1");
    clock.advance(seconds(1));
    held.answers(http("200 OK", &active().to_string()));

    let trying = tokio::spawn({
        let verifier = verifier.clone();
        async move { verify(&verifier, "a", at(NOW)).await }
    });
    held.has(2).await;
    let result = verify(&verifier, "b", at(NOW)).await;
    assert_eq!(
        verdict(&result),
        "unavailable 3",
        "as long as a call may take"
    );
    assert_eq!(held.requests(), 2);
    held.release(1);
    assert_eq!(verdict(&trying.await.unwrap()), "accepted");
    held.release(1);
    let result = verify(&verifier, "b", at(NOW)).await;
    assert_eq!(verdict(&result), "accepted", "open for all again");
}

#[tokio::test]
async fn calls_that_fail_together_count_once() {
    let clock = clock();
    let held = Held::start(http("500 Oops", "")).await;
    let verifier = builder(held.origin(), &clock).build().unwrap();
    let mut callers = tokio::task::JoinSet::new();
    for n in 0..20 {
        let verifier = verifier.clone();
        callers.spawn(async move { verify(&verifier, &format!("t{n}"), at(NOW)).await });
    }
    held.has(20).await;
    held.release(20);
    while let Some(result) = callers.join_next().await {
        assert_eq!(verdict(&result.unwrap()), "unavailable 1");
    }
}
