//! `scalekit-doctor` as a user runs it: on a working deployment, and on one with each of the problems
//! in the README.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

mod management;
mod stage;

use std::process::Stdio;
use std::time::Duration;

use auth_scalekit::diagnose::RegisteredClient;
use auth_testkit::{Client, Endpoint, Fault, MockScalekit, TestClock};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use stage::Stage;

/// The variables of a deployment.
#[derive(Clone)]
struct Variables {
    environment_url: String,
    resource_id: String,
    mcp_url: String,
    required_scopes: &'static str,
}

impl Variables {
    fn of(stage: &Stage) -> Self {
        Self {
            environment_url: stage.scalekit.environment_url().into(),
            resource_id: stage.scalekit.resource_id().into(),
            mcp_url: stage.url.clone(),
            required_scopes: "notes:read",
        }
    }

    fn doctor(&self, arguments: &[&str]) -> Command {
        let mut command = bare(arguments);
        command
            .env("SCALEKIT_ENVIRONMENT_URL", &self.environment_url)
            .env("SCALEKIT_RESOURCE_ID", &self.resource_id)
            .env("SCALEKIT_MCP_URL", &self.mcp_url)
            .env("SCALEKIT_REQUIRED_SCOPES", self.required_scopes);
        command
    }

    async fn json(&self) -> Findings {
        Findings::of(&run(self.doctor(&["--json"]), "").await)
    }

    /// `arguments` name a client.
    async fn try_client(&self, arguments: &[&str]) -> Findings {
        let mut command = self.doctor(&["--json"]);
        command.args(arguments);
        Findings::of(&run(command, "").await)
    }

    async fn explain(&self, token: &str) -> Findings {
        Findings::of(&run(self.doctor(&["--json", "--token-stdin"]), token).await)
    }
}

fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scalekit-doctor"));
    command
        .env_clear()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

async fn run(mut command: Command, input: &str) -> Ran {
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A program that does not read it may have ended.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The output of `--json`.
#[derive(Debug)]
struct Findings(Vec<Value>);

impl Findings {
    /// Also compares the exit code with the findings.
    fn of(ran: &Ran) -> Self {
        assert_eq!(ran.err, "");
        let json: Value = serde_json::from_str(&ran.out).unwrap();
        let findings = Self(json["findings"].as_array().unwrap().clone());
        let failed = findings
            .0
            .iter()
            .any(|finding| finding["severity"] == "failure");
        assert_eq!(ran.code, Some(i32::from(failed)), "{findings:#?}");
        findings
    }

    fn get(&self, id: &str) -> &Value {
        let found = self.0.iter().find(|finding| finding["id"] == id);
        found.unwrap_or_else(|| panic!("no {id}: {self:#?}"))
    }

    fn code(&self, id: &str) -> (&str, &str) {
        let finding = self.get(id);
        let text = |member: &str| finding[member].as_str().unwrap_or_default();
        (text("severity"), text("code"))
    }

    /// The ids of warnings and failures.
    fn bad(&self) -> Vec<&str> {
        let bad =
            |finding: &&Value| matches!(finding["severity"].as_str(), Some("warning" | "failure"));
        let findings = self.0.iter().filter(bad);
        findings
            .filter_map(|finding| finding["id"].as_str())
            .collect()
    }
}

/// The id of a client that is registered with the redirect URI of the example client.
fn register(stage: &Stage) -> String {
    let client = Client::public(RegisteredClient::DEFAULT_REDIRECT_URI);
    stage.scalekit.register_client(client)
}

#[tokio::test]
async fn a_sound_set_up_has_no_failure_in_a_table_that_fits() {
    let stage = Stage::start().await;
    let token = stage.scalekit.token().sign();
    let id = register(&stage);
    for (columns, width) in [(None, 80), (Some("60"), 60), (Some("120"), 120)] {
        let mut command = Variables::of(&stage).doctor(&["--token-stdin", "--client-id", &id]);
        if let Some(columns) = columns {
            command.env("COLUMNS", columns);
        }
        let ran = run(command, &token).await;
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
        let last = ran.out.lines().last().unwrap();
        assert_eq!(
            last,
            "sound: 0 failures, 0 warnings, 1 note, 20 ok, 1 skipped"
        );
        for line in ran.out.lines() {
            let long_word = line.split_whitespace().any(|word| word.len() > 30);
            assert!(line.chars().count() <= width || long_word, "{line}");
            assert!(!line.contains('\u{1b}') && !line.ends_with(' '), "{line:?}");
        }
        assert!(!ran.out.contains(token.split('.').nth(1).unwrap()));
    }
    stage.stop().await;
}

#[tokio::test]
async fn nothing_set_is_explained_in_rows_and_ends_with_1() {
    let mut command = bare(&[]);
    command.env("COLUMNS", "100");
    let ran = run(command, "").await;
    assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""));
    let head = "\
failure  settings                      SCALEKIT_ENVIRONMENT_URL is not set
                                       why: the server does not start with a setting that it cannot
                                            use
                                       fix: copy the environment URL from the Scalekit dashboard
                                            (Developers > Settings), it looks like
                                            https://acme.scalekit.com
failure  settings                      SCALEKIT_RESOURCE_ID is not set
";
    assert!(ran.out.starts_with(head), "{}", ran.out);
    let tail = "
skipped  management                    not checked, since it depends on settings

broken: 2 failures, 0 warnings, 0 notes, 0 ok, 9 skipped
";
    assert!(ran.out.ends_with(tail), "{}", ran.out);
}

/// README: "invalid client". The ids are of another environment.
#[tokio::test]
async fn invalid_client_the_resource_is_of_another_environment() {
    let stage = Stage::start().await;
    let control = Variables::of(&stage);
    assert_eq!(control.json().await.bad(), [""; 0], "the control");
    let other = Variables {
        resource_id: "res_9000000009".into(),
        ..control
    };
    let findings = other.json().await;
    assert_eq!(findings.code("metadata"), ("failure", "unknown-resource"));
    assert_eq!(
        findings.get("metadata")["what"],
        format!(
            "{} does not know the resource id res_9000000009: its metadata is at neither well-known place (status 404)",
            stage.scalekit.environment_url()
        )
    );
    assert_eq!(
        findings.code("server-authorization-servers"),
        ("failure", "another-issuer"),
        "the server runs with the right one"
    );
    stage.stop().await;
}

/// README: "invalid client". The id is of a client that the environment does not have.
#[tokio::test]
async fn invalid_client_the_client_is_not_known() {
    let stage = Stage::start().await;
    let variables = Variables::of(&stage);
    let id = register(&stage);
    let control = variables.try_client(&["--client-id", &id]).await;
    assert_eq!(control.code("client"), ("ok", ""), "the control");
    let findings = variables
        .try_client(&["--client-id", "m2m_of_another_environment"])
        .await;
    assert_eq!(findings.code("client"), ("failure", "invalid_client"));
    assert_eq!(findings.bad(), ["client"]);
    let finding = findings.get("client");
    let what = finding["what"].as_str().unwrap();
    let head = "the issuer does not accept the client \"m2m_of_another_environment\" (status 400: \"invalid_client";
    assert!(what.starts_with(head), "{what}");
    assert_eq!(
        finding["fix"],
        "give the id of a client of this MCP server in this environment: register it in the Scalekit dashboard (MCP Servers), or let the client forget what it has stored (client tokens clear URL), so that it registers anew"
    );
    assert!(
        finding["why"]
            .as_str()
            .unwrap()
            .contains("RFC 6749 section 4.1.2.1")
    );
    stage.stop().await;
}

/// README: "redirect mismatch". The port is not the one that is registered.
#[tokio::test]
async fn redirect_mismatch_the_uri_is_not_registered() {
    let stage = Stage::start().await;
    let variables = Variables::of(&stage);
    let id = register(&stage);
    let given = |uri| ["--client-id", id.as_str(), "--redirect-uri", uri];
    let control = variables
        .try_client(&given(RegisteredClient::DEFAULT_REDIRECT_URI))
        .await;
    assert_eq!(control.code("client"), ("ok", ""), "the control");
    let findings = variables
        .try_client(&given("http://localhost:8001/auth/callback"))
        .await;
    assert_eq!(findings.code("client"), ("failure", "redirect-mismatch"));
    assert_eq!(findings.bad(), ["client"]);
    let finding = findings.get("client");
    let what = finding["what"].as_str().unwrap();
    let head = format!(
        "the issuer does not send users of the client {id:?} back to \"http://localhost:8001/auth/callback\" (status 400: "
    );
    assert!(what.starts_with(&head), "{what}");
    assert_eq!(
        finding["fix"],
        "enter \"http://localhost:8001/auth/callback\" for the client in the Scalekit dashboard (MCP Servers), byte for byte with its port; or give what is entered there with --redirect-uri, and let the client listen there (--callback-port of the example client)"
    );
    stage.stop().await;
}

#[tokio::test]
async fn an_unavailable_authorization_endpoint_is_distinguished_from_an_unknown_client() {
    let stage = Stage::start().await;
    let variables = Variables::of(&stage);
    let id = register(&stage);
    let control = variables.try_client(&["--client-id", &id]).await;
    assert_eq!(control.code("client"), ("ok", ""), "the control");
    let down = stage.scalekit.fail(Endpoint::Authorize, Fault::Status(503));
    let findings = variables.try_client(&["--client-id", &id]).await;
    drop(down);
    assert_eq!(findings.code("client"), ("failure", "refused"));
    let what = findings.get("client")["what"].as_str().unwrap();
    assert!(what.contains(" no login (status 503"), "{what}");
    stage.stop().await;
}

#[tokio::test]
async fn a_client_is_named_by_an_option_or_not_at_all() {
    let stage = Stage::start().await;
    let variables = Variables::of(&stage);
    let id = register(&stage);
    for (option, tried) in [(Some(id.as_str()), true), (Some(" "), false), (None, false)] {
        let mut command = variables.doctor(&["--json"]);
        if let Some(option) = option {
            command.args(["--client-id", option]);
        }
        // The client of a machine has no redirect URI, so this variable is ignored.
        command.env("MCP_CLIENT_ID", "m2m_of_a_machine");
        let findings = Findings::of(&run(command, "").await);
        let expected = if tried {
            ("ok", "")
        } else {
            ("skipped", "not-given")
        };
        assert_eq!(findings.code("client"), expected, "{option:?}");
        if !tried {
            assert_eq!(
                findings.get("client")["what"],
                "no client was tried, since no client id was given (--client-id of scalekit-doctor)"
            );
        }
    }
    let alone = run(bare(&["--redirect-uri", "http://localhost:1/"]), "").await;
    assert_eq!((alone.code, alone.out.as_str()), (Some(2), ""));
    stage.stop().await;
}

/// The mock approves at once, as some issuers do for a known client.
#[tokio::test]
async fn a_code_that_comes_is_never_printed() {
    let stage = Stage::start().await;
    let variables = Variables::of(&stage);
    let id = register(&stage);
    let code = "c0de-without-a-request";
    let uri = RegisteredClient::DEFAULT_REDIRECT_URI;
    for (answer, expected) in [
        (format!("{uri}?code={code}"), Some(0)),
        (format!("{uri}?error=access_denied&code={code}"), Some(1)),
        (format!("https://id.example/login?code={code}"), Some(0)),
    ] {
        let _approves = stage
            .scalekit
            .fail(Endpoint::Authorize, Fault::Redirect(answer));
        for arguments in [&["--client-id", &id][..], &["--json", "--client-id", &id]] {
            let mut command = variables.doctor(arguments);
            command.env("RUST_LOG", "trace");
            let ran = run(command, "").await;
            assert_eq!(ran.code, expected);
            assert!(!ran.out.contains(code) && !ran.err.contains(code));
        }
    }
    stage.stop().await;
}

/// README: "token validation failed".
#[tokio::test]
async fn token_validation_failed_for_each_reason_of_the_readme() {
    let stage = Stage::start().await;
    let variables = Variables::of(&stage);
    let good = stage.scalekit.token();
    let control = variables.explain(&good.clone().sign()).await;
    assert_eq!(control.code("token"), ("ok", ""), "the control");
    let (environment, issuer) = (stage.scalekit.environment_url(), stage.scalekit.issuer());
    for (token, reason, what) in [
        (
            good.clone().audience_is_only_the_url(),
            "wrong_audience",
            format!(
                "the token is refused (wrong_audience): aud holds only the URL {}, and must hold res_1000000001",
                stage.url
            ),
        ),
        (
            good.clone().wrong_issuer(),
            "wrong_issuer",
            format!(
                "the token is refused (wrong_issuer): iss is \"https://other.example\"; accepted are {environment} and {issuer}"
            ),
        ),
        (
            good.clone().expired(),
            "expired",
            "the token is refused (expired): it expired 60 min ago".into(),
        ),
    ] {
        let findings = variables.explain(&token.sign()).await;
        assert_eq!(findings.code("token"), ("failure", reason));
        assert_eq!(findings.get("token")["what"], what);
        assert_eq!(findings.bad(), ["token"], "{reason}");
    }
    stage.stop().await;
}

/// The same, by the clock: that of the issuer is ten minutes fast.
#[tokio::test]
async fn token_validation_failed_since_a_clock_is_wrong() {
    let clock = TestClock::new();
    let stage = Stage::start_with(|mock| mock.clock(clock.clone())).await;
    let variables = Variables::of(&stage);
    let control = variables.explain(&stage.scalekit.token().sign()).await;
    assert_eq!(control.code("token"), ("ok", ""), "the control");
    clock.advance(Duration::from_secs(630));
    let findings = variables.explain(&stage.scalekit.token().sign()).await;
    let (severity, code) = findings.code("token");
    assert_eq!(severity, "failure");
    assert!(
        ["issued_in_the_future", "not_yet_valid"].contains(&code),
        "{code}"
    );
    let what = findings.get("token")["what"].as_str().unwrap();
    assert!(
        what.contains(" 10 min from now by this machine's clock"),
        "{what}"
    );
    stage.stop().await;
}

/// README: 403 `insufficient_scope` is a separate problem.
#[tokio::test]
async fn a_scope_that_is_not_enabled_is_a_warning() {
    let stage = Stage::start().await;
    let variables = Variables {
        required_scopes: "notes:read notes:all",
        ..Variables::of(&stage)
    };
    let findings = variables.explain(&stage.scalekit.token().sign()).await;
    assert_eq!(findings.bad(), ["scopes", "token-scopes"]);
    assert_eq!(findings.code("scopes"), ("warning", "not-offered"));
    assert_eq!(
        findings.code("token-scopes"),
        ("warning", "insufficient_scope")
    );
    stage.stop().await;
}

/// README: "redirect mismatch". Without a client to try, the finding is that clients must be registered
/// manually.
#[tokio::test]
async fn redirect_mismatch_as_far_as_it_shows() {
    let stage = Stage::start_with(|mock| mock.dynamic_registration(false)).await;
    let findings = Variables::of(&stage).json().await;
    assert_eq!(findings.bad(), ["registration"]);
    assert_eq!(findings.code("registration"), ("warning", "off"));
    assert_eq!(
        findings.get("registration")["fix"],
        "turn it on for the MCP server in the Scalekit dashboard (MCP Servers), or register each client manually, with its exact redirect URI, and give it that client id (--client-id and --callback-port of the example client)"
    );
    stage.stop().await;
}

/// README: the client is at `127.0.0.1`, the server at `localhost`.
#[tokio::test]
async fn the_other_name_of_this_machine() {
    let stage = Stage::start().await;
    let control = Variables::of(&stage);
    let other = Variables {
        mcp_url: control.mcp_url.replacen("localhost", "127.0.0.1", 1),
        ..control
    };
    let findings = other.json().await;
    assert_eq!(findings.bad(), ["server-challenge", "server-resource"]);
    assert_eq!(
        findings.code("server-resource"),
        ("failure", "loopback-name")
    );
    let fix = "write the same name of this machine in SCALEKIT_MCP_URL of the server, here, and in the clients: either localhost or 127.0.0.1";
    for id in findings.bad() {
        assert_eq!(findings.get(id)["fix"], fix);
    }
    stage.stop().await;
}

#[tokio::test]
async fn an_untrusted_certificate_is_distinguished_from_a_missing_host() {
    let scalekit = MockScalekit::builder().tls().start().await;
    let variables = Variables {
        environment_url: scalekit.environment_url().into(),
        resource_id: scalekit.resource_id().into(),
        mcp_url: "http://localhost:1/mcp".into(),
        required_scopes: "",
    };
    let findings = variables.json().await;
    assert_eq!(
        findings.code("connection"),
        ("failure", "tls"),
        "{findings:#?}"
    );
    assert_eq!(findings.code("server"), ("skipped", "not-running"));
    let nowhere = Variables {
        environment_url: "https://127.0.0.1:1".into(),
        ..variables
    };
    let findings = nowhere.json().await;
    assert_eq!(findings.code("connection"), ("failure", "refused"));
}

#[tokio::test]
async fn tokens_come_from_standard_input_or_a_file_and_are_never_printed() {
    let stage = Stage::start().await;
    let variables = Variables::of(&stage);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    let path = file.to_str().unwrap();
    // A token without a recognizable form.
    let opaque = "QWxhZGRpbjpPcGVuU2VzYW1l";
    for token in [stage.scalekit.token().expired().sign(), opaque.to_owned()] {
        std::fs::write(&file, format!("Bearer {token}\n")).unwrap();
        for arguments in [
            &["--token-stdin"][..],
            &["--token-file", path],
            &["--json", "--token-file", path],
        ] {
            let mut command = variables.doctor(arguments);
            command.env("RUST_LOG", "trace");
            let ran = run(command, &token).await;
            assert_eq!(ran.code, Some(1), "{arguments:?}");
            assert!(ran.out.contains("the token is"), "{}", ran.out);
            for part in token.split('.') {
                assert!(
                    !ran.out.contains(part) && !ran.err.contains(part),
                    "{arguments:?}"
                );
            }
        }
    }
    stage.stop().await;
}

#[tokio::test]
async fn wrong_use_ends_with_2_and_says_what_to_change() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing");
    let missing = missing.to_str().unwrap();
    for (arguments, input, message) in [
        (
            &["--token-stdin"][..],
            " \n",
            "error: there is no token in standard input: give the access_token of a login\n"
                .to_owned(),
        ),
        (
            &["--token-stdin"],
            &"x".repeat(70_000),
            "error: there is more in standard input than a token: give the access_token alone\n"
                .into(),
        ),
        (
            &["--token-file", missing],
            "",
            format!(
                "error: cannot read the token from {missing}: No such file or directory (os error 2)\n"
            ),
        ),
    ] {
        let ran = run(bare(arguments), input).await;
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
        assert_eq!(ran.err, message);
    }
    for arguments in [
        &["--token-stdin", "--token-file", "x"][..],
        &["eyJ0"],
        &["--token", "eyJ0"],
    ] {
        let ran = run(bare(arguments), "").await;
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments:?}");
    }
    let help = run(bare(&["--help"]), "").await;
    assert_eq!(help.code, Some(0));
    for part in [
        "Examples:",
        "scalekit-doctor --token-stdin < token.txt",
        "scalekit-doctor --client-id m2m_1234",
        "--management needs SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET",
        "[default: http://localhost:8000/auth/callback]",
        "Exit codes: 0 no check fails",
    ] {
        assert!(help.out.contains(part), "{}", help.out);
    }
}
