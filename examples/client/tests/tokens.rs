//! What the `client` binary does with tokens: keeps, shows, revokes and forgets them.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

use std::{path::Path, process::Stdio};

use auth_testkit::settings::RefreshTokens;
use auth_testkit::{Client, Endpoint, Fault, MockScalekitBuilder, SentAuth};
use examples::demo::servers::DemoServers;
use serde_json::Value;
use tokio::process::Command;

const PASSPHRASE: &str = "passphrase of the tests";
const SECRET: &str = "correct horse battery staple";

/// No free port is needed: a login without a browser opens no listener.
const PORT: &str = "48123";

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

/// A user's shell: a directory of tokens, and variables.
struct Shell<'a> {
    directory: &'a Path,
    variables: Vec<(&'static str, &'static str)>,
}

impl<'a> Shell<'a> {
    fn new(directory: &'a Path) -> Self {
        Self {
            directory,
            variables: vec![("MCP_CLIENT_PASSPHRASE", PASSPHRASE)],
        }
    }

    fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value));
        self
    }

    async fn run(&self, arguments: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_client"))
            .env_clear()
            .env("MCP_CLIENT_TOKEN_DIR", self.directory)
            // Whatever the machine has, there is no keyring here.
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")
            .envs(self.variables.iter().copied())
            .args(arguments)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .unwrap();
        Ran {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "{}", self.err);
        serde_json::from_str(&self.out).unwrap()
    }
}

fn token_files(directory: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return 0;
    };
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .count()
}

async fn demo() -> DemoServers {
    DemoServers::start_with(|mock| mock.refresh_tokens(RefreshTokens::Always))
        .await
        .unwrap()
}

/// One whose issuer says where it revokes tokens: for clients with a secret only, as Scalekit's does.
async fn revoking_demo() -> DemoServers {
    let change = |mock: MockScalekitBuilder| {
        mock.refresh_tokens(RefreshTokens::Always)
            .resource_revocation(true)
    };
    DemoServers::start_with(change).await.unwrap()
}

#[tokio::test]
async fn secrets_are_shown_to_who_asks_for_them_alone() {
    let demo = demo().await;
    let directory = tempfile::tempdir().unwrap();
    let shell = Shell::new(directory.path());
    let login = shell.run(&["--headless", "login", &demo.url]).await;
    assert_eq!(login.code, Some(0), "{}", login.err);

    let revealed = shell
        .run(&["--json", "tokens", "show", "--reveal", &demo.url])
        .await
        .json();
    let secrets = ["access_token", "refresh_token"]
        .map(|name| revealed[0][name].as_str().unwrap().to_owned());
    let words = shell.run(&["tokens", "show", "--reveal"]).await;
    let file = std::fs::read_dir(directory.path()).unwrap().next();
    let file = std::fs::read_to_string(file.unwrap().unwrap().path()).unwrap();
    for secret in &secrets {
        assert!(words.out.contains(secret.as_str()));
        assert!(!file.contains(secret.as_str()));
        for quiet in [
            shell.run(&["tokens", "show"]).await,
            shell.run(&["tokens", "list"]).await,
            shell.run(&["--json", "tokens", "show", &demo.url]).await,
        ] {
            assert!(quiet.out.contains(&demo.url) && quiet.code == Some(0));
            assert!(!quiet.out.contains(secret.as_str()));
        }
    }

    let wrong = Shell::new(directory.path()).with("MCP_CLIENT_PASSPHRASE", "another passphrase");
    let refused = wrong.run(&["tokens", "show", "--reveal"]).await;
    assert_eq!((refused.code, refused.out.as_str()), (Some(2), ""));
    assert!(
        refused
            .err
            .contains("MCP_CLIENT_PASSPHRASE is not the passphrase of"),
        "{}",
        refused.err
    );
    // To forget tokens takes no passphrase.
    let cleared = wrong.run(&["tokens", "clear", &demo.url]).await;
    assert_eq!((cleared.code, token_files(directory.path())), (Some(0), 0));
    demo.stop().await;
}

#[tokio::test]
async fn nothing_is_kept_where_nothing_can_protect_it() {
    let demo = demo().await;
    let directory = tempfile::tempdir().unwrap();
    let login = ["--headless", "login", &demo.url];
    let kept = Shell::new(directory.path()).run(&login).await;
    assert_eq!((kept.code, token_files(directory.path())), (Some(0), 1));
    assert!(!kept.err.contains("end with this program"), "{}", kept.err);

    let directory = tempfile::tempdir().unwrap();
    let bare = Shell::new(directory.path()).with("MCP_CLIENT_PASSPHRASE", "");
    let unkept = bare.run(&login).await;
    assert_eq!((unkept.code, token_files(directory.path())), (Some(0), 0));
    assert_eq!(
        unkept.err.matches("end with this program").count(),
        1,
        "{}",
        unkept.err
    );
    let listed = bare.run(&["tokens", "list"]).await;
    assert_eq!(listed.code, Some(1));
    for message in [&unkept.err, &listed.err] {
        assert!(
            message.contains("the system's keyring cannot be used (")
                && message.contains("set MCP_CLIENT_PASSPHRASE"),
            "{message}"
        );
    }
    let short = bare
        .with("MCP_CLIENT_PASSPHRASE", "short")
        .run(&login)
        .await;
    assert_eq!(short.code, Some(2), "{}", short.err);

    let open = Shell::new(directory.path()).with("MCP_CLIENT_PASSPHRASE", "");
    let chosen = open
        .run(&["--headless", "--unencrypted-tokens", "login", &demo.url])
        .await;
    assert_eq!((chosen.code, token_files(directory.path())), (Some(0), 1));
    demo.stop().await;
}

#[tokio::test]
async fn logging_out_revokes_what_a_client_with_a_secret_has() {
    let demo = revoking_demo().await;
    let redirect = format!("http://localhost:{PORT}/auth/callback");
    let client = Client::confidential("m2m_42", SECRET).redirect_uri(redirect);
    demo.scalekit.register_client(client.id("m2m_42"));
    let directory = tempfile::tempdir().unwrap();
    let shell = Shell::new(directory.path())
        .with("MCP_CLIENT_ID", "m2m_42")
        .with("MCP_CLIENT_SECRET", SECRET);
    let login = shell
        .run(&["--headless", "--callback-port", PORT, "login", &demo.url])
        .await;
    assert_eq!(login.code, Some(0), "{}", login.err);
    let shown = shell.run(&["--json", "tokens", "show"]).await.json();
    let jti = shown[0]["claims"]["jti"].as_str().unwrap();
    assert!(!demo.scalekit.is_revoked(jti), "the control");

    // As long as the issuer cannot be reached, the tokens are kept.
    let down = demo.scalekit.fail(Endpoint::Revoke, Fault::Status(503));
    let refused = shell.run(&["logout", &demo.url]).await;
    assert_eq!((refused.code, token_files(directory.path())), (Some(1), 1));
    assert!(
        refused.err.contains("did not revoke the tokens (HTTP 503)"),
        "{}",
        refused.err
    );
    drop(down);

    let ended = shell.run(&["--json", "logout", &demo.url]).await;
    assert_eq!(ended.json()[0]["revoked"], true, "{}", ended.err);
    assert_eq!(token_files(directory.path()), 0);
    assert!(demo.scalekit.is_revoked(jti));
    let requests = demo.scalekit.requests(Endpoint::Revoke);
    requests
        .last()
        .unwrap()
        .assert_auth(SentAuth::Basic)
        .assert_status(200);

    let nothing = shell.run(&["logout", &demo.url]).await;
    assert_eq!(nothing.code, Some(1));
    assert!(
        nothing.err.starts_with("error: no tokens for"),
        "{}",
        nothing.err
    );
    demo.stop().await;
}

#[tokio::test]
async fn logging_out_says_when_nobody_revokes() {
    for (demo, why) in [
        (demo().await, "the issuer offers no revocation"),
        (
            revoking_demo().await,
            "the issuer does not revoke for this client (invalid_client)",
        ),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let shell = Shell::new(directory.path());
        let login = shell.run(&["--headless", "login", &demo.url]).await;
        assert_eq!(login.code, Some(0), "{}", login.err);
        let ended = shell.run(&["logout", &demo.url]).await;
        assert_eq!((ended.code, token_files(directory.path())), (Some(0), 0));
        let message = format!("are removed here, and valid until they expire: {why}");
        assert!(ended.err.contains(&message), "{}", ended.err);
        demo.stop().await;
    }
}

#[tokio::test]
async fn a_trace_has_the_numbered_steps() {
    let demo = demo().await;
    let directory = tempfile::tempdir().unwrap();
    let shell = Shell::new(directory.path());
    let traced = shell
        .run(&[
            "--headless",
            "--trace",
            "call",
            "notes_add",
            r#"{"text":"milk"}"#,
            &demo.url,
        ])
        .await;
    assert_eq!(traced.code, Some(0), "{}", traced.err);
    let steps: String = traced
        .err
        .lines()
        .filter_map(|line| line.strip_suffix(line.get(1..)?))
        .filter(|first| first.parse::<u8>().is_ok())
        .collect();
    assert_eq!(
        steps, "123456712456",
        "a login, and one more for a scope more"
    );
    assert!(
        traced.err.contains(
            "again      this needs the scope notes:read notes:write, which the token lacks; requesting notes:read notes:write, so that no scope is lost (1 of 3)"
        ),
        "{}",
        traced.err
    );
    demo.stop().await;
}
