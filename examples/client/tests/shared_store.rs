//! Processes that share a token store: no token is lost, none is refreshed twice, and one that is killed
//! leaves what the others can read.

#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    missing_docs,
    reason = "a test may panic"
)]

use std::{
    io::{BufRead as _, Write as _},
    path::Path,
    process::Stdio,
    time::Duration,
};

use auth_testkit::Endpoint;
use auth_testkit::settings::RefreshTokens;
use client::{Browser, ClientOptions, Protection, TokenStore, connect, store::TokenEntry};
use examples::demo::servers::DemoServers;
use rmcp::transport::auth::{CredentialStore as _, StoredCredentials};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};
use url::Url;

const ROUNDS: usize = 200;
const KILLS: usize = 60;
const MOST_KILLS: usize = 10 * KILLS;
/// How many more turns of the runtime each kill waits than the one before.
const YIELDS: usize = 100;

/// Tells a process that it is one of those that a test has started, and where its tokens are.
const DIRECTORY: &str = "SHARED_STORE_DIRECTORY";
const SERVER: &str = "SHARED_STORE_SERVER";

fn store(directory: &Path) -> TokenStore {
    TokenStore::in_directory(directory, Protection::Unencrypted)
}

/// This very program, running one of the processes below.
struct Process {
    child: Child,
    words: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(name: &str, directory: &Path, server: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--ignored", "--nocapture"])
            .env(DIRECTORY, directory)
            .env(SERVER, server)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            words: child.stdin.take().unwrap(),
            lines: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
        }
    }

    async fn say(&mut self, word: &str) {
        let line = format!("{word}\n");
        self.words.write_all(line.as_bytes()).await.unwrap();
    }

    /// The next line that is the process's own, and not of the test harness around it.
    async fn hear(&mut self) -> String {
        loop {
            let line = self.lines.next_line().await.unwrap();
            if let Some((_, line)) = line.expect("the process has ended").split_once("> ") {
                return line.to_owned();
            }
        }
    }
}

/// Says something to the test that has started this process.
fn tell(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "> {text}").unwrap();
    out.flush().unwrap();
}

fn given() -> (std::path::PathBuf, Url) {
    let variable = |name| std::env::var(name).expect("started by the test of the same name");
    (
        variable(DIRECTORY).into(),
        variable(SERVER).parse().unwrap(),
    )
}

/// A connected client that calls a tool for each line of its input.
#[tokio::test]
#[ignore = "a process of two_processes_refresh_once"]
async fn caller() {
    let (directory, server) = given();
    let options = ClientOptions::new(server.as_str())
        .unwrap()
        .with_browser(Browser::Headless)
        .with_store(store(&directory));
    let client = connect(options).await.unwrap();
    tell("connected");
    for line in std::io::stdin().lock().lines() {
        if line.unwrap() == "end" {
            break;
        }
        let arguments = json!({"message": "hello"});
        let called = client
            .call_tool("echo", arguments.as_object().cloned())
            .await;
        tell(&called.map_or_else(|error| format!("failed: {error}"), |_| "called".into()));
    }
    client.close().await;
}

/// Lets the time of the stored token run out, as far as clients can see.
async fn expire(entry: &TokenEntry) {
    let mut credentials = entry.load().await.unwrap().unwrap();
    credentials.token_received_at = Some(1);
    entry.save(credentials).await.unwrap();
}

#[tokio::test]
async fn two_processes_refresh_once() {
    let demo = DemoServers::start_with(|mock| {
        mock.refresh_tokens(RefreshTokens::Always)
            // A refresh token that is used twice ends the login at once.
            .refresh_grace(Duration::ZERO)
    })
    .await
    .unwrap();
    let directory = tempfile::tempdir().unwrap();
    let mut first = Process::start("caller", directory.path(), &demo.url);
    assert_eq!(first.hear().await, "connected");
    let mut second = Process::start("caller", directory.path(), &demo.url);
    assert_eq!(second.hear().await, "connected");
    let server = demo.url.parse().unwrap();
    let [record] = &store(directory.path()).of_server(&server).await.unwrap()[..] else {
        unreachable!("one login")
    };
    let entry = store(directory.path()).entry(&server, record.issuer.as_deref());
    let refreshes = || {
        let requests = demo.scalekit.requests(Endpoint::Token);
        let refreshes = requests
            .iter()
            .filter(|request| request.param("grant_type") == Some("refresh_token"));
        refreshes
            .map(|request| request.status())
            .collect::<Vec<_>>()
    };
    for round in 1..=ROUNDS {
        expire(&entry).await;
        first.say("call").await;
        second.say("call").await;
        let answers = [first.hear().await, second.hear().await];
        assert_eq!(answers, ["called", "called"], "round {round}");
        assert_eq!(refreshes().len(), round, "one refresh for both");
    }
    assert!(refreshes().iter().all(|status| *status == Some(200)));
    assert_eq!(
        demo.scalekit.requests(Endpoint::Authorize).len(),
        1,
        "one login"
    );
    for process in [&mut first, &mut second] {
        process.say("end").await;
        assert!(process.child.wait().await.unwrap().success());
    }
    demo.stop().await;
}

fn credentials(number: usize) -> StoredCredentials {
    let response = json!({
        "access_token": "a".repeat(number % 3_000),
        "token_type": "bearer",
        "refresh_token": format!("refresh-{number}"),
    });
    let response = serde_json::from_value(response).unwrap();
    StoredCredentials::new("client".into(), Some(response), Vec::new(), Some(1))
}

/// Writes without an end, and counts.
#[tokio::test]
#[ignore = "a process of a_killed_writer_leaves_what_was_written"]
async fn writer() {
    let (directory, server) = given();
    let entry = store(&directory).entry(&server, None);
    for number in 1.. {
        entry.load().await.unwrap();
        entry.save(credentials(number)).await.unwrap();
        tell(&number.to_string());
    }
}

#[tokio::test]
async fn a_killed_writer_leaves_what_was_written() {
    let directory = tempfile::tempdir().unwrap();
    let server = "http://localhost:1/mcp";
    let entry = store(directory.path()).entry(&server.parse().unwrap(), None);
    let mut unfinished = 0;
    // A write is short: more kills than the least are needed until one comes in the middle of it.
    for kill in 0..MOST_KILLS {
        if kill >= KILLS && unfinished > 0 {
            break;
        }
        let mut process = Process::start("writer", directory.path(), server);
        let mut written = 0;
        while written <= kill % KILLS {
            written = process.hear().await.parse().unwrap();
        }
        // SIGKILL, at whatever it is doing then: each time at another moment after the line.
        for _ in 0..(kill % KILLS) * YIELDS {
            tokio::task::yield_now().await;
        }
        process.child.kill().await.unwrap();
        while let Some(line) = process.lines.next_line().await.unwrap() {
            if let Some((_, number)) = line.split_once("> ") {
                written = number.parse().unwrap_or(written);
            }
        }
        // The write that it reported is stored, or the one after it.
        let found = entry.load().await.unwrap();
        let found = found.expect("the file is as it should be").token_response;
        let found = serde_json::to_value(found).unwrap();
        let expected = [written, written + 1].map(|number| format!("refresh-{number}"));
        assert!(
            expected
                .iter()
                .any(|token| found.get("refresh_token") == Some(&json!(token))),
            "kill {kill}: expected one of {expected:?}"
        );
        let files = std::fs::read_dir(directory.path()).unwrap();
        let left: Vec<_> = files
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(".tokens-"))
            .collect();
        unfinished += usize::from(!left.is_empty());
        for entry in left {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    assert!(
        unfinished > 0,
        "none of {MOST_KILLS} kills came in the middle of a write"
    );
}
