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

use auth_testkit::settings::{Misbehaviour, Reaction};
use client::Wire;
use play::play;
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
            // Tokens that were issued are kept, whatever fails afterwards.
            let issued = row.requests.contains("code ") || row.sentence.is_empty();
            assert!(played.keeps_tokens || !issued, "{name}");
        }
    }
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
