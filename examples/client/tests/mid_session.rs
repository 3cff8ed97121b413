//! The tokens of a connected client expire, the issuer revokes them, or no longer knows the client. The session
//! continues, with no more logins than needed.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

mod timed;

use std::time::Duration;

use auth_testkit::Endpoint;
use client::{Browser, ClientOptions, McpClient, Wire, connect};
use futures_util::future::join_all;
use timed::Timed;

const WIRES: [Wire; 2] = [Wire::Stateful, Wire::Stateless];
const USER: &str = "usr_1000000001";
// The number of twenty requests that rmcp sends at the same time.
const AT_ONCE: usize = 16;
const DAY: Duration = Duration::from_secs(86_400);

async fn connected(timed: &Timed, wire: Wire) -> McpClient {
    let options = ClientOptions::new(&timed.url).unwrap();
    let options = options.with_browser(Browser::Headless).with_wire(wire);
    let client = connect(options).await.unwrap();
    status(&client).await;
    assert_eq!(timed.counted(), (1, 1, vec![]), "{wire:?}");
    client
}

/// Calls a tool; who the server takes the client for.
async fn status(client: &McpClient) -> String {
    let answer = client.call_tool("auth_status", None).await.unwrap();
    let status = answer.structured_content.unwrap();
    status["client_id"].as_str().unwrap().to_owned()
}

async fn ended(client: McpClient, timed: Timed) {
    client.close().await;
    timed.stop().await;
}

#[tokio::test]
async fn a_token_that_expires_is_refreshed_and_the_next_time_with_the_new_refresh_token() {
    for wire in WIRES {
        let timed = Timed::start().await;
        let client = connected(&timed, wire).await;
        // The second would be refused, and with it the login, were the first refresh token used again.
        for refreshes in 1..=3 {
            timed.outlive_access_token();
            status(&client).await;
            assert_eq!(timed.counted(), (1, 1, vec![200; refreshes]), "{wire:?}");
            status(&client).await;
            assert_eq!(timed.counted(), (1, 1, vec![200; refreshes]), "{wire:?}");
        }
        let bought = timed.scalekit.requests(Endpoint::Token);
        bought[1..].iter().for_each(|sent| {
            sent.assert_resource(&timed.url);
        });
        ended(client, timed).await;
    }
}

#[tokio::test]
async fn a_refresh_token_that_is_good_no_more_leads_to_one_login() {
    let expires: fn(&Timed, &str) = |timed, _| timed.clock.advance(DAY);
    let is_revoked: fn(&Timed, &str) = |timed, client_id| {
        timed.scalekit.delete_consent(USER, client_id);
        timed.outlive_access_token();
    };
    for wire in WIRES {
        for (name, ends) in [("expires", expires), ("is revoked", is_revoked)] {
            let timed = Timed::start().await;
            let client = connected(&timed, wire).await;
            // The control: a day that is a second short is not the end of it.
            timed.clock.advance(DAY - Duration::from_secs(1));
            let client_id = status(&client).await;
            assert_eq!(timed.counted(), (1, 1, vec![200]), "{name} {wire:?}");
            ends(&timed, &client_id);
            assert_eq!(status(&client).await, client_id, "{name} {wire:?}");
            assert_eq!(timed.counted(), (1, 2, vec![200, 400]), "{name} {wire:?}");
            // What the new login brought is refreshed as before.
            timed.outlive_access_token();
            status(&client).await;
            assert_eq!(
                timed.counted(),
                (1, 2, vec![200, 400, 200]),
                "{name} {wire:?}"
            );
            ended(client, timed).await;
        }
    }
}

#[tokio::test]
async fn a_client_that_the_issuer_forgot_registers_once_more_and_goes_on() {
    for wire in WIRES {
        let timed = Timed::start().await;
        let client = connected(&timed, wire).await;
        let forgotten = status(&client).await;
        timed.outlive_access_token();
        assert_eq!(status(&client).await, forgotten);
        assert_eq!(timed.counted(), (1, 1, vec![200]), "{wire:?}");
        timed.scalekit.delete_client(&forgotten);
        // Its access token is as good as ever, and nothing has to be done yet.
        assert_eq!(status(&client).await, forgotten);
        timed.outlive_access_token();
        let client_id = status(&client).await;
        assert_ne!(client_id, forgotten, "{wire:?}");
        assert_eq!(timed.counted(), (2, 2, vec![200, 401]), "{wire:?}");
        timed.outlive_access_token();
        assert_eq!(status(&client).await, client_id);
        assert_eq!(timed.counted(), (2, 2, vec![200, 401, 200]), "{wire:?}");
        ended(client, timed).await;
    }
}

#[tokio::test]
async fn twenty_that_are_refused_at_once_are_refreshed_once() {
    for wire in WIRES {
        let timed = Timed::start().await;
        let client = connected(&timed, wire).await;
        timed.outlive_access_token();
        timed.refuse_together(AT_ONCE);
        let callers = join_all((0..20).map(|_| Box::pin(status(&client)))).await;
        assert_eq!(callers.len(), 20);
        assert_eq!(timed.counted(), (1, 1, vec![200]), "{wire:?}");
        ended(client, timed).await;
    }
}

#[tokio::test]
async fn twenty_that_cannot_be_refreshed_either_log_in_once() {
    for wire in WIRES {
        let timed = Timed::start().await;
        let client = connected(&timed, wire).await;
        timed.clock.advance(DAY);
        timed.refuse_together(AT_ONCE);
        let callers = join_all((0..20).map(|_| Box::pin(status(&client)))).await;
        assert_eq!(callers.len(), 20);
        assert_eq!(timed.counted(), (1, 2, vec![400]), "{wire:?}");
        ended(client, timed).await;
    }
}

#[tokio::test]
async fn twenty_of_a_client_that_was_forgotten_register_once() {
    for wire in WIRES {
        let timed = Timed::start().await;
        let client = connected(&timed, wire).await;
        let forgotten = status(&client).await;
        timed.scalekit.delete_client(&forgotten);
        timed.outlive_access_token();
        timed.refuse_together(AT_ONCE);
        let callers = join_all((0..20).map(|_| Box::pin(status(&client)))).await;
        assert!(callers.iter().all(|id| *id == callers[0]), "{callers:?}");
        assert_ne!(callers[0], forgotten);
        let (registrations, logins, _) = timed.counted();
        assert_eq!((registrations, logins), (2, 2), "{wire:?}");
        ended(client, timed).await;
    }
}
