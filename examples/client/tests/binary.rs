//! The `client` binary as a user runs it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

mod issuer;

use std::{path::Path, process::Stdio};

use issuer::Issuer;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
};

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_client"));
    command
        .env_clear()
        .env("MCP_CLIENT_TOKEN_DIR", directory)
        .env("MCP_CLIENT_PASSPHRASE", "passphrase of the tests")
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

async fn run(directory: &Path, arguments: &[&str]) -> Ran {
    let output = command(directory, arguments).output().await.unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[tokio::test]
async fn bad_input_ends_with_2_and_names_what_to_change() {
    let directory = tempfile::tempdir().unwrap();
    let rows: [(&[&str], &str); 9] = [
        (&["ftp://localhost/mcp"], "scheme ftp"),
        (&["http://mcp.example.com/mcp"], "use https"),
        (&["not a url"], "not a URL"),
        (&["call", "http://localhost:1/mcp", "[1]"], "JSON object"),
        (
            &["call", "echo", "http://localhost:1/mcp"],
            "JSON object, for example '{\"message\":\"hi\"}', before the URL",
        ),
        (&["--headless", "--no-browser"], "cannot be used with"),
        (&["--callback-port", "0"], "callback-port"),
        (&["tokens", "clear"], "Usage"),
        (&["tokens", "show", "nonsense"], "not a URL"),
    ];
    for (arguments, names) in rows {
        let ran = run(directory.path(), arguments).await;
        assert_eq!(ran.code, Some(2), "{arguments:?} {}", ran.err);
        assert!(
            ran.err.contains(names) && ran.out.is_empty(),
            "{arguments:?} {}",
            ran.err
        );
    }
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_used_with_its_flag_alone() {
    let directory = tempfile::tempdir().unwrap();
    let proxy = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    // A name that no resolver knows (RFC 6761 section 6.4): only the proxy can be reached.
    let server = "https://mcp.invalid/mcp";
    let through = |arguments: &[&str]| {
        let mut command = command(directory.path(), arguments);
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            command.env(name, &address);
        }
        command
    };
    let output = through(&["tools", server]).output().await.unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    let note = "HTTPS_PROXY is set and not used without --dangerously-trust-proxy";
    assert!(message.contains(note), "{message}");

    let flag = "--dangerously-trust-proxy";
    let mut child = through(&[flag, "tools", server]).spawn().unwrap();
    // The first connection that ever came.
    let (stream, _) = proxy.accept().await.unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await.unwrap();
    assert_eq!(line.trim_end(), "CONNECT mcp.invalid:443 HTTP/1.1");
    child.kill().await.unwrap();
}

#[tokio::test]
async fn an_error_for_a_program_is_one_object() {
    let directory = tempfile::tempdir().unwrap();
    let server = "http://localhost:1/mcp";
    let ran = run(directory.path(), &["--json", "tools", server]).await;
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    let shown: serde_json::Value = serde_json::from_str(ran.err.trim()).unwrap();
    assert_eq!(shown["error"]["code"], "server_unreachable");
    assert_eq!(shown["error"]["at_fault"], "network");
    let sentence = run(directory.path(), &["tools", server]).await.err;
    for part in ["seen", "fix"] {
        assert!(
            sentence.contains(shown["error"][part].as_str().unwrap()),
            "{sentence}"
        );
    }
}

#[tokio::test]
async fn help_fits_two_screens_and_explains_the_exit_codes() {
    let directory = tempfile::tempdir().unwrap();
    for flag in ["--help", "-h"] {
        let ran = run(directory.path(), &[flag]).await;
        assert_eq!(ran.code, Some(0));
        let lines: Vec<&str> = ran.out.lines().collect();
        // Two screens of 40 lines and 100 columns.
        assert!(lines.len() <= 80, "{} lines:\n{}", lines.len(), ran.out);
        let long = lines.iter().find(|line| line.chars().count() > 100);
        assert_eq!(long, None, "{flag}");
        let codes = "Exit codes: 0 done, 1 refused or failed, 2 bad usage, 130";
        assert!(ran.out.contains(codes), "{}", ran.out);
        // Every option has its sentence on its line.
        for line in lines
            .iter()
            .filter(|line| line.trim_start().starts_with("--"))
        {
            assert!(line.trim().contains("  "), "{line}");
        }
    }
}

#[tokio::test]
async fn a_session_without_a_browser_and_a_look_at_its_tokens() {
    let issuer = Issuer::start().await;
    let directory = tempfile::tempdir().unwrap();
    let url = issuer.url();
    let ran = run(directory.path(), &["--headless", "--trace", &url]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.out.contains("echo") && ran.out.contains("hello"),
        "{}",
        ran.out
    );
    assert!(
        ran.err.contains("code_verifier = ") && !ran.err.contains("ERROR"),
        "{}",
        ran.err
    );

    let called = run(
        directory.path(),
        &["--headless", "call", "echo", r#"{"n":7}"#, &url],
    )
    .await;
    assert_eq!(
        (called.code, called.out.contains("\"n\": 7")),
        (Some(0), true),
        "{}{}",
        called.out,
        called.err
    );

    let json = async |arguments: &[&str]| {
        let ran = run(directory.path(), arguments).await;
        assert_eq!(ran.code, Some(0), "{arguments:?} {}", ran.err);
        for secret in &issuer.now().secrets {
            assert!(!ran.out.contains(secret.as_str()), "{arguments:?}");
        }
        serde_json::from_str::<serde_json::Value>(&ran.out).unwrap()
    };
    let known = json(&["login", "--json", &url]).await;
    assert_eq!(
        (&known["client_id"], &known["refreshable"]),
        (&"client-1".into(), &true.into())
    );
    assert_eq!(json(&["tools", "--json", &url]).await[0]["name"], "echo");
    let echoed = json(&["--json", "call", "echo", r#"{"n":7}"#, &url]).await;
    assert_eq!(echoed["content"][0]["type"], "text");
    assert_eq!(json(&["--json", "tokens", "list"]).await[0], known);

    let listed = run(directory.path(), &["tokens", "list"]).await;
    assert!(
        listed.out.contains(&url) && listed.out.contains("read"),
        "{}",
        listed.out
    );
    let shown = run(directory.path(), &["tokens", "show", &url]).await;
    assert!(
        shown.out.contains("client-1") && shown.out.contains("refresh  possible"),
        "{}",
        shown.out
    );
    for secret in &issuer.now().secrets {
        for ran in [&ran, &called, &listed, &shown] {
            assert!(
                !ran.out.contains(secret.as_str()) && !ran.err.contains(secret.as_str()),
                "{secret}"
            );
        }
    }

    assert_eq!(
        run(directory.path(), &["tokens", "clear", &url]).await.code,
        Some(0)
    );
    let gone = run(directory.path(), &["tokens", "show", &url]).await;
    assert_eq!(gone.code, Some(1));
    assert!(gone.err.starts_with("error: no tokens for"), "{}", gone.err);
}

#[tokio::test]
async fn debug_logs_hold_no_secret() {
    let issuer = Issuer::start().await;
    let directory = tempfile::tempdir().unwrap();
    let url = issuer.url();
    let output = command(directory.path(), &["--headless", &url])
        .env("RUST_LOG", "trace")
        .output()
        .await
        .unwrap();
    assert!(output.status.success());
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(log.contains("DEBUG"), "there is a log to look at");
    for secret in &issuer.now().secrets {
        let place = log.lines().find(|line| line.contains(secret.as_str()));
        assert!(place.is_none(), "{place:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_while_waiting_for_a_person_ends_with_130() {
    let issuer = Issuer::start().await;
    let directory = tempfile::tempdir().unwrap();
    let url = issuer.url();
    let mut child = command(directory.path(), &["--no-browser", &url])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    while !lines
        .next_line()
        .await
        .unwrap()
        .unwrap()
        .contains("/authorize?")
    {}
    let id = child.id().unwrap().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .await
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().await.unwrap().code(), Some(130));
}

#[tokio::test]
async fn failures_are_one_line() {
    let issuer = Issuer::start().await;
    let directory = tempfile::tempdir().unwrap();
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let url = issuer.url();
    let rows: [(&[&str], &str); 3] = [
        (
            &["http://127.0.0.1:1/mcp"],
            "error: no MCP server answers at http://127.0.0.1:1/mcp",
        ),
        (
            &["--no-browser", "--callback-port", &port, &url],
            "error: callback port",
        ),
        (
            &["--no-browser", "--timeout", "1", &url],
            "error: no login arrived within 1 s",
        ),
    ];
    for (arguments, starts) in rows {
        let ran = run(directory.path(), arguments).await;
        assert_eq!(ran.code, Some(1), "{}", ran.err);
        let last = ran.err.lines().last().unwrap_or_default();
        assert!(last.starts_with(starts), "{}", ran.err);
    }
}
