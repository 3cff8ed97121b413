//! The directory with 100,000 users in 20 organizations, beside the mock: in memory, in SQLite and in PostgreSQL, each
//! of the two with two replicas.
//!
//! `cargo bench -p auth-scalekit --bench directory --features postgres,sqlite`. Needs PostgreSQL, which it starts.
//! `DIRECTORY_USERS` and `DIRECTORY_EVENTS` set other numbers, and `DIRECTORY_STORES=memory,sqlite` leaves PostgreSQL out.
//!
//! 1. A full listing. All users are members, and users of the directories of their organizations.
//! 2. 10,000 changes, whose events arrive shuffled, a tenth of them twice, half at each replica.
//! 3. What each replica knows, and what a new process reads from the store, is compared with what the API lists: the
//!    bench fails if anything differs.
//! 4. Another full listing.
//! 5. `active_member()` for the users in turn, by the clock of this process: the median of 41 rounds of 1,000.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    missing_docs,
    reason = "a bench, whose report is for people"
)]

#[path = "../tests/support/postgres_server.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod postgres_server;
#[path = "shared/spread.rs"]
mod spread;
#[path = "../tests/directory/stage.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod stage;
#[path = "../tests/directory/world.rs"]
mod world;

use std::hint::black_box;
use std::time::{Duration, Instant};

use auth_core::directory::Directory;
use auth_core::policy::{Policy, PolicyRequest, active_member};
use auth_core::support::Clock;
use auth_core::token::VerifiedToken;
use auth_scalekit::directory::{DirectoryStore, PostgresSettings, ScalekitDirectory};
use auth_scalekit::webhooks::{WebhookEvent, WebhookHandler};
use auth_testkit::MockScalekit;
use postgres_server::PostgresServer;
use spread::spread;
use stage::{Stage, known, truth};
use world::World;

const ORGANIZATIONS: usize = 20;
const ROUNDS: usize = 41;

#[tokio::main]
async fn main() {
    // Cargo also runs benches as tests.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let number = |name: &str, default: usize| {
        std::env::var(name).map_or(default, |text| text.parse().unwrap())
    };
    let users = number("DIRECTORY_USERS", 100_000);
    let events = number("DIRECTORY_EVENTS", 10_000);

    let mut world = World::new(ORGANIZATIONS, users, 1);
    let builder = world.describe(MockScalekit::builder());
    let before = resident();
    let stage = Stage::beside(builder, |builder| builder).await;
    println!("{users} users in {ORGANIZATIONS} organizations, {events} changes");

    let stores = std::env::var("DIRECTORY_STORES");
    let stores = stores.as_deref().unwrap_or("memory,sqlite,postgres");
    let folder = tempfile::tempdir().unwrap();
    let server = stores.contains("postgres").then(PostgresServer::start);
    let sqlite = async || {
        let store = DirectoryStore::sqlite(folder.path().join("directory")).await;
        stage.another_with(store.unwrap())
    };
    let postgres = async || {
        let settings = PostgresSettings::new(server.as_ref().unwrap().url());
        stage.another_with(DirectoryStore::postgres(settings).await.unwrap())
    };
    let mut kinds = vec![("memory", vec![stage.directory.clone()])];
    if stores.contains("sqlite") {
        kinds.push(("SQLite", vec![sqlite().await, sqlite().await]));
    }
    if stores.contains("postgres") {
        kinds.push(("PostgreSQL", vec![postgres().await, postgres().await]));
    }
    let served = resident();
    for (name, replicas) in &kinds {
        let begun = Instant::now();
        let report = replicas[0].list_once().await.unwrap();
        let time = begun.elapsed();
        assert_eq!(report.added, report.existing);
        let records = report.existing.total();
        println!("{name}: listed {records} records in {time:.1?}");
        if *name == "memory" {
            let mib = (resident() - served) as f64 / 1024.0;
            println!(
                "{name}: {mib:.0} MiB more (the mock has {} MiB)",
                (served - before) / 1024
            );
        }
        if let Some(other) = replicas.get(1) {
            let begun = Instant::now();
            other.read_store_once().await.unwrap();
            println!(
                "{name}: another process has read it in {:.1?}",
                begun.elapsed()
            );
            assert_eq!(other.state().records, report.existing);
        }
    }

    stage.tick();
    for _ in 0..events {
        world.change(&stage.scalekit);
        stage.clock.advance(Duration::from_millis(10));
    }
    let mut delivered = stage.events().await;
    delivered.extend(delivered.clone().into_iter().step_by(10));
    let delivered = world.shuffled(delivered);
    let expected = truth(&stage.management).await;
    let (organizations, subjects) = (world.organizations(), world.subjects());
    for (name, replicas) in &kinds {
        let begun = Instant::now();
        let half = delivered.len() / replicas.len();
        let parts: Vec<_> = delivered.chunks(half.max(1)).collect();
        let (first, second) = (parts[0], parts.get(1).copied().unwrap_or_default());
        tokio::join!(
            deliver(&replicas[0], first),
            deliver(replicas.last().unwrap(), second)
        );
        let time = begun.elapsed();
        let each = time / u32::try_from(delivered.len()).unwrap();
        println!(
            "{name}: {} events in {time:.1?}, {each:.1?} each",
            delivered.len()
        );
        let mut all = replicas.clone();
        match *name {
            "SQLite" => all.push(sqlite().await),
            "PostgreSQL" => all.push(postgres().await),
            _ => {}
        }
        for directory in &all {
            directory.read_store_once().await.unwrap();
            let known = known(directory, &organizations, &subjects);
            assert_eq!(known.symmetric_difference(&expected).count(), 0, "{name}");
        }
        println!(
            "{name}: {} processes know what the API lists: {} lines",
            all.len(),
            expected.len()
        );
    }

    stage.tick();
    for (name, replicas) in &kinds {
        let begun = Instant::now();
        let report = replicas[0].list_once().await.unwrap();
        let changed = report.added.total() + report.changed.total() + report.removed.total();
        println!(
            "{name}: listed again in {:.1?}, {changed} differences",
            begun.elapsed()
        );
    }
    cost(&stage, &stage.directory, &world);
}

async fn deliver(directory: &ScalekitDirectory, events: &[WebhookEvent]) {
    for event in events {
        // SQLite lets a writer wait for 2 s; then the event is delivered again.
        while directory.handle(event).await.is_err() {}
    }
}

/// What a request pays.
fn cost(stage: &Stage, directory: &ScalekitDirectory, world: &World) {
    let now = stage.clock.now();
    let organizations = world.organizations();
    let tokens: Vec<_> = world
        .subjects()
        .iter()
        .enumerate()
        .map(|(number, subject)| {
            VerifiedToken::assertion("https://acme.scalekit.com", subject.as_str(), now)
                .with_organization(organizations[number % ORGANIZATIONS].as_str())
        })
        .collect();
    let policy = active_member();
    let mut index = 0;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        for _ in 0..1_000 {
            // Far apart in memory.
            index = (index + 7_919) % tokens.len();
            let token = &tokens[index];
            let organization = token.organization().unwrap();
            let member = directory.member(organization, token.subject()).unwrap();
            let request = PolicyRequest::new(token, now).with_member(member.as_ref());
            let _ = black_box(policy.check(&request));
        }
        rounds.push(begun.elapsed().as_nanos() as f64 / 1_000.0);
    }
    let (median, low, high) = spread(rounds);
    println!("active_member(): {median:.0} ns ({low:.0}..{high:.0})");
}

/// The memory of this process, in KiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().split(' ').next());
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_default()
}
