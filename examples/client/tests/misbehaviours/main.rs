//! The client against servers and issuers that do one thing wrong, on both wires.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

mod play;

use auth_testkit::settings::Misbehaviour;
use client::Wire;
use play::play;

#[tokio::test]
async fn print() {
    for wire in [Wire::Auto, Wire::Stateful] {
        let control = play(None, wire).await;
        println!("CONTROL {wire:?} | {} | {} | {}", control.requests, control.sentence, control.messages.join("\n    "));
        for one in Misbehaviour::all() {
            let p = play(Some(*one), wire).await;
            println!("{wire:?} {} | {:?} | {} | {} | {} | keeps {} | {}", one.name(), one.reaction(), p.requests, p.sentence, p.at_fault, p.keeps_tokens, p.messages.len());
        }
    }
}
