//! The client against servers and issuers that do one thing wrong, on both wires: whether it gets through, what it reports
//! otherwise, and every request that it sends.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

mod play;
mod table;

use std::collections::BTreeSet;

use auth_testkit::{
    MockScalekit,
    settings::{Misbehaviour, Reaction, RefreshTokens},
};
use client::{Browser, ClientOptions, TokenStore, Wire, connect};
use play::{call, play, play_with};
use table::ROWS;

/// A server of either wire answers a client that may speak both.
const WIRES: [Wire; 2] = [Wire::Auto, Wire::Stateful];

#[tokio::test]
async fn every_misbehaviour_has_one_outcome() {
    for row in ROWS {
        let misbehaviour = match row.name {
            "control" => None,
            name => Some(name.parse().unwrap()),
        };
        for (wire, messages) in WIRES.into_iter().zip(row.messages) {
            let played = play(misbehaviour, wire).await;
            let name = format!("{} {wire:?}", row.name);
            assert_eq!(played.sentence, row.sentence, "{name}");
            assert_eq!(played.at_fault, row.at_fault, "{name}");
            assert_eq!(played.requests, row.requests, "{name}");
            assert_eq!(played.messages.join(", "), messages, "{name}");
            // Tokens that were accepted are kept, whatever fails afterwards; all others are not stored.
            let accepted = messages.contains("with token");
            assert_eq!(played.keeps_tokens, accepted, "{name}");
        }
    }
}

/// Discovery starts anew when a stored token is refused and cannot be refreshed, with or without a challenge.
#[tokio::test]
async fn a_refused_token_leads_to_discovery_again() {
    let again = "resource issuer register authorize code authorize code resource issuer authorize code resource issuer authorize code";
    for name in [
        "challenge-absent",
        "challenge-without-metadata",
        "challenge-spaced",
    ] {
        for wire in WIRES {
            let misbehaviour = Some(name.parse().unwrap());
            let played = play_with(misbehaviour, wire, RefreshTokens::Never).await;
            assert_eq!(played.sentence, "", "{name} {wire:?}");
            assert_eq!(played.requests, again, "{name} {wire:?}");
        }
    }
}

/// The user can name the scopes that the challenge lacks, also when tokens without them are stored.
#[tokio::test]
async fn scopes_that_a_challenge_lacks_can_be_given() {
    let mock = MockScalekit::builder()
        .mcp_server()
        .misbehave(Misbehaviour::ScopeChallengeWithoutScope);
    let mock = mock.start().await;
    let store = TokenStore::in_memory();
    let options = ClientOptions::new(mock.mcp_url().unwrap())
        .unwrap()
        .with_browser(Browser::Headless)
        .with_store(store);
    let first = connect(options.clone()).await.unwrap();
    let refused = call(&first, &["write"]).await.unwrap_err();
    assert_eq!(refused.report().code, "scope_not_named", "{refused}");
    first.close().await;
    let scopes = ["notes:read", "notes:write"].map(str::to_owned);
    let second = connect(options.with_scopes(scopes)).await.unwrap();
    call(&second, &["write"]).await.unwrap();
    second.close().await;
}

#[test]
fn every_misbehaviour_has_a_row_and_the_reaction_that_the_mock_calls_right() {
    let known: BTreeSet<_> = Misbehaviour::all().iter().map(|one| one.name()).collect();
    let rows: BTreeSet<_> = ROWS.iter().map(|row| row.name).collect();
    assert_eq!(rows.len(), ROWS.len(), "a duplicate row");
    assert!(rows.contains("control"));
    assert_eq!(
        rows.into_iter()
            .filter(|name| *name != "control")
            .collect::<BTreeSet<_>>(),
        known
    );
    for row in ROWS.iter().filter(|row| row.name != "control") {
        let misbehaviour: Misbehaviour = row.name.parse().unwrap();
        let reaction = match row.sentence {
            "" => Reaction::Continue,
            _ => Reaction::Stop,
        };
        assert_eq!(misbehaviour.reaction(), reaction, "{}", row.name);
    }
}
