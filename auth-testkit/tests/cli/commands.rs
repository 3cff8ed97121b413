//! The commands, and what they say when something is wrong.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};

use auth_testkit::Defect;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::served::{Served, program};
use crate::support::claims;

fn output(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn an_option_that_cannot_be_used_is_named_with_what_to_write() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let taken = taken.local_addr().unwrap().port().to_string();
    for (arguments, error) in [
        (
            vec!["serve", "--resource-id", "7"],
            "resource-id: expected res_ and digits, got \"7\"",
        ),
        (
            vec!["serve", "--algorithm", "HS256"],
            "algorithm: expected one with a public key, got HS256",
        ),
        (
            vec!["serve", "--port", &taken],
            "port: cannot serve on 127.0.0.1:",
        ),
        (
            vec!["serve", "--control-port", &taken],
            "control-port: cannot serve on 127.0.0.1:",
        ),
        (
            vec!["serve", "--ready-file", "/nowhere/ready"],
            "ready-file: cannot write /nowhere/ready",
        ),
        (
            vec!["serve", "--lenient", "x"],
            "no leniency is called \"x\": choose of without-pkce,",
        ),
        (
            vec!["run", "--", "/nowhere/command"],
            "cannot run /nowhere/command",
        ),
        (
            vec![
                "token",
                "--control-url",
                "http://127.0.0.1:1",
                "--control-token",
                "x",
            ],
            "control-url: nobody answers at http://127.0.0.1:1",
        ),
    ] {
        let done = output(&arguments);
        assert!(!done.status.success(), "{arguments:?}");
        assert!(
            text(&done.stderr).contains(error),
            "{arguments:?}: {}",
            text(&done.stderr)
        );
        assert!(done.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn the_defects_are_listed() {
    let listed = output(&["defects"]);
    let lines: Vec<_> = text(&listed.stdout).lines().collect();
    assert_eq!(lines.len(), Defect::all().len());
    assert!(lines[0].starts_with("expired ") && lines[0].ends_with("RFC 7519 section 4.1.4"));
    let listed: Value = serde_json::from_slice(&output(&["defects", "--json"]).stdout).unwrap();
    assert_eq!(
        listed[0],
        json!({ "name": "expired", "rule": "RFC 7519 section 4.1.4" })
    );
}

#[test]
fn a_command_finds_the_issuer_in_its_variables_and_its_code_is_returned() {
    let script =
        r#"test -n "$X_ENVIRONMENT_URL$X_RESOURCE_ID" && test -n "$X_CONTROL_URL" && exit 7"#;
    let done = output(&["run", "--env-prefix", "X", "--", "sh", "-c", script]);
    assert_eq!(done.status.code(), Some(7), "{}", text(&done.stderr));
    let done = output(&["run", "--", "sh", "-c", "kill -9 $$"]);
    assert_eq!(done.status.code(), Some(128 + 9));
    // As a server is configured: no variable of the mock's own.
    let script = r#"echo "$SCALEKIT_ENVIRONMENT_URL $SCALEKIT_RESOURCE_ID""#;
    let arguments = [
        "run",
        "--env-prefix",
        "SCALEKIT",
        "--resource-id",
        "res_7",
        "--",
        "sh",
        "-c",
    ];
    let done = output(&[&arguments[..], &[script]].concat());
    let printed = text(&done.stdout);
    assert!(printed.starts_with("http://127.0.0.1:") && printed.ends_with(" res_7\n"));
}

#[test]
fn a_token_is_minted_and_inspected() {
    let served = Served::start(&[]);
    let minted = program()
        .args(["token", "--scope", "notes:read", "--subject", "usr_7"])
        .args([
            "--claim", "level=3", "--claim", "name=Ada", "--defect", "expired",
        ])
        .env("MOCK_SCALEKIT_CONTROL_URL", served.text("control_url"))
        .env("MOCK_SCALEKIT_CONTROL_TOKEN", served.text("control_token"))
        .output()
        .unwrap();
    let token = text(&minted.stdout).trim_end();
    let said = claims(token);
    assert_eq!(
        (&said["sub"], &said["scope"]),
        (&json!("usr_7"), &json!("notes:read"))
    );
    assert_eq!((&said["level"], &said["name"]), (&json!(3), &json!("Ada")));

    let (code, explained) = inspect(token);
    assert_eq!(code, Some(0));
    assert!(
        explained.contains("  sub        \"usr_7\"\n"),
        "{explained}"
    );
    assert!(
        explained.contains("  - it has expired 60 min ago\n"),
        "{explained}"
    );
    for copied in [
        format!("Bearer {token}"),
        format!("bearer {token}\n"),
        format!("BEARER\t{token}"),
        format!("DPoP {token}"),
        format!("authorization: bearer {token}\r\n"),
    ] {
        assert_eq!(inspect(&copied), (Some(0), explained.clone()), "{copied}");
    }
    for (junk, why) in [
        ("", "expected three parts"),
        ("opaque", "it may be opaque"),
        ("bearer opaque", "it may be opaque"),
        ("a.b.c", "not base64url"),
        (&format!("Basic {token}"), "not base64url"),
    ] {
        let (code, explained) = inspect(junk);
        assert_eq!(code, Some(1), "{junk}");
        assert!(explained.contains(why), "{junk}: {explained}");
    }
}

/// The exit code and what is printed for a token from the standard input.
fn inspect(token: &str) -> (Option<i32>, String) {
    let mut inspect = program();
    inspect
        .args(["inspect", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut inspect = inspect.spawn().unwrap();
    let mut input = inspect.stdin.take().unwrap();
    input.write_all(token.as_bytes()).unwrap();
    drop(input);
    let explained = inspect.wait_with_output().unwrap();
    let printed = text(&explained.stdout).to_owned();
    (explained.status.code(), printed)
}

#[tokio::test]
async fn over_tls_the_readiness_line_has_the_authority() {
    let served = Served::start(&["--tls"]);
    let authority = served.text("ca_pem").as_bytes();
    let authority = reqwest::Certificate::from_pem(authority).unwrap();
    let client = reqwest::Client::builder()
        .tls_certs_only([authority])
        .no_proxy();
    let response = client
        .build()
        .unwrap()
        .get(served.text("jwks_uri"))
        .send()
        .await;
    assert_eq!(response.unwrap().status(), StatusCode::OK);
}

/// What a test suite has started does not outlive it: the next one would talk to it.
#[cfg(unix)]
#[test]
fn it_ends_with_the_program_that_started_it() {
    let mut parent = Command::new("sh");
    let script = r#""$0" serve & read line; exit"#;
    parent.args(["-c", script, env!("CARGO_BIN_EXE_mock-scalekit")]);
    let mut parent = parent
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut printed = BufReader::new(parent.stdout.take().unwrap());
    let mut line = String::new();
    printed.read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let address = ready["environment_url"].as_str().unwrap();
    let address = address.strip_prefix("http://").unwrap();
    TcpStream::connect(address).unwrap();
    parent.stdin.take().unwrap().write_all(b"end\n").unwrap();
    parent.wait().unwrap();
    // The pipe closes when the last who could write to it has ended.
    printed.read_to_string(&mut line).unwrap();
    TcpStream::connect(address).unwrap_err();
}
