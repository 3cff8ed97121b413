//! The commands, and what they say when something is wrong.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};

use auth_testkit::Defect;
use reqwest::{Method, StatusCode};
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
            vec!["serve", "--host", "0.0.0.0"],
            "public-url: needed, as 0.0.0.0 is no address that others can connect to; expected scheme,",
        ),
        (
            vec!["serve", "--host", "::", "--control-port", "1"],
            "public-url: needed, as :: is no address that others can connect to",
        ),
        (
            vec![
                "serve",
                "--mcp-server",
                "--resource",
                "http://localhost:8000/mcp",
            ],
            "resource: cannot be set together with mcp-server, whose URL is the resource",
        ),
        (
            vec!["serve", "--misbehave", "challenge-absent"],
            "misbehave: challenge-absent needs mcp-server, which is off",
        ),
        (
            vec!["serve", "--management-retry-after"],
            "management-retry-after: needs management-rate-limit",
        ),
        (
            vec!["serve", "--host", "scalekit"],
            "invalid value 'scalekit' for '--host <ADDRESS>'",
        ),
        (
            // Documentation, RFC 5737: no machine has it.
            vec!["serve", "--host", "192.0.2.1"],
            "port: cannot serve on 192.0.2.1:0",
        ),
        (
            vec!["serve", "--public-url", "http://scalekit:8080/"],
            "public-url: expected scheme, host and port alone, such as http://scalekit:8080; got",
        ),
        (
            vec!["serve", "--public-url", "scalekit:8080"],
            "public-url: expected scheme, host and port, such as http://scalekit:8080; got",
        ),
        (
            vec!["serve", "--tls", "--public-url", "http://scalekit:8080"],
            "public-url: expected https, as TLS is on; got \"http://scalekit:8080\"",
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
            "control-url: no reply from http://127.0.0.1:1",
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
fn the_help_says_what_an_option_does() {
    let help = output(&["serve", "--help"]);
    let help = text(&help.stdout).split_whitespace().collect::<Vec<_>>();
    let help = help.join(" ");
    for warning in [
        "--refresh-grace <REFRESH_GRACE> Seconds in which a refresh token that was exchanged may be \
         exchanged again, any number of times; 0: not at all",
        "added: Always, and the scope `offline_access` is added to what they ask for",
        "--host <ADDRESS> The address to serve on, and the control API with it.",
        "--public-url <URL> Scheme, host and port by which others reach the issuer",
    ] {
        assert!(help.contains(warning), "{warning}: {help}");
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
    let told = "mock-scalekit: the command ended with signal 9\n";
    assert_eq!(text(&done.stderr), told);
    // A code is the command's own to explain.
    let done = output(&["run", "--", "sh", "-c", "exit 101"]);
    assert_eq!(done.status.code(), Some(101));
    assert_eq!(text(&done.stderr), "");
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
    let warning = claims(token);
    assert_eq!(
        (&warning["sub"], &warning["scope"]),
        (&json!("usr_7"), &json!("notes:read"))
    );
    assert_eq!(
        (&warning["level"], &warning["name"]),
        (&json!(3), &json!("Ada"))
    );

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

/// As in a container beside others, which know the issuer by another name than it has for itself.
#[tokio::test]
async fn by_its_public_url_it_is_named_wherever_it_is_named() {
    let public = "http://scalekit.test:8080";
    let served = Served::start(&["--host", "127.0.0.1", "--public-url", public]);
    assert_eq!(served.text("environment_url"), public);
    let issuer = format!("{public}/resources/res_1000000001");
    assert_eq!(served.text("issuer"), issuer);
    assert_eq!(served.text("jwks_uri"), format!("{public}/keys"));
    let address = served.text("address");
    assert!(address.starts_with("127.0.0.1:") && !address.ends_with(":0"));
    assert!(served.text("control_url").starts_with("http://127.0.0.1:"));
    assert_eq!(claims(&served.token(Value::Null).await)["iss"], public);
    // The name leads nowhere; the address is where it leads for those who know it.
    let client = reqwest::Client::builder()
        .resolve("scalekit.test", address.parse().unwrap())
        .no_proxy()
        .build()
        .unwrap();
    let path = "/.well-known/oauth-authorization-server/resources/res_1000000001";
    let document = client.get(format!("http://{address}{path}")).send().await;
    let document: Value = document.unwrap().json().await.unwrap();
    assert_eq!(document["issuer"], issuer);
    for (name, value) in document.as_object().unwrap() {
        let Some(url) = value.as_str() else { continue };
        assert!(url.starts_with(public), "{name}: {url}");
    }

    let other = json!({ "public_url": "http://other.test", "token_issuer": "resource" });
    let other = served.call_at(Method::POST, "/environments", other).await;
    let other: Value = other.json().await.unwrap();
    assert_eq!(other["environment_url"], "http://other.test");
    for (settings, told) in [
        (
            json!({ "host": "scalekit" }),
            "host: expected an ip address",
        ),
        (json!({ "host": "0.0.0.0" }), "public-url: needed"),
        (json!({ "public_url": "http://a/b" }), "host and port alone"),
    ] {
        let refused = served
            .call_at(Method::POST, "/environments", settings)
            .await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
        let refused: Value = refused.json().await.unwrap();
        let error = refused["error"].as_str().unwrap();
        assert!(error.contains(told), "{error}");
    }
}

#[tokio::test]
async fn over_tls_the_certificate_is_for_the_public_name_as_well() {
    let public = "https://scalekit.test";
    let served = Served::start(&["--tls", "--public-url", public]);
    let authority = served.text("ca_pem").as_bytes();
    let authority = reqwest::Certificate::from_pem(authority).unwrap();
    let address: SocketAddr = served.text("address").parse().unwrap();
    let client = reqwest::Client::builder()
        .tls_certs_only([authority])
        .resolve("scalekit.test", address)
        .resolve("another.test", address)
        .no_proxy()
        .build()
        .unwrap();
    let port = address.port();
    for (host, is_named) in [
        ("scalekit.test", true),
        ("localhost", true),
        ("127.0.0.1", true),
        ("another.test", false),
    ] {
        let response = client
            .get(format!("https://{host}:{port}/keys"))
            .send()
            .await;
        assert_eq!(response.is_ok(), is_named, "{host}");
    }
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

#[cfg(unix)]
#[test]
fn the_ready_file_with_its_token_is_the_owners_alone() {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    // One that was there before and that others can read, as one that is new.
    fs::write(path("old"), "old").unwrap();
    fs::set_permissions(path("old"), Permissions::from_mode(0o644)).unwrap();
    for name in ["new", "old"] {
        let file = path(name);
        let served = Served::start(&["--ready-file", file.to_str().unwrap()]);
        let line = fs::read_to_string(&file).unwrap();
        let written: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(written, served.ready, "{name}");
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    // Neither a link nor a pipe is written to: others could have put it there.
    fs::write(path("victim"), "old").unwrap();
    symlink(path("victim"), path("link")).unwrap();
    symlink(path("nowhere"), path("dangling")).unwrap();
    fs::create_dir(path("folder")).unwrap();
    for (name, rule) in [
        ("link", "is a symbolic link"),
        ("dangling", "is a symbolic link"),
        ("folder", "is not a regular file"),
    ] {
        let file = path(name);
        let output = output(&["serve", "--ready-file", file.to_str().unwrap()]);
        let error = text(&output.stderr);
        assert!(!output.status.success(), "{name}: {error}");
        assert!(
            error.contains("ready-file: cannot write"),
            "{name}: {error}"
        );
        assert!(error.contains(rule), "{name}: {error}");
        assert!(text(&output.stdout).is_empty(), "{name}");
    }
    assert_eq!(fs::read_to_string(path("victim")).unwrap(), "old");
    assert!(!path("nowhere").exists());
}
