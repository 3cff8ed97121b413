//! The attack table: each row is a token that differs from an accepted one in one respect, and
//! what becomes of it. The control is accepted before and after the rows of a group.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failure here is the test's failure"
)]

mod claims;
mod form;
mod header;
mod keys;
mod scopes;
#[path = "../support/mod.rs"]
mod support;

use auth_testkit::TokenBuilder;
use serde_json::Value;
use support::Pair;

/// One attack: a name that says what is done, the token, and its fate.
struct Row {
    name: String,
    token: String,
    fate: &'static str,
}

fn row(name: impl Into<String>, token: impl Into<String>, fate: &'static str) -> Row {
    Row {
        name: name.into(),
        token: token.into(),
        fate,
    }
}

/// What a group of rows is made from.
struct Forge<'a>(&'a Pair);

impl Forge<'_> {
    fn token(&self) -> TokenBuilder {
        self.0.scalekit.token()
    }

    /// The claims of an accepted token.
    fn claims(&self) -> Value {
        part(&self.token().sign(), 1)
    }

    /// The header of an accepted token.
    fn header(&self) -> Value {
        part(&self.token().sign(), 0)
    }
}

fn part(token: &str, index: usize) -> Value {
    use base64::Engine;
    let part = token.split('.').nth(index).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part);
    serde_json::from_slice(&bytes.unwrap()).unwrap()
}

/// A JSON value in a row's name, shortened.
fn shown(value: &Value) -> String {
    value.to_string().chars().take(90).collect()
}

#[tokio::test]
async fn every_attack_has_its_fate() {
    type Group = (&'static str, fn(&Forge<'_>) -> Vec<Row>);
    let groups: [Group; 5] = [
        ("header", header::rows),
        ("claims", claims::rows),
        ("form", form::rows),
        ("keys", keys::rows),
        ("scopes", scopes::rows),
    ];
    let mut names = std::collections::HashSet::new();
    let mut failures = Vec::new();
    for (group, rows) in groups {
        let pair = Pair::start().await;
        let control = pair.scalekit.token().sign();
        let rows = rows(&Forge(&pair));
        // The keys are read well after the tokens were made, so their word on a name counts.
        pair.clock.advance(std::time::Duration::from_secs(120));
        assert_eq!(
            pair.verdict(&control).await,
            "accepted",
            "the control of {group}"
        );
        println!("{group}: {} attacks", rows.len());
        for row in rows {
            let name = format!("{group}: {}", row.name);
            assert!(names.insert(name.clone()), "two rows are called {name}");
            let verdict = match auth_core::token::BearerToken::new(&row.token) {
                Some(_) => pair.verdict(&row.token).await,
                // The layer answers 400 before any verifier is asked.
                None => "no_bearer_token",
            };
            if verdict != row.fate {
                failures.push(format!("{name}: {verdict}, not {}", row.fate));
            }
        }
        assert_eq!(
            pair.verdict(&control).await,
            "accepted",
            "the control of {group}, again"
        );
    }
    println!("{} attacks in all", names.len());
    assert!(
        failures.is_empty(),
        "{}:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(names.len() >= 500, "{} attacks", names.len());
}
