//! Many callers at one time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use auth_core::{ErrorChain, VerifyError};
use auth_scalekit::introspection::{Caching, IntrospectionVerifier};
use tokio::task::JoinSet;

use crate::held::{Held, http};
use crate::pair::{NOW, Pair, active, answer, at, builder, clock, verdict, verify};

fn good() -> String {
    http("200 OK", &active().to_string())
}

fn ask(verifier: &IntrospectionVerifier, token: &str) -> impl Future<Output = String> + 'static {
    let (verifier, token) = (verifier.clone(), token.to_owned());
    async move { verdict(&verify(&verifier, &token, at(NOW)).await) }
}

#[tokio::test]
async fn callers_with_one_token_share_one_request_even_uncached() {
    for (name, answer, expected) in [
        ("accepted", good(), "accepted"),
        ("refused", http("200 OK", r#"{"active":false}"#), "revoked"),
        ("an outage", http("500 Oops", ""), "unavailable 1"),
    ] {
        let held = Held::start(answer).await;
        let verifier = builder(held.origin(), &clock())
            .caching(Caching::off())
            .build()
            .unwrap();
        let (mut callers, called) = (JoinSet::new(), Arc::new(AtomicUsize::new(0)));
        for _ in 0..500 {
            let (asking, called) = (ask(&verifier, "token"), Arc::clone(&called));
            callers.spawn(async move {
                // On this one thread, the first poll goes on from here until it waits.
                called.fetch_add(1, Ordering::SeqCst);
                asking.await
            });
        }
        while called.load(Ordering::SeqCst) < 500 {
            tokio::task::yield_now().await;
        }
        held.release(500);
        while let Some(verdict) = callers.join_next().await {
            assert_eq!(verdict.unwrap(), expected, "{name}");
        }
        assert_eq!(held.requests(), 1, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_several_threads_too() {
    let pair = Pair::start().await;
    pair.answers(answer(&active())).await;
    for round in 1..=5 {
        let mut callers = JoinSet::new();
        for _ in 0..500 {
            callers.spawn(ask(&pair.verifier, &format!("token{round}")));
        }
        while let Some(verdict) = callers.join_next().await {
            assert_eq!(verdict.unwrap(), "accepted");
        }
        assert_eq!(pair.requests().await, round);
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_ends_nothing() {
    let held = Held::start(good()).await;
    let verifier = builder(held.origin(), &clock()).build().unwrap();
    let first = tokio::spawn(ask(&verifier, "token"));
    held.has(1).await;
    let second = tokio::spawn(ask(&verifier, "token"));
    tokio::task::yield_now().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    held.release(1);
    assert_eq!(second.await.unwrap(), "accepted");
    assert_eq!(held.requests(), 1);
}

#[tokio::test]
async fn an_answer_that_nobody_waits_for_is_remembered() {
    let held = Held::start(good()).await;
    let verifier = builder(held.origin(), &clock()).build().unwrap();
    let only = tokio::spawn(ask(&verifier, "token"));
    held.has(1).await;
    only.abort();
    assert!(only.await.unwrap_err().is_cancelled());
    held.release(1);
    // Either joins the call or finds its answer.
    assert_eq!(ask(&verifier, "token").await, "accepted");
    assert_eq!(held.requests(), 1);
}

#[tokio::test]
async fn calls_at_one_time_are_bounded() {
    let held = Held::start(good()).await;
    let verifier = builder(held.origin(), &clock())
        .max_concurrent_calls(2)
        .build()
        .unwrap();
    let mut callers = JoinSet::new();
    callers.spawn(ask(&verifier, "a"));
    callers.spawn(ask(&verifier, "b"));
    held.has(2).await;
    callers.spawn(ask(&verifier, "a"));
    let result = verify(&verifier, "c", at(NOW)).await;
    assert_eq!(verdict(&result), "unavailable 1");
    let Err(VerifyError::Unavailable(unavailable)) = result else {
        panic!("seen above");
    };
    let why = ErrorChain(&unavailable).to_string();
    assert!(
        why.ends_with("too many introspection requests are under way"),
        "{why}"
    );
    held.release(3);
    while let Some(verdict) = callers.join_next().await {
        assert_eq!(verdict.unwrap(), "accepted");
    }
    assert_eq!(ask(&verifier, "c").await, "accepted", "there is room again");
    assert_eq!(held.requests(), 3);
}

#[tokio::test]
async fn by_default_64_at_one_time() {
    let held = Held::start(good()).await;
    let verifier = builder(held.origin(), &clock()).build().unwrap();
    let mut callers = JoinSet::new();
    for n in 0..64 {
        callers.spawn(ask(&verifier, &format!("t{n}")));
    }
    held.has(64).await;
    assert_eq!(ask(&verifier, "t64").await, "unavailable 1");
    held.release(64);
    while let Some(verdict) = callers.join_next().await {
        assert_eq!(verdict.unwrap(), "accepted");
    }
}
