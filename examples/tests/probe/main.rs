//! The probes of `mock-scalekit probe`, each held to its word: a sound server passes all of them, and for
//! each there is a server that fails it since one thing in it is broken.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

mod broken;
mod server;

use std::collections::BTreeSet;
use std::time::Duration;

use auth_scalekit::policy::RequireClaim;
use auth_testkit::MockScalekit;
use auth_testkit::probe::{Group, Outcome, Probe, Report, Subject, Suite, ToolRole};
use serde_json::json;

use broken::{Broken, all};
use server::{Demands, Server};

/// What a sound server cannot show over one protocol, it shows over the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sound_server_passes_everything() {
    let mut passed = BTreeSet::new();
    for protocol in ["2025-11-25", "2026-07-28"] {
        let report = probed(Broken::nothing(), None, protocol).await;
        assert!(report.is_passed(), "{report}");
        let rows = report.rows().iter();
        let good = rows.filter(|row| *row.outcome() == Outcome::Passed);
        passed.extend(good.map(|row| row.probe().name()));
    }
    let all: BTreeSet<&str> = Probe::all().iter().map(Probe::name).collect();
    let missing: Vec<_> = all.difference(&passed).collect();
    assert!(missing.is_empty(), "untestable over both: {missing:?}");
}

/// A server that nobody made for the probes: its tools have other names and need other scopes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_tools_of_any_server_are_found() {
    let names = all_but_keys();
    for protocol in ["2025-11-25", "2026-07-28"] {
        let server = Server::start_notes().await;
        let suite = Suite::new(&server.url, &server.scalekit).unwrap();
        let suite = suite.protocol(protocol).unwrap().only(&names).unwrap();
        let report = suite.run(&server).await;
        let odd = report.rows().iter();
        let odd: Vec<_> = odd
            .filter(|row| *row.outcome() != Outcome::Passed)
            .map(|row| row.probe().name())
            .collect();
        // The notes fetch no URL; the older protocol has no headers that name tools, the newer no sessions.
        let expected = match protocol {
            "2025-11-25" => vec!["lying-headers", "no-passthrough"],
            _ => vec![
                "session-without-token",
                "session-of-another",
                "stream-of-another",
                "end-of-another",
                "session-with-the-next-token",
                "no-passthrough",
            ],
        };
        assert_eq!(odd, expected, "{report}");
        assert_eq!(report.score(|_| true).not_applicable, odd.len(), "{report}");
        let text = report.to_string();
        let tools = "tools: write is notes_add (needs notes:write), whoami is auth_status\n";
        assert!(text.contains(tools), "{text}");
    }
    // With both of them to choose from, nothing is left but what the server has not.
    let server = Server::start_notes().await;
    let suite = Suite::new(&server.url, &server.scalekit).unwrap();
    let suite = suite
        .only(&["lying-headers", "session-of-another"])
        .unwrap();
    let report = suite.run(&server).await;
    assert_eq!(report.score(|_| true).passed, 2, "{report}");
}

/// What is named is taken, whatever else the server has.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tools_can_be_named() {
    let server = Server::start_notes().await;
    let suite = Suite::new(&server.url, &server.scalekit).unwrap();
    let about_tools = ["with-the-scope", "without-the-scope", "whoami", "two-names"];
    let suite = suite.only(&about_tools).unwrap();
    let note = json!({ "text": "named" });
    let note = note.as_object().unwrap();
    let none = &serde_json::Map::new();
    let named = |name: &str, scope: &str, whoami: &str| {
        let suite = suite.clone().tool(ToolRole::Write, name, note.clone());
        let suite = suite.tool(ToolRole::Whoami, whoami, none.clone());
        suite.write_scope(scope).unwrap()
    };
    let outcomes = async |suite: Suite<'_>| {
        let report = suite.run(&server).await;
        let rows = report.rows().iter();
        let failed = rows.filter(|row| *row.outcome() != Outcome::Passed);
        failed
            .map(|row| row.probe().name())
            .collect::<BTreeSet<_>>()
    };
    let right = named("notes_add", "notes:write", "auth_status");
    assert_eq!(outcomes(right).await, BTreeSet::new(), "the control");
    let scope = named("notes_add", "notes:other", "auth_status");
    let expected = BTreeSet::from(["with-the-scope", "without-the-scope", "two-names"]);
    assert_eq!(outcomes(scope).await, expected);
    let tool = named("echo", "notes:write", "auth_status");
    assert_eq!(outcomes(tool).await, expected, "its arguments do not fit");
    let whoami = named("notes_add", "notes:write", "notes_list");
    assert_eq!(outcomes(whoami).await, BTreeSet::from(["whoami"]));
}

/// What a server asks of every token can be put into every token.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_asks_more_of_every_token_passes_with_tokens_that_have_it() {
    let scope: Demands = |builder| builder.required_scopes(["mcp:read", "site:use"]);
    let claim: Demands = |builder| builder.policy(RequireClaim::equals("/site/tenant", 7).unwrap());
    let both: Demands = |builder| {
        let builder = builder.required_scopes(["mcp:read", "site:use", "site:enter"]);
        builder.policy(RequireClaim::equals("/site/tenant", 7).unwrap())
    };
    let site = json!({ "site": { "tenant": 7 } });
    let site = site.as_object().unwrap();
    let none = &serde_json::Map::new();
    let most = all_but_keys();
    for (what, demands, scopes, claims) in [
        ("a scope", scope, vec!["site:use"], none),
        ("a claim", claim, vec![], site),
        ("both", both, vec!["site:use", "site:enter"], site),
    ] {
        let server = Server::start_with(Broken::nothing(), demands).await;
        let without = Suite::new(&server.url, &server.scalekit).unwrap();
        let without = without.protocol("2025-11-25").unwrap().only(&most).unwrap();
        let with = without.clone().scopes(scopes.clone()).unwrap();
        let with = with.claims(claims.clone());
        let report = with.run(&server).await;
        let rows = report.rows().iter();
        let bad: Vec<_> = rows
            .filter(|row| *row.outcome() != Outcome::Passed)
            .map(|row| row.probe().name())
            .collect();
        assert_eq!(
            bad,
            ["lying-headers"],
            "{what}, as of every server: {report}"
        );
        // Scopes are taken from the challenge; without the claims nothing can be learned.
        let learned = without.clone().claims(claims.clone());
        let report = learned.run(&server).await;
        assert!(report.is_passed(), "{what}: {report}");
        let mut lacking = Vec::new();
        if !claims.is_empty() {
            lacking.push(without.clone().scopes(scopes.clone()).unwrap());
        }
        for suite in lacking {
            let report = suite.run(&server).await;
            for row in report.rows() {
                let Outcome::Untestable(why) = row.outcome() else {
                    panic!("{what}: {row}");
                };
                let control = "the control failed: a good token is answered 403 Forbidden";
                assert!(why.starts_with(control), "{what}: {why}");
            }
        }
    }
}

/// Why a server does not answer any more is in the report.
#[tokio::test]
async fn a_server_that_has_ended_is_said_to_have() {
    struct Ended;
    #[auth_core::async_trait]
    impl Subject for Ended {
        async fn restart(&self) -> std::io::Result<()> {
            Ok(())
        }
        fn output(&self) -> Option<String> {
            None
        }
        async fn ended(&self) -> Option<String> {
            Some("exit code 101".to_owned())
        }
    }
    let scalekit = MockScalekit::start().await;
    let suite = Suite::new("http://127.0.0.1:1/mcp", &scalekit).unwrap();
    let report = suite.run(&Ended).await;
    assert_eq!(report.rows().len(), Probe::all().len());
    for row in report.rows() {
        let Outcome::Untestable(why) = row.outcome() else {
            panic!("{row}");
        };
        assert!(why.starts_with("the control failed: no connection to 127.0.0.1:1"));
        assert!(
            why.ends_with("; the server has ended with exit code 101"),
            "{why}"
        );
    }
}

#[test]
fn a_scope_that_is_none_is_refused_before_anything_is_probed() {
    let scalekit = MockScalekit::builder().start_blocking();
    let suite = Suite::new("http://127.0.0.1:1/mcp", &scalekit).unwrap();
    for good in ["site:use", "https://site.example/use", "!"] {
        assert!(suite.clone().scopes([good]).is_ok(), "{good}");
    }
    for bad in ["site use", "site\"use", "", "site\\use", "n\u{f6}tes"] {
        assert!(suite.clone().scopes(["site:use", bad]).is_err(), "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_broken_server_fails_its_probes() {
    let mut wrong = Vec::new();
    for broken in all() {
        let (name, breaks) = (broken.name, broken.breaks.clone());
        let protocol = broken.protocol;
        let report = probed(broken, Some(&breaks), protocol).await;
        for row in report.rows() {
            if !matches!(row.outcome(), Outcome::Failed(_)) {
                wrong.push(format!("{name}: {row} {:?}", row.outcome()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_probe_is_failed_by_one_of_them() {
    let broken: BTreeSet<&str> = all().into_iter().flat_map(|one| one.breaks).collect();
    let all: BTreeSet<&str> = Probe::all().iter().map(Probe::name).collect();
    let missing: Vec<_> = all.difference(&broken).collect();
    assert!(missing.is_empty(), "no server fails {missing:?}");
}

/// The probes of keys take long, and need neither tools nor tokens of their own.
fn all_but_keys() -> Vec<&'static str> {
    let all = Probe::all();
    let most = all.iter().filter(|probe| probe.group() != Group::Keys);
    most.map(Probe::name).collect()
}

async fn probed(broken: Broken, only: Option<&[&'static str]>, protocol: &str) -> Report {
    let server = Server::start(broken).await;
    let suite = Suite::new(&server.url, &server.scalekit).unwrap();
    let suite = suite.protocol(protocol).unwrap();
    let suite = match only {
        // A broken server does not get better.
        Some(names) => suite.only(names).unwrap().patience(Duration::from_secs(1)),
        None => suite,
    };
    suite.run(&server).await
}
