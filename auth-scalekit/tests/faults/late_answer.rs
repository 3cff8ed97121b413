//! An older answer that comes last. No later fetch is started while one can still come to an end,
//! so it never finds a newer set to replace.

use crate::harness::{Harness, seconds};
use crate::proxy::Conduct;

#[tokio::test]
async fn no_second_fetch_is_started_beside_one_that_is_held_back() {
    let harness = Harness::start().await;
    let known = harness.token();
    assert_eq!(harness.verdict(&known).await, "accepted", "control");
    // A refresh in the background: its answer is the set of this moment, and it is held back.
    harness.proxy.conduct(Conduct::HoldBack).await;
    harness.clock.advance(seconds(250));
    assert_eq!(harness.verdict(&known).await, "accepted");
    harness.proxy.holds(1).await;
    // What is asked for from now on is answered at once, with the newer set.
    harness.proxy.conduct(Conduct::PassOn).await;
    harness.clock.advance(seconds(1));
    harness.scalekit.keys().rotate();
    let new = harness.token();
    let waiting = harness.knock(200, &[&new]);
    // A few turns, so that all of them wait for it.
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    for _ in 0..200 {
        assert_eq!(harness.verdict(&known).await, "accepted", "without a wait");
    }
    assert_eq!(harness.proxy.connections(), 2, "the second is held back");
    harness.proxy.open_gate();
    // The old answer comes first and has not the last word; one more fetch has.
    for called in waiting.join_all().await {
        assert_eq!(called.verdict, "accepted");
    }
    assert_eq!(harness.proxy.connections(), 3);
    assert_eq!(harness.verdict(&known).await, "accepted");
}

/// This waits for the real limit of a fetch, 3 s.
#[tokio::test]
async fn an_answer_after_the_limit_replaces_nothing() {
    let harness = Harness::start().await;
    let known = harness.token();
    assert_eq!(harness.verdict(&known).await, "accepted", "control");
    harness.proxy.conduct(Conduct::HoldBack).await;
    harness.scalekit.keys().rotate();
    let first = harness.token();
    // The set with the first two keys is held back until the fetch is given up.
    assert_eq!(harness.verdict(&first).await, "unavailable");
    assert_eq!(harness.status().failures, 1);
    harness.proxy.conduct(Conduct::PassOn).await;
    harness.clock.advance(seconds(30));
    harness.scalekit.keys().rotate();
    harness.scalekit.keys().withdraw_old();
    let second = harness.token();
    assert_eq!(harness.verdict(&second).await, "accepted", "the newer set");
    assert_eq!(harness.status().keys, 1);

    harness.proxy.open_gate();
    harness.proxy.settled().await;
    assert_eq!(harness.verdict(&second).await, "accepted");
    assert_eq!(harness.status().keys, 1, "the older set is not taken");
    assert_eq!(harness.proxy.connections(), 3);
}
