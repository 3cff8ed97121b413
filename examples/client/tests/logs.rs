//! Everything that the `client` binary writes, with all logs on and the trace, of each way to get, use
//! and end tokens: no secret is in it. A plain login is tested in `binary.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test may panic"
)]

mod issuer;

use std::{
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use auth_testkit::settings::RefreshTokens;
use auth_testkit::{Client, Endpoint};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use examples::demo::servers::DemoServers;
use issuer::Issuer;
use serde_json::{Value, json};
use tokio::process::Command;
use url::form_urlencoded::{byte_serialize, parse};
use wiremock::{Mock, Request, ResponseTemplate, matchers::path};

const PASSPHRASE: &str = "passphrase of the tests";
/// With what a form and a URL have to encode.
const SECRET: &str = "correct+horse battery/staple%";
const ID: &str = "m2m_42";
const PORT: &str = "8123";
const REDIRECT: &str = "http://localhost:8123/auth/callback";
/// The number of characters of a secret that must not be shown; the trace shows six.
const PART: usize = 24;
const BOUND: Duration = Duration::from_secs(60);

/// What a run of the client wrote.
struct Written(String);

fn client(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_client"));
    command
        .env_clear()
        .env("MCP_CLIENT_TOKEN_DIR", directory)
        .env("MCP_CLIENT_PASSPHRASE", PASSPHRASE)
        .env("RUST_LOG", "trace")
        .args(["--headless", "--trace", "--callback-port", PORT])
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// Runs it to its good end.
async fn ran(mut command: Command) -> Written {
    let output = tokio::time::timeout(BOUND, command.output()).await;
    let output = output.expect("it ends").unwrap();
    let written = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    let written = Written(written.concat());
    written.hides([PASSPHRASE]);
    let last = written.0.lines().last();
    assert!(output.status.success(), "{last:?}");
    written
}

/// The same with a client secret, and with requests that are logged.
async fn run(directory: &Path, secret: Option<&str>, arguments: &[&str]) -> Written {
    let mut command = client(directory, arguments);
    if let Some(secret) = secret {
        command.env("MCP_CLIENT_SECRET", secret);
    }
    let written = ran(command).await;
    written.says("TRACE");
    written
}

impl Written {
    /// That these, and what a request makes of them, are not in it.
    fn hides<'a>(&self, secrets: impl IntoIterator<Item = &'a str>) {
        for (number, secret) in secrets.into_iter().enumerate() {
            assert!(secret.len() > 12, "secret {number} could be anything");
            let encoded: String = byte_serialize(secret.as_bytes()).collect();
            let basic = STANDARD.encode(format!("{ID}:{encoded}"));
            for form in [secret, &encoded, &basic, &STANDARD.encode(secret)] {
                // What is long may be cut in a log, at either end.
                let (start, end) = (
                    form.get(..PART),
                    form.get(form.len().saturating_sub(PART)..),
                );
                for part in [start.unwrap_or(form), end.unwrap_or(form)] {
                    let place = self.0.lines().position(|line| line.contains(part));
                    assert!(place.is_none(), "secret {number} in line {place:?}");
                }
            }
        }
    }

    fn says(&self, what: &str) {
        assert!(self.0.contains(what), "not a word of {what}");
    }
}

/// That nothing shows what the issuer has sent or been sent, of which there is more than at the last look.
fn hides_all(written: &Written, issuer: &Issuer, before: usize) -> usize {
    let now = issuer.now();
    assert!(now.secrets.len() > before, "nothing new to hide");
    written.hides(now.secrets.iter().map(String::as_str));
    now.secrets.len()
}

#[tokio::test]
async fn a_login_with_a_client_secret_then_a_refresh_then_a_step_up() {
    let issuer = Issuer::start().await;
    let client = (ID.to_owned(), Some(urlencoded(SECRET)));
    issuer.now().clients.extend([client]);
    let directory = tempfile::tempdir().unwrap();
    let url = issuer.url();
    let arguments = ["--client-id", ID, "call", "echo", "{}", &url];
    let run = async || {
        let written = run(directory.path(), Some(SECRET), &arguments).await;
        written.hides([SECRET]);
        written
    };
    let login = run().await;
    let known = hides_all(&login, &issuer, 0);
    login.says("code_verifier = ");
    assert_eq!(issuer.now().authorizations, 1);

    issuer.now().access.clear();
    let refresh = run().await;
    let known = hides_all(&refresh, &issuer, known);
    {
        let now = issuer.now();
        assert_eq!((now.refreshes, now.authorizations), (1, 1));
    }

    issuer.now().call_scope = Some("write");
    let step_up = run().await;
    hides_all(&step_up, &issuer, known);
    assert_eq!(issuer.now().asked_scopes, ["read", "read write"]);
}

#[tokio::test]
async fn a_login_with_tokens_bound_to_a_key_then_a_refresh() {
    let issuer = Issuer::start().await;
    {
        let mut now = issuer.now();
        now.dpop.offered = true;
        now.clients.insert(ID.to_owned(), None);
    }
    let directory = tempfile::tempdir().unwrap();
    let url = issuer.url();
    let arguments = ["--client-id", ID, "call", "echo", "{}", &url];
    let run = async || {
        // So that this test can read the key, which no command shows.
        let mut command = client(directory.path(), &arguments);
        command
            .env_remove("MCP_CLIENT_PASSPHRASE")
            .arg("--unencrypted-tokens");
        let written = ran(command).await;
        written.says("TRACE");
        let key = proof_key(directory.path());
        written.hides([key.as_str()]);
        // What follows the names of its algorithm and curve (RFC 5958), in the alphabets of base64.
        let bytes = URL_SAFE_NO_PAD.decode(&key).unwrap();
        let (_, half) = key.split_at(key.len() / 2);
        written.hides([STANDARD.encode(bytes).as_str(), half]);
        written
    };
    let known = hides_all(&run().await, &issuer, 0);
    issuer.now().access.clear();
    hides_all(&run().await, &issuer, known);
    let now = issuer.now();
    assert_eq!((now.refreshes, now.authorizations), (1, 1));
    assert_eq!(now.dpop.keys.len(), 1, "one key for both");
    assert!(now.dpop.headers > 0);
}

/// The key in the file of the only login.
fn proof_key(directory: &Path) -> String {
    let files = std::fs::read_dir(directory).unwrap();
    let mut files = files.filter_map(|file| std::fs::read_to_string(file.unwrap().path()).ok());
    let file = files.find(|file| file.contains("proof_key"));
    member(&file.expect("a key is kept with the tokens"), "proof_key")
}

/// What this member is in a JSON text of which the rest does not matter.
fn member(text: &str, name: &str) -> String {
    let (_, after) = text
        .split_once(&format!("\"{name}\":"))
        .unwrap_or_else(|| panic!("there is no {name}"));
    after.split('"').nth(1).unwrap().to_owned()
}

fn urlencoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

/// Puts into the metadata what Scalekit's does not say.
async fn promise(demo: &DemoServers, member: &str, value: Value) {
    let resource = demo.scalekit.resource_id();
    let at = format!("/.well-known/oauth-authorization-server/resources/{resource}");
    let url = format!("{}{at}", demo.scalekit.environment_url());
    let mut document: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    document[member] = value;
    Mock::given(path(at))
        .respond_with(ResponseTemplate::new(200).set_body_json(document))
        .mount(demo.scalekit.server())
        .await;
}

#[tokio::test]
async fn client_credentials_with_a_private_key() {
    let demo = DemoServers::start().await.unwrap();
    let scalekit = &demo.scalekit;
    let methods = json!(["private_key_jwt"]);
    promise(&demo, "token_endpoint_auth_methods_supported", methods).await;
    let resource = scalekit.resource_id();
    let token = scalekit.token().scopes(["notes:read"]).sign();
    let granted = json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": "notes:read" });
    let assertions = Arc::<Mutex<Vec<String>>>::default();
    let sent = Arc::clone(&assertions);
    let answer = move |request: &Request| {
        let form = parse(&request.body).into_owned();
        let assertion = form.filter(|(name, _)| name == "client_assertion");
        sent.lock()
            .unwrap()
            .extend(assertion.map(|(_, value)| value));
        ResponseTemplate::new(200).set_body_json(&granted)
    };
    Mock::given(path(format!("/resources/{resource}/oauth/token")))
        .respond_with(answer)
        .mount(scalekit.server())
        .await;

    let file = "../../auth-testkit/keys/ada.pem";
    let pem = std::fs::read_to_string(file).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let arguments = [
        "--client-id",
        ID,
        "--client-credentials",
        "--private-key",
        file,
        "--signing-algorithm",
        "RS256",
        &demo.url,
    ];
    let written = run(directory.path(), None, &arguments).await;
    written.says("auth_status");
    written.hides([token.as_str()]);
    // Its parts too: a line of the log is no line of the file.
    written.hides(pem.lines().filter(|line| !line.starts_with("-----")));
    let assertions = assertions.lock().unwrap().clone();
    assert_eq!(assertions.len(), 1);
    written.hides(assertions.iter().map(String::as_str));
    demo.stop().await;
}

#[tokio::test]
async fn a_logout_that_revokes() {
    let demo = DemoServers::start_with(|mock| mock.refresh_tokens(RefreshTokens::Always));
    let demo = demo.await.unwrap();
    let registered = Client::confidential(ID, SECRET).redirect_uri(REDIRECT);
    demo.scalekit.register_client(registered);
    let revocation = format!("{}/revoke", demo.scalekit.environment_url());
    promise(&demo, "revocation_endpoint", revocation.into()).await;
    let directory = tempfile::tempdir().unwrap();
    let given = ["--client-id", ID];
    let login = [&given[..], &["login", &demo.url]].concat();
    let login = run(directory.path(), Some(SECRET), &login).await;
    // The mock does not report the tokens that it issued; the client does on request.
    let reveal = ["--json", "tokens", "show", "--reveal", &demo.url];
    let revealed = ran(client(directory.path(), &reveal)).await;
    let tokens = ["access_token", "refresh_token"].map(|name| member(&revealed.0, name));
    let logout = [&given[..], &["logout", &demo.url]].concat();
    let logout = run(directory.path(), Some(SECRET), &logout).await;
    let revocations = demo.scalekit.requests(Endpoint::Revoke);
    assert_eq!(revocations.len(), 2, "one for each token");
    for revocation in revocations {
        revocation.assert_status(200);
    }
    logout.says("revoked the tokens");
    for written in [login, logout] {
        written.hides([SECRET]);
        written.hides(tokens.iter().map(String::as_str));
    }
    demo.stop().await;
}
