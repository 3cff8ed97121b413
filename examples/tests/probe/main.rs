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

use auth_testkit::probe::{Outcome, Probe, Report, Suite};

use broken::{Broken, all};
use server::Server;

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
