//! The connection itself: TLS where there is none, and a connection that is closed between two
//! fetches.

use std::sync::Arc;

use auth_core::TokenCache;

use crate::front::{After, Conduct, answer};
use crate::stand::{Stand, seconds};

/// No keys can be read beforehand here, so the control is that the same front serves `http`.
#[tokio::test]
async fn https_is_never_answered_by_plain_text() {
    let control = Stand::start().await;
    assert_eq!(control.verdict(&control.token()).await, "accepted");

    let stand = Stand::with("https", TokenCache::OFF).await;
    // The true keys, in plain text, to whatever comes.
    let what = Arc::new(|keys: &[u8]| answer("200 OK", "content-type: application/json\r\n", keys));
    let after = After::Close;
    stand.front.conduct(Conduct::Say { what, after }).await;
    let token = stand.token();
    for attempt in 1..=5 {
        for called in stand.knock(200, &[&token]).join_all().await {
            assert_eq!(called.verdict, "unavailable");
        }
        stand.front.settled().await;
        assert_eq!(stand.front.connections(), attempt);
        assert_eq!(stand.status().failures as usize, attempt);
        stand.clock.advance(seconds(30));
    }
    for heard in stand.front.heard() {
        assert_eq!(heard[..2], [22, 3], "a TLS handshake and not a GET");
    }
}

#[tokio::test]
async fn a_connection_closed_between_two_fetches_costs_no_failure() {
    let stand = Stand::start().await;
    // Each answer promises to keep the connection, which is then closed.
    stand.front.conduct(Conduct::KeepAliveInVain).await;
    let first = stand.token();
    assert_eq!(stand.verdict(&first).await, "accepted");
    for rotation in 1..=10 {
        stand.clock.advance(seconds(30));
        stand.scalekit.keys().rotate();
        let new = stand.token();
        for token in [&new, &first] {
            let verdict = stand.verdict(token).await;
            assert_eq!(verdict, "accepted", "rotation {rotation}");
        }
        assert_eq!(stand.front.connections(), 1 + rotation);
    }
    assert_eq!(stand.status().failures, 0);
}
