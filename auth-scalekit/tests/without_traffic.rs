//! Keys that come and stay fresh without any request, and readiness that heals by itself.
//!
//! Time is the tests' own: a clock that stands still until it is moved. What the background task does
//! in the meantime is waited for, never slept for.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure here is the test's failure"
)]

mod support;

use std::time::Duration;

use auth_core::error::ErrorChain;
use auth_core::layer::{AuthLayer, Readiness};
use auth_core::support::Clock;
use auth_core::verifier::{TokenVerifier, TokenVerifierExt};
use auth_scalekit::ScalekitProvider;
use auth_scalekit::jwks::KeySetStatus;
use auth_scalekit::jwt::JwtVerifier;
use auth_testkit::{Endpoint, Fault, MockScalekit, TestClock};
use support::Pair;
use tokio::runtime::{Builder, Handle, Runtime};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn status(provider: &ScalekitProvider) -> KeySetStatus {
    provider.key_set_status().swap_remove(0)
}

async fn until(provider: &ScalekitProvider, holds: impl Fn(&KeySetStatus) -> bool) -> KeySetStatus {
    support::until(|| status(provider), holds).await
}

/// Gives the tasks in the background more turns than any of their steps needs.
async fn idle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn keys_come_without_a_request() {
    let pair = Pair::start().await;
    assert_eq!(pair.scalekit.key_fetches(), 0, "building waits for nothing");
    assert!(!status(&pair.provider).usable);
    let come = until(&pair.provider, |status| status.usable).await;
    assert_eq!((come.keys, come.failures), (1, 0));
    assert_eq!(pair.scalekit.key_fetches(), 1);
}

#[tokio::test]
async fn an_idle_server_keeps_its_keys_fresh_for_a_day() {
    let pair = Pair::start().await;
    until(&pair.provider, |status| status.usable).await;
    // 80 % of five minutes: not a second earlier.
    for renewal in 1..=360 {
        pair.clock.advance(seconds(239));
        idle().await;
        assert_eq!(pair.scalekit.key_fetches(), renewal);
        assert_eq!(status(&pair.provider).age, Some(seconds(239)));
        pair.clock.advance(seconds(1));
        until(&pair.provider, |status| status.age == Some(seconds(0))).await;
        assert_eq!(pair.scalekit.key_fetches(), renewal + 1);
    }
    assert!(pair.clock.monotonic() >= seconds(86_400));
    assert!(status(&pair.provider).usable);
}

#[tokio::test]
async fn a_key_that_is_withdrawn_goes_without_a_request() {
    let pair = Pair::start().await;
    let token = pair.scalekit.token().lifetime(seconds(7200)).sign();
    assert_eq!(pair.verdict(&token).await, "accepted", "the control");
    pair.scalekit.keys().rotate();
    pair.scalekit.keys().withdraw_old();
    pair.clock.advance(seconds(240));
    until(&pair.provider, |status| status.age == Some(seconds(0))).await;
    // This request does not cause it: the set without that key was fetched before.
    assert_eq!(pair.scalekit.key_fetches(), 2);
    assert_eq!(pair.verdict(&token).await, "unknown_key");
}

/// Faults that begin before the server does, and what each leaves in the status.
fn outages() -> [(Fault, &'static str); 5] {
    [
        (Fault::Status(503), "status 503"),
        (Fault::Status(404), "status 404"),
        (Fault::Reset, "no response"),
        (Fault::Body(b"<!doctype html>".to_vec()), "key set"),
        (Fault::Redirect("http://127.0.0.1:9/".into()), "status 302"),
    ]
}

#[tokio::test]
async fn an_outage_at_the_start_heals_without_a_request() {
    for (fault, problem) in outages() {
        let issuer = support::issuer().await;
        let outage = issuer.0.fail(Endpoint::Keys, fault);
        let pair = Pair::beside(issuer, |builder| builder);
        // The waits after failures double up to 30 s.
        for (failures, wait) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 30), (7, 30)] {
            let seen = until(&pair.provider, |status| status.failures == failures).await;
            let error = seen.last_error.unwrap();
            assert!(error.contains(problem), "{error}");
            assert!(!seen.usable);
            let just_before = Duration::from_millis(wait * 1000 - 1);
            pair.clock.advance(just_before);
            idle().await;
            let early = status(&pair.provider).failures;
            assert_eq!(early, failures, "{problem}: not before {wait} s");
            if failures < 7 {
                pair.clock.advance(Duration::from_millis(1));
            }
        }
        drop(outage);
        pair.clock.advance(Duration::from_millis(1));
        let healed = until(&pair.provider, |status| status.usable).await;
        assert_eq!((healed.failures, healed.last_error), (0, None), "{problem}");
        assert!(pair.provider.ready().await.is_ok(), "{problem}");
    }
}

/// Refused connections, which no answer comes to: the port is closed and bound again.
#[tokio::test]
async fn an_issuer_that_is_not_there_yet_is_found_when_it_comes() {
    let issuer = support::issuer().await;
    let refusal = issuer.0.refuse_connections();
    let pair = Pair::beside(issuer, |builder| builder);
    until(&pair.provider, |status| status.failures == 1).await;
    assert!(pair.provider.ready().await.is_err());
    drop(refusal);
    pair.clock.advance(seconds(1));
    until(&pair.provider, |status| status.usable).await;
    assert!(pair.provider.ready().await.is_ok());
}

#[tokio::test]
async fn an_outage_of_hours_ends_readiness_and_its_end_restores_it() {
    let pair = Pair::start().await;
    until(&pair.provider, |status| status.usable).await;
    let outage = pair.scalekit.fail(Endpoint::Keys, Fault::Status(500));
    // Stale keys are used for an hour past their five minutes.
    pair.clock.advance(seconds(3899));
    until(&pair.provider, |status| status.failures > 0).await;
    assert!(pair.provider.ready().await.is_ok(), "the last second");
    pair.clock.advance(seconds(1));
    idle().await;
    assert!(pair.provider.ready().await.is_err(), "too old");
    pair.clock.advance(seconds(86_400));
    idle().await;
    assert!(pair.provider.ready().await.is_err());
    drop(outage);
    pair.clock.advance(seconds(30));
    until(&pair.provider, |status| status.usable).await;
    assert!(pair.provider.ready().await.is_ok());
}

#[tokio::test]
async fn a_probe_every_second_causes_no_fetch_of_its_own() {
    for asked in [false, true] {
        let issuer = support::issuer().await;
        let outage = issuer.0.fail(Endpoint::Keys, Fault::Status(503));
        let pair = Pair::beside(issuer, |builder| builder);
        let layer = AuthLayer::new(pair.provider.clone()).unwrap();
        // Asked or not, it fetches at these times, and then every 30 s.
        let due = [0, 1, 3, 7, 15].into_iter().chain((31..600).step_by(30));
        let due: Vec<_> = due.collect();
        for second in 0..600 {
            let expected = due.iter().filter(|at| **at <= second).count();
            until(&pair.provider, |status| {
                status.failures as usize == expected
            })
            .await;
            if asked {
                let unready = layer.ready().await.unwrap_err();
                assert!((1..=30).contains(&unready.retry_after().as_secs()));
            }
            pair.clock.advance(seconds(1));
            idle().await;
        }
        let during = pair.scalekit.key_fetches();
        assert_eq!(during, due.len(), "asked: {asked}");
        drop(outage);
        pair.clock.advance(seconds(30));
        until(&pair.provider, |status| status.usable).await;
        let healed = pair.scalekit.key_fetches();
        for _ in 0..239 {
            if asked {
                assert!(layer.ready().await.is_ok());
            }
            pair.clock.advance(seconds(1));
            idle().await;
        }
        assert_eq!(pair.scalekit.key_fetches(), healed, "asked: {asked}");
    }
}

/// How many tasks live on this test's runtime, once those that are to end have ended.
async fn tasks() -> usize {
    idle().await;
    Handle::current().metrics().num_alive_tasks()
}

#[tokio::test]
async fn the_task_ends_with_its_verifier() {
    let (scalekit, clock) = support::issuer().await;
    let before = tasks().await;
    let build = |name: &str| {
        let issuers = [scalekit.environment_url().to_owned(), name.to_owned()];
        JwtVerifier::builder(issuers, ["res_1"], scalekit.keys_url())
            .clock(clock.clone())
            .build()
            .unwrap()
    };
    // While it sleeps, while it has not run yet, and while a fetch is held back.
    let verifier = build("a");
    verifier.ready().await.unwrap();
    assert_eq!(tasks().await, before + 1, "the control");
    drop(verifier);
    assert_eq!(tasks().await, before);

    drop(build("b"));
    assert_eq!(tasks().await, before);

    let gate = scalekit.hold(Endpoint::Keys);
    let verifier = build("c");
    gate.reached_by(1).await;
    assert!(tasks().await >= before + 2, "the task and its fetch");
    drop(verifier);
    gate.release();
    while Handle::current().metrics().num_alive_tasks() > before {
        tokio::task::yield_now().await;
    }
    let fetches = scalekit.key_fetches();
    clock.advance(seconds(100_000));
    idle().await;
    assert_eq!(scalekit.key_fetches(), fetches, "no verifier is left");

    // One for each key set, and none for settings that are refused.
    let many = JwtVerifier::builder(["i"], ["a"], scalekit.keys_url())
        .also_trust(["j"], scalekit.keys_url())
        .also_discover(scalekit.environment_url())
        .clock(clock.clone());
    let many = many.build().unwrap();
    assert_eq!(many.key_set_status().len(), 3);
    let _ = many.ready().await;
    assert_eq!(tasks().await, before + 2);
    drop(many);
    assert_eq!(tasks().await, before);
    let refused = JwtVerifier::builder(["i"], ["a"], scalekit.keys_url())
        .leeway(seconds(301))
        .build();
    assert!(refused.is_err());
    assert_eq!(tasks().await, before);
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A provider that is built outside of a runtime, and the issuer on a separate runtime.
fn built_outside(issuer: &Runtime) -> (MockScalekit, TestClock, ScalekitProvider) {
    let (scalekit, clock) = issuer.block_on(support::issuer());
    let builder = support::builder(&scalekit).clock(clock.clone());
    let provider = builder.build().unwrap();
    (scalekit, clock, provider)
}

#[test]
fn built_outside_a_runtime_it_begins_with_the_first_question() {
    let one = runtime();
    let (scalekit, clock, provider) = built_outside(&one);
    one.block_on(idle());
    assert_eq!(scalekit.key_fetches(), 0, "no request yet");
    one.block_on(async {
        provider.ready().await.unwrap();
        clock.advance(seconds(240));
        until(&provider, |status| status.age == Some(seconds(0))).await;
    });
    assert_eq!(scalekit.key_fetches(), 2, "kept fresh from there on");
}

#[test]
fn a_runtime_that_stops_is_followed_by_the_next_one() {
    let first = runtime();
    let (scalekit, clock, provider) = built_outside(&first);
    first.block_on(provider.ready()).unwrap();
    let second = runtime();
    let renewed = |fetches: usize| {
        clock.advance(seconds(240));
        second.block_on(async {
            // The first question on this runtime, after which the task is there again.
            provider.ready().await.unwrap();
            until(&provider, |status| status.age == Some(seconds(0))).await;
            clock.advance(seconds(240));
            until(&provider, |status| status.age == Some(seconds(0))).await;
        });
        assert_eq!(scalekit.key_fetches(), fetches);
    };
    // The issuer has a separate thread.
    drop(first);
    renewed(3);
}

#[tokio::test]
async fn one_route_asks_every_endpoint() {
    let (one, two) = (Pair::start().await, Pair::start().await);
    let layers = [&one, &two].map(|pair| AuthLayer::new(pair.provider.clone()).unwrap());
    let readiness = Readiness::new().endpoints(&layers);
    assert!(readiness.check().await.is_ok(), "the control");
    // Of both, one alone loses its issuer for longer than keys may be old.
    let outage = two.scalekit.fail(Endpoint::Keys, Fault::Status(500));
    for pair in [&one, &two] {
        pair.clock.advance(seconds(240));
    }
    until(&one.provider, |status| status.age == Some(seconds(0))).await;
    two.clock.advance(seconds(3700));
    idle().await;
    let unready = readiness.check().await.unwrap_err();
    let names: Vec<_> = unready.iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names, [support::MCP_URL]);
    assert!(layers[0].ready().await.is_ok());
    let why = layers[1].ready().await.unwrap_err();
    assert!(
        ErrorChain(&why)
            .to_string()
            .contains(two.scalekit.keys_url()),
        "it names the place: {why:?}"
    );
    drop(outage);
    two.clock.advance(seconds(30));
    until(&two.provider, |status| status.usable).await;
    assert!(readiness.check().await.is_ok());
}

#[tokio::test]
async fn a_chain_is_ready_with_its_last_issuer() {
    let (one, two) = (Pair::start().await, support::issuer().await);
    let outage = two.0.fail(Endpoint::Keys, Fault::Status(500));
    let other = JwtVerifier::builder(
        [two.0.environment_url()],
        [two.0.resource_id()],
        two.0.keys_url(),
    )
    .clock(two.1.clone())
    .build()
    .unwrap();
    let layer = AuthLayer::new(one.provider.clone().or(other)).unwrap();
    let why = layer.ready().await.unwrap_err();
    assert!(
        ErrorChain(&why).to_string().contains(two.0.keys_url()),
        "{why:?}"
    );
    drop(outage);
    two.1.advance(seconds(1));
    assert!(layer.ready().await.is_ok());
}
