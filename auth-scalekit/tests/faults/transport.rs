//! The connection itself: TLS where there is none, and a connection that is closed between two
//! fetches.

use std::sync::Arc;

use auth_core::verifier::TokenCache;

use crate::harness::{Harness, seconds};
use crate::proxy::{After, Conduct, answer};

/// No keys can be read beforehand here, so the control is that the same proxy serves `http`.
#[tokio::test]
async fn https_is_never_answered_by_plain_text() {
    let control = Harness::start().await;
    assert_eq!(control.verdict(&control.token()).await, "accepted");

    let harness = Harness::with("https", TokenCache::OFF).await;
    // The true keys, in plain text, to whatever comes.
    let what = Arc::new(|keys: &[u8]| answer("200 OK", "content-type: application/json\r\n", keys));
    let after = After::Close;
    harness.proxy.conduct(Conduct::Say { what, after }).await;
    let token = harness.token();
    for attempt in 1..=5 {
        for called in harness.knock(200, &[&token]).join_all().await {
            assert_eq!(called.verdict, "unavailable");
        }
        harness.proxy.settled().await;
        assert_eq!(harness.proxy.connections(), attempt);
        assert_eq!(harness.status().failures as usize, attempt);
        harness.clock.advance(seconds(30));
    }
    for heard in harness.proxy.heard() {
        assert_eq!(heard[..2], [22, 3], "a TLS handshake and not a GET");
    }
}

#[tokio::test]
async fn a_connection_closed_between_two_fetches_costs_no_failure() {
    let harness = Harness::start().await;
    // Each answer promises to keep the connection, which is then closed.
    harness.proxy.conduct(Conduct::KeepAliveInVain).await;
    let first = harness.token();
    assert_eq!(harness.verdict(&first).await, "accepted");
    for rotation in 1..=10 {
        harness.clock.advance(seconds(30));
        harness.scalekit.keys().rotate();
        let new = harness.token();
        for token in [&new, &first] {
            let verdict = harness.verdict(token).await;
            assert_eq!(verdict, "accepted", "rotation {rotation}");
        }
        assert_eq!(harness.proxy.connections(), 1 + rotation);
    }
    assert_eq!(harness.status().failures, 0);
}
