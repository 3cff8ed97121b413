//! The catalogue, and what starting an issuer with one of it needs.

use std::collections::HashSet;
use std::panic::catch_unwind;

use auth_testkit::MockScalekit;
use auth_testkit::settings::{Misbehaviour, Reaction};
use reqwest::StatusCode;

use crate::support::http;

#[test]
fn each_is_described_by_one_sentence_with_its_rule() {
    for misbehaviour in Misbehaviour::all() {
        let text = misbehaviour.description();
        let has_rule = [" RFC ", "(RFC ", "(MCP 2"]
            .iter()
            .any(|rule| text.contains(rule));
        assert!(has_rule, "{misbehaviour}: {text}");
        assert!(
            text.ends_with('.') && !text.contains(". "),
            "{misbehaviour}: {text}"
        );
        assert!(
            !text.contains("  ") && !text.contains('\n'),
            "{misbehaviour}: {text}"
        );
    }
    let stops = Misbehaviour::all()
        .iter()
        .filter(|one| one.reaction() == Reaction::Stop);
    assert!(stops.count() > 20);
}

#[test]
fn each_has_a_row_in_a_table() {
    let tables = [
        include_str!("authorization.rs"),
        include_str!("challenges.rs"),
        include_str!("clients.rs"),
        include_str!("issuer_metadata.rs"),
        include_str!("lifecycle.rs"),
        include_str!("refreshes.rs"),
        include_str!("registration.rs"),
        include_str!("resource_metadata.rs"),
        include_str!("token_responses.rs"),
    ]
    .concat();
    let words = tables.split(|at: char| !at.is_alphanumeric());
    let words: HashSet<&str> = words.collect();
    for misbehaviour in Misbehaviour::all() {
        let variant = format!("{misbehaviour:?}");
        assert!(
            words.contains(variant.as_str()),
            "{misbehaviour} is not tried"
        );
    }
}

/// The others are tried with the author's MCP server.
#[test]
fn what_the_mcp_server_does_wrong_needs_it() {
    let mut needing = 0;
    for misbehaviour in Misbehaviour::all() {
        let start = || {
            MockScalekit::builder()
                .misbehave(*misbehaviour)
                .start_blocking()
        };
        match (catch_unwind(start), misbehaviour.needs_mcp_server()) {
            (Ok(scalekit), false) => assert_eq!(scalekit.mcp_url(), None),
            (Err(panic), true) => {
                let text = panic.downcast::<String>().unwrap();
                let expected = format!("misbehave: {misbehaviour} needs mcp_server");
                assert!(text.starts_with(&expected), "{text}");
                needing += 1;
            }
            (started, _) => panic!("{misbehaviour}: started: {}", started.is_ok()),
        }
    }
    assert_eq!(needing, 23);
}

#[tokio::test]
async fn several_can_be_combined() {
    let combined = [
        Misbehaviour::ChallengeBasicFirst,
        Misbehaviour::ChallengeSpaced,
    ];
    let mut builder = MockScalekit::builder().mcp_server();
    for misbehaviour in combined {
        builder = builder.misbehave(misbehaviour);
    }
    let scalekit = builder.start().await;
    let response = http()
        .post(scalekit.mcp_url().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let lines: Vec<_> = response
        .headers()
        .get_all("www-authenticate")
        .iter()
        .collect();
    assert_eq!(lines.len(), 2);
    assert!(
        lines[1]
            .to_str()
            .unwrap()
            .starts_with("Bearer resource_metadata = \"")
    );
}
