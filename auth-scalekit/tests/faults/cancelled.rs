//! Cancelled callers. A fetch does not belong to a caller: it continues, and later callers get its
//! outcome.

use std::future::Future;
use std::sync::Arc;
use std::task::Poll;

use crate::harness::{Harness, seconds};
use crate::proxy::{After, Conduct, answer};

/// Polls that are tried while an answer is held back, when no number of them completes.
const MANY: usize = 64;

/// Polls `future` at most `times` times, even without a wake-up, and drops it. Between
/// two polls every other task has a turn. True if it completed.
async fn polled(times: usize, future: impl Future) -> bool {
    let mut future = Box::pin(future);
    for _ in 0..times {
        let ready = std::future::poll_fn(|context| {
            let ready = future.as_mut().poll(context).is_ready();
            Poll::Ready(ready)
        });
        if ready.await {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

/// How far the fetch of `harness` gets is up to sockets, so each number of polls up to the one that
/// completes is tried, and the later caller comes right after.
#[tokio::test]
async fn a_cold_fetch_survives_its_caller_at_each_poll() {
    let mut completed = false;
    let mut polls = 0;
    while !completed {
        polls += 1;
        let harness = Harness::start().await;
        let token = harness.token();
        completed = polled(polls, harness.verdict(&token)).await;
        let verdict = harness.verdict(&token).await;
        assert_eq!(verdict, "accepted", "dropped after {polls} polls");
        assert_eq!(
            harness.proxy.connections(),
            1,
            "dropped after {polls} polls"
        );
    }
    assert!(polls > 1, "it did not have to wait");
    println!("a cold caller, dropped after 1 to {polls} polls");
}

#[tokio::test]
async fn a_forced_fetch_survives_its_caller_at_each_poll() {
    let harness = Harness::start().await;
    assert_eq!(
        harness.verdict(&harness.token()).await,
        "accepted",
        "control"
    );
    let mut completed = false;
    let mut polls = 0;
    while !completed {
        polls += 1;
        harness.clock.advance(seconds(30));
        harness.scalekit.keys().withdraw_old();
        harness.scalekit.keys().rotate();
        let new = harness.token();
        completed = polled(polls, harness.verdict(&new)).await;
        let verdict = harness.verdict(&new).await;
        assert_eq!(verdict, "accepted", "dropped after {polls} polls");
        assert_eq!(harness.proxy.connections(), 1 + polls);
    }
    println!("a caller with a new key, dropped after 1 to {polls} polls");
}

/// The slot of a failed fetch is not given back when its caller goes away, so that callers who
/// hang up at once cannot make one fetch after the other.
#[tokio::test]
async fn a_failed_fetch_counts_though_its_caller_went_away() {
    let what = Arc::new(|_: &[u8]| answer("500 Internal Server Error", "", b""));
    let after = After::Wait;
    for polls in 1..=10 {
        let what = what.clone();
        let harness = Harness::under(Conduct::Say { what, after }).await;
        let token = harness.token();
        polled(polls, harness.verdict(&token)).await;
        for _ in 0..10 {
            polled(polls, harness.verdict(&token)).await;
        }
        let verdict = harness.verdict(&token).await;
        assert_eq!(verdict, "unavailable", "dropped after {polls} polls");
        assert_eq!(
            harness.proxy.connections(),
            1,
            "dropped after {polls} polls"
        );
        assert_eq!(harness.status().failures, 1);
        harness.proxy.conduct(Conduct::PassOn).await;
        harness.clock.advance(seconds(1));
        assert_eq!(harness.verdict(&token).await, "accepted");
        assert_eq!(harness.proxy.connections(), 2);
    }
}

/// While the answer is held back no number of polls completes.
#[tokio::test]
async fn callers_that_give_up_one_after_the_other_share_one_fetch() {
    let harness = Harness::under(Conduct::HoldBack).await;
    let token = harness.token();
    for polls in 1..=MANY {
        assert!(!polled(polls, harness.verdict(&token)).await);
    }
    harness.proxy.holds(1).await;
    harness.proxy.open_gate();
    assert_eq!(harness.verdict(&token).await, "accepted");
    assert_eq!(harness.proxy.connections(), 1);
}
