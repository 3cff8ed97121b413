//! Tokens that were accepted before have reserved calls, tested while all other calls are taken.

use std::time::Duration;

use auth_core::support::Clock;
use auth_scalekit::introspection::{Caching, IntrospectionBuilder, IntrospectionVerifier};
use auth_testkit::TestClock;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::endpoint::{Endpoint, Reply, good, json, not_active};
use crate::pair::{NOW, active, builder, clock, seconds, verdict, verify};

struct Harness {
    endpoint: Endpoint,
    verifier: IntrospectionVerifier,
    clock: TestClock,
    garbage: JoinSet<()>,
}

/// Replies to all tokens but garbage, which gets none.
fn answers(to_others: Reply) -> impl Fn(&str) -> Reply + Send + Sync + 'static {
    move |token| {
        if token.starts_with("garbage") {
            Reply::Held(String::new())
        } else {
            to_others.clone()
        }
    }
}

impl Harness {
    async fn start(settings: impl FnOnce(IntrospectionBuilder) -> IntrospectionBuilder) -> Self {
        let (endpoint, clock) = (Endpoint::start(answers(good())).await, clock());
        let builder = builder(endpoint.origin(), &clock)
            .caching(Caching::off())
            .max_concurrent_calls(4);
        Self {
            verifier: settings(builder).build().unwrap(),
            endpoint,
            clock,
            garbage: JoinSet::new(),
        }
    }

    async fn verdict(&self, token: &str) -> String {
        verdict(&verify(&self.verifier, token, self.clock.now()).await)
    }

    /// Takes the place for tokens that were never seen, and the four seats before it.
    async fn flood(&mut self) {
        for n in 0..5 {
            let (verifier, now) = (self.verifier.clone(), self.clock.now());
            self.garbage.spawn(async move {
                // It has no answer.
                let _ = verify(&verifier, &format!("garbage{n}"), now).await;
            });
        }
        self.endpoint.has_held(1).await;
        assert_eq!(self.verdict("never-seen").await, "unavailable 1", "a flood");
    }
}

#[tokio::test]
async fn a_token_is_known_for_an_hour_after_it_was_accepted() {
    for (name, later, expected) in [
        ("at once", 0, "accepted"),
        ("in the last second", 3599, "accepted"),
        ("after an hour", 3600, "unavailable 1"),
    ] {
        let mut harness = Harness::start(|builder| builder).await;
        harness
            .endpoint
            .answers(answers(json("200 OK", &forever())));
        assert_eq!(harness.verdict("token").await, "accepted", "{name}");
        harness.clock.advance(seconds(later));
        harness.flood().await;
        assert_eq!(harness.verdict("token").await, expected, "{name}");
    }
}

/// The good answer about a token that does not expire for long.
fn forever() -> String {
    good_with("exp", json!(NOW + 1_000_000))
}

/// The good answer with another member.
fn good_with(member: &str, value: Value) -> String {
    let mut body = active();
    body.as_object_mut().unwrap().insert(member.into(), value);
    body.to_string()
}

#[tokio::test]
async fn each_time_that_it_is_accepted_counts_anew() {
    let mut harness = Harness::start(|builder| builder).await;
    harness
        .endpoint
        .answers(answers(json("200 OK", &forever())));
    for _ in 0..3 {
        assert_eq!(harness.verdict("token").await, "accepted");
        harness.clock.advance(seconds(3000));
    }
    harness.flood().await;
    assert_eq!(harness.verdict("token").await, "accepted");
}

#[tokio::test]
async fn what_was_not_accepted_is_not_known() {
    let other_audience = good_with("aud", json!("https://other.example/mcp"));
    let expired = good_with("exp", json!(NOW - 3600));
    for (name, reply, verdict, expected) in [
        ("the control", good(), "accepted", "accepted"),
        ("not active", not_active(), "revoked", "unavailable 1"),
        (
            "for another server",
            json("200 OK", &other_audience),
            "wrong_audience",
            "unavailable 1",
        ),
        (
            "active and expired",
            json("200 OK", &expired),
            "expired",
            "unavailable 1",
        ),
    ] {
        let mut harness = Harness::start(|builder| builder).await;
        harness.endpoint.answers(answers(reply));
        assert_eq!(harness.verdict("token").await, verdict, "{name}");
        harness.endpoint.answers(answers(good()));
        harness.flood().await;
        assert_eq!(harness.verdict("token").await, expected, "{name}");
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_known_no_more() {
    let mut harness = Harness::start(|builder| builder).await;
    assert_eq!(harness.verdict("token").await, "accepted", "the control");
    harness.endpoint.answers(answers(not_active()));
    assert_eq!(harness.verdict("token").await, "revoked");
    harness.endpoint.answers(answers(good()));
    harness.flood().await;
    assert_eq!(harness.verdict("token").await, "unavailable 1");
}

#[tokio::test]
async fn an_outage_makes_no_token_unknown() {
    let mut harness = Harness::start(|builder| builder).await;
    assert_eq!(harness.verdict("token").await, "accepted", "the control");
    harness.endpoint.answers(answers(Reply::Reset));
    assert_eq!(harness.verdict("token").await, "unavailable 1");
    harness.endpoint.answers(answers(good()));
    harness.clock.advance(seconds(1));
    harness.flood().await;
    assert_eq!(harness.verdict("token").await, "accepted");
}

/// Any caller can make tokens that are refused, so these have a separate bound.
#[tokio::test]
async fn refused_tokens_push_out_no_accepted_ones() {
    let caching = Caching::new().refused_ttl(seconds(10)).max_entries(10);
    let mut harness = Harness::start(|builder| builder.caching(caching)).await;
    harness.endpoint.answers(answers(not_active()));
    let refused = async |harness: &Harness, round: usize| {
        for n in 0..100 {
            let verdict = harness.verdict(&format!("bad{round}-{n}")).await;
            assert_eq!(verdict, "revoked");
        }
    };
    refused(&harness, 0).await;
    harness.endpoint.answers(answers(good()));
    for n in 0..5 {
        assert_eq!(harness.verdict(&format!("good{n}")).await, "accepted");
    }
    harness.endpoint.answers(answers(not_active()));
    refused(&harness, 1).await;
    let calls = harness.endpoint.calls();
    for n in 0..5 {
        assert_eq!(
            harness.verdict(&format!("good{n}")).await,
            "accepted",
            "kept"
        );
    }
    assert_eq!(harness.endpoint.calls(), calls, "without a call");
    harness.endpoint.answers(answers(good()));
    harness.clock.advance(seconds(30));
    harness.flood().await;
    for n in 0..5 {
        assert_eq!(
            harness.verdict(&format!("good{n}")).await,
            "accepted",
            "known"
        );
    }
    assert_eq!(harness.endpoint.calls(), calls + 5 + 1, "and garbage");
}

#[tokio::test]
async fn a_token_that_was_turned_away_has_a_place_when_it_comes_again() {
    let mut harness = Harness::start(|builder| builder).await;
    harness.flood().await;
    assert_eq!(harness.verdict("token").await, "unavailable 1");
    assert_eq!(harness.verdict("other").await, "unavailable 1");
    assert_eq!(harness.verdict("token").await, "accepted");
    assert_eq!(harness.verdict("other").await, "accepted");
    assert_eq!(
        harness.verdict("third").await,
        "unavailable 1",
        "the control"
    );

    // One that waited in vain, too.
    let mut harness = Harness::start(|builder| builder).await;
    harness.flood().await;
    harness.clock.advance(Duration::from_secs(1));
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let waiting = {
        let (verifier, now) = (harness.verifier.clone(), harness.clock.now());
        tokio::spawn(async move { verdict(&verify(&verifier, "token", now).await) })
    };
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!waiting.is_finished(), "there are seats again");
    harness.clock.advance(Duration::from_secs(1));
    assert_eq!(waiting.await.unwrap(), "unavailable 1");
    assert_eq!(harness.verdict("token").await, "accepted");
}

#[tokio::test]
async fn a_token_that_was_turned_away_and_then_refused_has_no_precedence_any_more() {
    let mut harness = Harness::start(|builder| builder).await;
    harness.flood().await;
    assert_eq!(harness.verdict("token").await, "unavailable 1");
    harness.endpoint.answers(answers(not_active()));
    assert_eq!(harness.verdict("token").await, "revoked");
    harness.endpoint.answers(answers(good()));
    assert_eq!(harness.verdict("token").await, "unavailable 1");
}
