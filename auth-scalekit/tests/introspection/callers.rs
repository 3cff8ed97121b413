//! Concurrent callers.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use auth_core::error::ErrorChain;
use auth_core::verifier::VerifyError;
use auth_scalekit::introspection::{Caching, IntrospectionVerifier};
use tokio::task::JoinSet;

use crate::endpoint::{Endpoint, good, json, not_active};
use crate::pair::{NOW, Pair, active, answer, at, builder, clock, seconds, verdict, verify};

fn ask(verifier: &IntrospectionVerifier, token: &str) -> impl Future<Output = String> + 'static {
    let (verifier, token) = (verifier.clone(), token.to_owned());
    async move { verdict(&verify(&verifier, &token, at(NOW)).await) }
}

#[tokio::test]
async fn callers_with_one_token_share_one_request_even_uncached() {
    for (name, answer, expected) in [
        ("accepted", good(), "accepted"),
        ("refused", not_active(), "revoked"),
        ("an outage", json("500 Oops", ""), "unavailable 1"),
    ] {
        let held = Endpoint::holding(answer).await;
        let verifier = builder(held.origin(), &clock())
            .caching(Caching::off())
            .build()
            .unwrap();
        let (mut callers, called) = (JoinSet::new(), Arc::new(AtomicUsize::new(0)));
        for _ in 0..500 {
            let (request, called) = (ask(&verifier, "token"), Arc::clone(&called));
            callers.spawn(async move {
                // On this one thread, the first poll runs from here until it is pending.
                called.fetch_add(1, Ordering::SeqCst);
                request.await
            });
        }
        while called.load(Ordering::SeqCst) < 500 {
            tokio::task::yield_now().await;
        }
        held.release(500);
        while let Some(verdict) = callers.join_next().await {
            assert_eq!(verdict.unwrap(), expected, "{name}");
        }
        assert_eq!(held.held(), 1, "{name}");
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
async fn a_cancelled_caller_ends_no_call() {
    let held = Endpoint::holding(good()).await;
    let verifier = builder(held.origin(), &clock()).build().unwrap();
    let first = tokio::spawn(ask(&verifier, "token"));
    held.has_held(1).await;
    let second = tokio::spawn(ask(&verifier, "token"));
    tokio::task::yield_now().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    held.release(1);
    assert_eq!(second.await.unwrap(), "accepted");
    assert_eq!(held.held(), 1);
}

#[tokio::test]
async fn a_response_that_no_caller_waits_for_is_remembered() {
    let held = Endpoint::holding(good()).await;
    let verifier = builder(held.origin(), &clock()).build().unwrap();
    let only = tokio::spawn(ask(&verifier, "token"));
    held.has_held(1).await;
    only.abort();
    assert!(only.await.unwrap_err().is_cancelled());
    held.release(1);
    // Either joins the call or finds its answer.
    assert_eq!(ask(&verifier, "token").await, "accepted");
    assert_eq!(held.held(), 1);
}

/// Starts calls about new tokens; those that find no place wait.
fn start(verifier: &IntrospectionVerifier, tokens: Range<usize>) -> JoinSet<String> {
    let mut callers = JoinSet::new();
    for n in tokens {
        callers.spawn(ask(verifier, &format!("t{n}")));
    }
    callers
}

#[tokio::test]
async fn calls_at_one_time_are_bounded_and_so_is_the_queue() {
    for (name, calls, places, seats) in [("four", Some(4), 1, 4), ("default", None, 16, 64)] {
        let held = Endpoint::holding(good()).await;
        let settings = builder(held.origin(), &clock());
        let settings = match calls {
            Some(calls) => settings.max_concurrent_calls(calls),
            None => settings,
        };
        let verifier = settings.build().unwrap();
        let mut callers = start(&verifier, 0..places + seats);
        held.has_held(places).await;
        // The same token needs no other place.
        callers.spawn(ask(&verifier, "t0"));
        let result = verify(&verifier, "one-too-many", at(NOW)).await;
        assert_eq!(verdict(&result), "unavailable 1", "{name}");
        let Err(VerifyError::Unavailable(unavailable)) = result else {
            panic!("seen above");
        };
        let why = ErrorChain(&unavailable).to_string();
        assert!(
            why.ends_with("too many tokens are being verified by calls to their issuer"),
            "{name}: {why}"
        );
        assert_eq!(held.held(), places, "{name}");
        held.release(1000);
        while let Some(verdict) = callers.join_next().await {
            assert_eq!(verdict.unwrap(), "accepted", "{name}");
        }
        let again = ask(&verifier, "one-too-many").await;
        assert_eq!(again, "accepted", "{name}: there is room again");
        assert_eq!(held.held(), places + seats + 1, "{name}");
    }
}

#[tokio::test]
async fn a_caller_waits_for_a_place_for_a_second_at_most() {
    let (held, clock) = (Endpoint::holding(good()).await, clock());
    let verifier = builder(held.origin(), &clock)
        .max_concurrent_calls(4)
        .build()
        .unwrap();
    let mut first = start(&verifier, 0..1);
    held.has_held(1).await;
    let mut waiting = start(&verifier, 1..4);
    // On this one thread each of them runs until it waits.
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    clock.advance(seconds(1));
    while let Some(verdict) = waiting.join_next().await {
        assert_eq!(verdict.unwrap(), "unavailable 1");
    }
    assert_eq!(held.held(), 1);
    held.release(1000);
    assert_eq!(first.join_next().await.unwrap().unwrap(), "accepted");
    let mut again = start(&verifier, 1..4);
    while let Some(verdict) = again.join_next().await {
        assert_eq!(verdict.unwrap(), "accepted", "no failure of the token");
    }
}
