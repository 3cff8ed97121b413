//! The `server` and `demo` binaries as a person starts them: good settings, bad
//! settings, a taken port, an issuer that is not there, ctrl-c, and what they log.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// The server with these variables and no other `SCALEKIT_...`.
fn server(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    program(env!("CARGO_BIN_EXE_server"), arguments, variables)
}

fn program(path: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(path);
    for (name, _) in std::env::vars() {
        if name.starts_with("SCALEKIT_") || name == "RUST_LOG" {
            command.env_remove(name);
        }
    }
    command
        .args(arguments)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = server(arguments, variables).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// A free port: this test had it until now.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A started server that is ended, whatever happens.
struct Running {
    child: Child,
    ready: Value,
}

impl Running {
    fn start(variables: &[(&str, &str)]) -> Self {
        let mut child = server(&["--mock", "--ready-json"], variables)
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap();
        Self { child, ready }
    }

    fn url(&self) -> &str {
        self.ready["url"].as_str().unwrap()
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([name, &self.child.id().to_string()])
            .status();
        assert!(status.unwrap().success());
    }

    /// Waits for the end; returns what was logged.
    fn end(mut self) -> (ExitStatus, String) {
        let mut log = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut log)
            .unwrap();
        (self.child.wait().unwrap(), log)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const ANY_PORT: (&str, &str) = ("SCALEKIT_MCP_URL", "http://127.0.0.1:0/mcp");

#[test]
fn bad_settings_are_named_and_nothing_listens() {
    const ENVIRONMENT: (&str, &str) = ("SCALEKIT_ENVIRONMENT_URL", "https://acme.scalekit.com");
    const RESOURCE: (&str, &str) = ("SCALEKIT_RESOURCE_ID", "res_1");
    type Row = (
        &'static str,
        &'static [(&'static str, &'static str)],
        &'static [&'static str],
    );
    let rows: [Row; 10] = [
        (
            "port 0",
            &[
                ENVIRONMENT,
                RESOURCE,
                ("SCALEKIT_MCP_URL", "http://localhost:0/mcp"),
            ],
            &["SCALEKIT_MCP_URL must name a real port"],
        ),
        (
            "nothing set",
            &[],
            &[
                "SCALEKIT_ENVIRONMENT_URL is not set",
                "SCALEKIT_RESOURCE_ID is not set",
            ],
        ),
        (
            "both empty",
            &[
                ("SCALEKIT_ENVIRONMENT_URL", ""),
                ("SCALEKIT_RESOURCE_ID", ""),
            ],
            &[
                "SCALEKIT_ENVIRONMENT_URL is empty",
                "SCALEKIT_RESOURCE_ID is empty",
            ],
        ),
        (
            "not a resource id",
            &[ENVIRONMENT, ("SCALEKIT_RESOURCE_ID", "conn_1")],
            &["SCALEKIT_RESOURCE_ID must start with \"res_\""],
        ),
        (
            "plain http",
            &[
                ("SCALEKIT_ENVIRONMENT_URL", "http://acme.scalekit.com"),
                RESOURCE,
            ],
            &["SCALEKIT_ENVIRONMENT_URL must use https"],
        ),
        (
            "a slash at the end",
            &[
                ENVIRONMENT,
                RESOURCE,
                ("SCALEKIT_MCP_URL", "http://localhost:8000/mcp/"),
            ],
            &["SCALEKIT_MCP_URL must not end with a slash: write \"http://localhost:8000/mcp\""],
        ),
        (
            "a query",
            &[
                ENVIRONMENT,
                RESOURCE,
                ("SCALEKIT_MCP_URL", "http://localhost:8000/mcp?a=b"),
            ],
            &["SCALEKIT_MCP_URL must not have a query: remove \"?a=b\""],
        ),
        (
            "a fragment",
            &[
                ENVIRONMENT,
                RESOURCE,
                ("SCALEKIT_MCP_URL", "http://localhost:8000/mcp#a"),
            ],
            &["SCALEKIT_MCP_URL must not have a fragment: remove \"#a\""],
        ),
        (
            "a password",
            &[
                ENVIRONMENT,
                RESOURCE,
                ("SCALEKIT_MCP_URL", "https://me:marker@mcp.example.com/mcp"),
            ],
            &[
                "SCALEKIT_MCP_URL must not contain a user name or password: remove the part up to the @",
            ],
        ),
        (
            "a bad scope",
            &[
                ENVIRONMENT,
                RESOURCE,
                ("SCALEKIT_REQUIRED_SCOPES", "notes\\read"),
            ],
            &["SCALEKIT_REQUIRED_SCOPES is not a list of scopes"],
        ),
    ];
    for (name, variables, expected) in rows {
        let (code, out, err) = run(&[], variables);
        assert_eq!(code, Some(2), "{name}: {err}");
        assert_eq!(out, "", "{name}");
        assert_eq!(err.lines().count(), expected.len(), "{name}: {err}");
        for (line, text) in err.lines().zip(expected) {
            assert!(line.starts_with(text), "{name}: {line}");
        }
        assert!(
            !err.contains("marker") && !err.contains("panicked"),
            "{name}: {err}"
        );
    }
}

#[test]
fn an_environment_that_is_not_there_is_named_and_waited_for() {
    let url = format!("http://127.0.0.1:{}", free_port());
    let mcp_url = format!("http://127.0.0.1:{}/mcp", free_port());
    let variables = [
        ("SCALEKIT_ENVIRONMENT_URL", url.as_str()),
        ("SCALEKIT_RESOURCE_ID", "res_1"),
        ("SCALEKIT_MCP_URL", &mcp_url),
    ];
    let mut child = server(&[], &variables).spawn().unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, format!("MCP server at {mcp_url}\n"));
    let id = child.id().to_string();
    assert!(Command::new("kill").arg(id).status().unwrap().success());
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    let err = String::from_utf8(ended.stderr).unwrap();
    let mut lines = err.lines();
    let message = lines.find(|line| line.starts_with("SCALEKIT_ENVIRONMENT_URL: "));
    let message = message.expect(&err);
    let expected =
        format!("{url} gives no keys, so every token gets 503 until it does: check the URL");
    assert!(message.contains(&expected), "{err}");
    assert!(message.contains("refused"), "{err}");
}

#[test]
fn a_taken_port_is_one_line_with_the_fix() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "http://127.0.0.1:{}/mcp",
        taken.local_addr().unwrap().port()
    );
    let (code, out, err) = run(&["--mock"], &[("SCALEKIT_MCP_URL", &url)]);
    assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
    assert_eq!(err.lines().count(), 1, "{err}");
    assert!(
        err.contains("the port is taken") && err.contains("SCALEKIT_MCP_URL"),
        "{err}"
    );
}

#[test]
fn it_stops_cleanly_on_ctrl_c_and_on_terminate() {
    for signal in ["-INT", "-TERM"] {
        let server = Running::start(&[ANY_PORT]);
        server.signal(signal);
        let (status, log) = server.end();
        assert_eq!(status.code(), Some(0), "{signal}: {log}");
    }
}

#[tokio::test]
async fn an_open_stream_does_not_keep_it_from_stopping() {
    let server = Running::start(&[ANY_PORT]);
    // Until 2025-11-25 a client holds a stream open for as long as its session lasts.
    let options = client::ClientOptions::new(server.url())
        .unwrap()
        .with_browser(client::Browser::Headless)
        .with_wire(client::Wire::Stateful);
    let client = client::connect(options).await.unwrap();
    client.list_tools().await.unwrap();
    server.signal("-INT");
    let (status, log) = server.end();
    assert_eq!(status.code(), Some(0), "{log}");
}

#[test]
fn it_says_that_it_is_a_mock() {
    let mut child = server(&["--mock"], &[ANY_PORT]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let second = lines.next().unwrap().unwrap();
    // Ended by force: how it stops is another test.
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        first.starts_with("MCP server at http://127.0.0.1:"),
        "{first}"
    );
    assert!(second.starts_with("MOCK: "), "{second}");
}

/// A token whose parts occur nowhere else in a log.
const MARKERS: [&str; 3] = ["markerheader", "markerpayload", "markersignature"];

#[tokio::test]
async fn no_secret_is_logged_even_at_trace() {
    let server = Running::start(&[ANY_PORT, ("RUST_LOG", "trace")]);
    let http = reqwest::Client::builder()
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    let bad = MARKERS.join(".");
    let url = server.url().to_owned();
    let mut bodies = String::new();
    for authorization in [
        format!("Bearer {bad}"),
        format!("Bearer {bad} x"),
        format!("Basic {bad}"),
    ] {
        let response = http
            .post(&url)
            .header("authorization", authorization)
            .send()
            .await
            .unwrap();
        bodies.push_str(&format!("{:?}", response.headers()));
        bodies.push_str(&response.text().await.unwrap());
    }
    let query = format!("{url}?access_token={bad}");
    bodies.push_str(&http.get(query).send().await.unwrap().text().await.unwrap());

    // A whole login, and a call with the token that came of it.
    let options = client::ClientOptions::new(&url)
        .unwrap()
        .with_browser(client::Browser::Headless);
    let store = client::TokenStore::in_memory();
    let options = options.with_store(store.clone());
    let client = client::connect(options).await.unwrap();
    client
        .call_tool("echo", json!({"message": "x"}).as_object().cloned())
        .await
        .unwrap();
    client.close().await;
    let issued = store.records().await.unwrap().remove(0);
    let issued = serde_json::to_value(issued).unwrap();
    let token = issued["credentials"]["token_response"]["access_token"]
        .as_str()
        .unwrap();
    let signature = token.rsplit('.').next().unwrap().to_owned();

    server.signal("-INT");
    let (_, log) = server.end();
    assert!(log.contains("request refused"), "it logs: {log}");
    for secret in MARKERS.iter().copied().chain([token, signature.as_str()]) {
        assert!(!bodies.contains(secret), "a body or a header of an answer");
        let line = log.lines().find(|line| line.contains(secret));
        let line = line.map(|line| line.replace(secret, "SECRET"));
        assert_eq!(line, None, "a line of the log");
    }
}

#[test]
fn the_demo_does_what_it_says() {
    let output = Command::new(env!("CARGO_BIN_EXE_demo"))
        .env_remove("RUST_LOG")
        // A proxy that cannot be used: loopback is reached without it.
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    for step in 1..=7 {
        assert!(text.contains(&format!("\n{step} ")), "step {step}: {text}");
    }
    assert!(
        text.contains("Refusals") && !text.contains("FAIL"),
        "{text}"
    );
}
