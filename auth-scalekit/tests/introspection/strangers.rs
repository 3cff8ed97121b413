//! What one token makes the endpoint do concerns that token: no stranger can make the verifier
//! leave the endpoint alone for others.

use std::collections::HashSet;

use auth_core::support::Clock;
use auth_scalekit::introspection::{Caching, IntrospectionVerifier};
use auth_testkit::TestClock;

use crate::endpoint::{Endpoint, Reply, good, is_random, json, not_active, reply};
use crate::pair::{active, builder, clock, seconds, verdict, verify};

/// A path traversal, which firewalls refuse to pass on. It is a well-formed bearer token.
const HOSTILE: &str = "../../../../etc/passwd";

/// In what ways an endpoint, or what stands before it, can fail about one token.
fn failures() -> Vec<(&'static str, Reply)> {
    let html = "content-type: text/html\r\n";
    let whole = active().to_string();
    let (half, _) = whole.split_at(whole.len() / 2);
    let large = format!(r#"{{"active":true,"groups":"{}"}}"#, "x".repeat(70 * 1024));
    vec![
        (
            "403 of a firewall",
            reply("403 Forbidden", html, "<html>blocked</html>"),
        ),
        ("401 without a reason", reply("401 Unauthorized", "", "")),
        (
            "400",
            json("400 Bad Request", r#"{"error":"invalid_request"}"#),
        ),
        (
            "400 that names the client",
            json("400 Bad Request", r#"{"error":"invalid_client"}"#),
        ),
        ("404", reply("404 Not Found", "", "")),
        (
            "406 of a firewall",
            reply("406 Not Acceptable", html, "<html>"),
        ),
        ("413", reply("413 Content Too Large", "", "")),
        (
            "429 with a huge Retry-After",
            reply("429 Too Many Requests", "retry-after: 99999999\r\n", ""),
        ),
        ("500", reply("500 Internal Server Error", "", "")),
        (
            "503",
            reply("503 Service Unavailable", "retry-after: 120\r\n", ""),
        ),
        (
            "a redirect",
            reply("302 Found", "location: /blocked\r\n", ""),
        ),
        ("204", reply("204 No Content", "", "")),
        (
            "a page with status 200",
            reply("200 OK", html, "<html>blocked</html>"),
        ),
        ("half a JSON text", json("200 OK", half)),
        ("another JSON value", json("200 OK", "[]")),
        ("70 KiB", json("200 OK", &large)),
        ("a reset", Reply::Reset),
        ("an end without an answer", Reply::Cut(String::new())),
        (
            "half an answer",
            Reply::Cut("HTTP/1.1 200 OK\r\ncontent-type: appl".into()),
        ),
        ("no HTTP", Reply::Cut("SSH-2.0-OpenSSH\r\n".into())),
    ]
}

struct Harness {
    endpoint: Endpoint,
    verifier: IntrospectionVerifier,
    clock: TestClock,
}

impl Harness {
    async fn start(script: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let endpoint = Endpoint::start(script).await;
        let clock = clock();
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
}

/// Honest tokens get the good answer, hostile ones another.
fn script(to_hostile: Reply) -> impl Fn(&str) -> Reply + Send + Sync + 'static {
    move |token| {
        if token.contains("..") {
            to_hostile.clone()
        } else if token.starts_with("good") {
            good()
        } else {
            not_active()
        }
    }
}

/// 100 s in which one hostile token comes twice a second, and beside it each time an honest token
/// for the first time, and one that has been accepted before.
async fn one_hostile_token(name: &str, to_hostile: Reply) -> Harness {
    let harness = Harness::start(script(to_hostile)).await;
    assert_eq!(harness.verdict("good").await, "accepted", "{name}: control");
    for half_second in 0..200 {
        harness.verdict(HOSTILE).await;
        let new = harness
            .verdict(&format!("good {half_second}").replace(' ', "-"))
            .await;
        assert_eq!(new, "accepted", "{name}: {half_second}");
        assert_eq!(
            harness.verdict("good").await,
            "accepted",
            "{name}: {half_second}"
        );
        harness.clock.advance(seconds(1) / 2);
    }
    harness
}

#[tokio::test]
async fn one_hostile_token_costs_no_other_token_anything() {
    let harness = one_hostile_token("the control", not_active()).await;
    assert_eq!(harness.verdict(HOSTILE).await, "revoked", "the control");
    assert_eq!(harness.endpoint.calls_about(HOSTILE), 201, "the control");

    for (name, failure) in failures() {
        let harness = one_hostile_token(name, failure).await;
        let verdict = harness.verdict(HOSTILE).await;
        assert!(verdict.starts_with("unavailable"), "{name}: {verdict}");
        // At 0, 1, 3, 7, 15, 31, 61 and 91 s, or less often with `Retry-After`.
        let calls = harness.endpoint.calls_about(HOSTILE);
        assert!((4..=8).contains(&calls), "{name}: {calls} calls");
        assert!(harness.verifier.status().usable, "{name}");
        assert_eq!(harness.verifier.status().failures, 0, "{name}");
    }
}

#[tokio::test]
async fn a_hostile_token_is_not_even_sent_during_its_back_off() {
    for (name, failure) in failures() {
        let harness = Harness::start(script(failure)).await;
        let verdict = harness.verdict(HOSTILE).await;
        assert!(verdict.starts_with("unavailable"), "{name}: {verdict}");
        for _ in 0..100 {
            assert_eq!(harness.verdict(HOSTILE).await, verdict, "{name}");
        }
        assert_eq!(harness.endpoint.calls_about(HOSTILE), 1, "{name}");
        // It is no verdict on the token: an outage of one token ends like any other.
        harness.endpoint.answers(|_| good());
        harness.clock.advance(seconds(30));
        assert_eq!(harness.verdict(HOSTILE).await, "accepted", "{name}");
    }
}

/// Many different hostile tokens before every honest one.
async fn many_hostile_tokens(name: &str, harness: &Harness) {
    const ROUNDS: usize = 10;
    assert_eq!(harness.verdict("good").await, "accepted", "{name}: control");
    let mut probes = HashSet::new();
    for round in 0..ROUNDS {
        for n in 0..5 {
            let verdict = harness.verdict(&format!("../{round}/{n}")).await;
            assert!(verdict.starts_with("unavailable"), "{name}: {verdict}");
        }
        let new = harness.verdict(&format!("good-{round}")).await;
        assert_eq!(new, "accepted", "{name}: {round}");
        assert_eq!(harness.verdict("good").await, "accepted", "{name}: {round}");
        probes.insert(harness.endpoint.probes());
        harness.clock.advance(seconds(1));
    }
    assert!(harness.verifier.status().usable, "{name}");
    let probes = harness.endpoint.probes();
    assert!(
        (1..=ROUNDS + 1).contains(&probes),
        "{name}: {probes} probes"
    );
}

#[tokio::test]
async fn many_hostile_tokens_cost_honest_ones_nothing() {
    for (name, failure) in failures() {
        let harness = Harness::start(script(failure)).await;
        many_hostile_tokens(name, &harness).await;
    }
}

/// Some endpoints do not say that a token is not active: they answer an error to every one that
/// they do not know.
#[tokio::test]
async fn not_even_where_every_unknown_token_is_an_error() {
    let answers = failures().into_iter().filter(|(name, reply)| {
        // Without an answer to anything unknown, the endpoint is out of order for all it seems;
        // and who says that the client is wrong means it.
        matches!(reply, Reply::Bytes(_)) && *name != "400 that names the client"
    });
    for (name, failure) in answers {
        let harness = Harness::start(move |token| {
            if token.starts_with("good") {
                good()
            } else {
                failure.clone()
            }
        })
        .await;
        many_hostile_tokens(name, &harness).await;
    }
}

/// Firewalls that drop what they do not like let the caller run into its limit of time. The paused
/// clock of tokio jumps there when nothing else is left to do.
#[tokio::test(start_paused = true)]
async fn tokens_that_get_no_answer_in_time_cost_honest_ones_nothing() {
    let harness = Harness::start(script(Reply::Silence)).await;
    for round in 0..5 {
        for n in 0..4 {
            let verdict = harness.verdict(&format!("../{round}/{n}")).await;
            assert!(verdict.starts_with("unavailable"), "{verdict}");
        }
        let new = harness.verdict(&format!("good-{round}")).await;
        assert_eq!(new, "accepted", "{round}");
        harness.clock.advance(seconds(1));
    }
    assert!(harness.verifier.status().usable);
    assert!(harness.endpoint.probes() > 0);
}

#[tokio::test]
async fn a_probe_is_about_another_random_token_each_time() {
    let harness = Harness::start(|token| {
        if is_random(token) {
            not_active()
        } else {
            Reply::Reset
        }
    })
    .await;
    // A probe ends when it ends, so the rounds that it takes are not counted, only bounded.
    let mut rounds = 0;
    while harness.endpoint.probes() < 5 {
        for n in 0..3 {
            harness.verdict(&format!("../{rounds}/{n}")).await;
        }
        harness.clock.advance(seconds(1));
        rounds += 1;
        assert!(rounds < 1000, "no more probes");
    }
    assert_eq!(
        harness.endpoint.calls(),
        3 * rounds + 5,
        "each was sent once"
    );
    assert!(harness.verifier.status().usable);
}
