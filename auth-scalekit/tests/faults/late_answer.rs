//! An older answer that comes last. No later fetch is started while one can still come to an end,
//! so it never finds a newer set to replace.

use crate::front::Conduct;
use crate::stand::{Stand, seconds};

#[tokio::test]
async fn no_second_fetch_is_started_beside_one_that_is_held_back() {
    let stand = Stand::start().await;
    let known = stand.token();
    assert_eq!(stand.verdict(&known).await, "accepted", "control");
    // A refresh in the background: its answer is the set of this moment, and it is held back.
    stand.front.conduct(Conduct::HoldBack).await;
    stand.clock.advance(seconds(250));
    assert_eq!(stand.verdict(&known).await, "accepted");
    stand.front.holds(1).await;
    // What is asked for from now on is answered at once, with the newer set.
    stand.front.conduct(Conduct::PassOn).await;
    stand.clock.advance(seconds(1));
    stand.scalekit.keys().rotate();
    let new = stand.token();
    let waiting = stand.knock(200, &[&new]);
    // A few turns, so that all of them wait for it.
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    for _ in 0..200 {
        assert_eq!(stand.verdict(&known).await, "accepted", "nobody waits");
    }
    assert_eq!(stand.front.connections(), 2, "the second is held back");
    stand.front.open_gate();
    // The old answer comes first and has not the last word; one more fetch has.
    for called in waiting.join_all().await {
        assert_eq!(called.verdict, "accepted");
    }
    assert_eq!(stand.front.connections(), 3);
    assert_eq!(stand.verdict(&known).await, "accepted");
}

/// This waits for the real limit of a fetch, 3 s.
#[tokio::test]
async fn an_answer_after_the_limit_replaces_nothing() {
    let stand = Stand::start().await;
    let known = stand.token();
    assert_eq!(stand.verdict(&known).await, "accepted", "control");
    stand.front.conduct(Conduct::HoldBack).await;
    stand.scalekit.keys().rotate();
    let first = stand.token();
    // The set with the first two keys is held back until the fetch is given up.
    assert_eq!(stand.verdict(&first).await, "unavailable");
    assert_eq!(stand.status().failures, 1);
    stand.front.conduct(Conduct::PassOn).await;
    stand.clock.advance(seconds(30));
    stand.scalekit.keys().rotate();
    stand.scalekit.keys().withdraw_old();
    let second = stand.token();
    assert_eq!(stand.verdict(&second).await, "accepted", "the newer set");
    assert_eq!(stand.status().keys, 1);

    stand.front.open_gate();
    stand.front.settled().await;
    assert_eq!(stand.verdict(&second).await, "accepted");
    assert_eq!(stand.status().keys, 1, "the older set is not taken");
    assert_eq!(stand.front.connections(), 3);
}
