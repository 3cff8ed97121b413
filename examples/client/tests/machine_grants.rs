//! The client without a person: by its own secret, by what the enterprise's identity provider says, by
//! what the platform says. `private_key_jwt`, which Scalekit does not offer here, is the conformance
//! suite's to examine (`examples/interop/run client`).
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

use std::sync::{Arc, Mutex};

use auth_testkit::identity_provider::IdentityProvider;
use auth_testkit::{Client, Endpoint, SentAuth};
use client::events::Reporter;
use client::grants::PrivateKey;
use client::grants::{Grant, SignedIn};
use client::{Browser, ClientError, ClientOptions, Protection, TokenStore, cli::terminal, connect};
use examples::demo::servers::DemoServers;
use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::matchers::{body_string_contains, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

const ID: &str = "m2m_42";
const SECRET: &str = "correct-horse-battery-staple";
const ID_TOKEN: &str = "the-id-token-of-ada";

/// The outcome of a connection, and all that was shown before.
struct Seen {
    status: Result<Value, ClientError>,
    shown: String,
}

async fn caller(options: ClientOptions) -> Seen {
    let lines = Arc::new(Mutex::new(format!("{options:?}\n")));
    let written = Arc::clone(&lines);
    let options = options
        .with_browser(Browser::PrintOnly)
        .with_reporter(Reporter::new(move |event| {
            let mut lines = written.lock().unwrap();
            lines.push_str(&format!("{event:?}\n"));
            lines.extend(terminal::step(event, true));
        }));
    let status = match connect(options).await {
        Ok(client) => {
            let answer = client.call_tool("auth_status", None).await;
            client.close().await;
            answer.map(|answer| answer.structured_content.unwrap())
        }
        Err(error) => Err(error),
    };
    let shown = lines.lock().unwrap().clone();
    Seen { status, shown }
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

fn options(demo: &DemoServers) -> ClientOptions {
    ClientOptions::new(&demo.url).unwrap()
}

/// How the client asked for its only token.
fn only_grant(demo: &DemoServers) -> String {
    assert!(demo.scalekit.requests(Endpoint::Authorize).is_empty());
    assert!(demo.scalekit.requests(Endpoint::Register).is_empty());
    let bought = demo.scalekit.only_request(Endpoint::Token);
    bought.assert_status(200);
    bought.param("grant_type").unwrap().to_owned()
}

#[tokio::test]
async fn a_machine_is_itself() {
    let demo = DemoServers::start().await.unwrap();
    demo.scalekit
        .register_client(Client::confidential(ID, SECRET));
    let machine = options(&demo)
        .with_client(ID.to_owned(), Some(SECRET.into()))
        .with_grant(Grant::ClientCredentials);
    let seen = caller(machine).await;
    let status = seen.status.unwrap();
    assert_eq!(
        (&status["machine"], &status["client_id"]),
        (&json!(true), &json!(ID))
    );
    assert_eq!(status["scopes"], json!(["notes:read"]));
    assert!(!seen.shown.contains(SECRET), "{}", seen.shown);
    assert!(seen.shown.contains("no person is asked"), "{}", seen.shown);
    assert_eq!(only_grant(&demo), "client_credentials");
    let bought = demo.scalekit.only_request(Endpoint::Token);
    bought.assert_resource(&demo.url);
    demo.stop().await;
}

#[tokio::test]
async fn a_machine_that_cannot_authenticate_learns_what_is_missing() {
    let demo = DemoServers::start().await.unwrap();
    demo.scalekit
        .register_client(Client::confidential(ID, SECRET));
    let grant = |secret: Option<&str>| {
        options(&demo)
            .with_client(ID.to_owned(), secret.map(Into::into))
            .with_grant(Grant::ClientCredentials)
    };
    caller(grant(Some(SECRET))).await.status.unwrap();
    let message = async |options| caller(options).await.status.unwrap_err().to_string();
    assert_eq!(
        message(grant(Some("another"))).await,
        "the token endpoint refused: invalid_client; try again; if it repeats, ask the operator of the authorization server"
    );
    assert_eq!(
        message(grant(None)).await,
        "--client-credentials needs --client-id, and MCP_CLIENT_SECRET or --private-key"
    );
    let signed_in = SignedIn::new(
        "https://idp.example",
        "http://127.0.0.1:1/",
        "app",
        secret("x"),
    );
    let grant = Grant::EnterpriseManaged(signed_in.unwrap());
    assert_eq!(
        message(options(&demo).with_grant(grant)).await,
        "--id-token needs --client-id: what the authorization server calls this client"
    );
    let key = std::fs::read_to_string("../../auth-testkit/keys/ada.pem").unwrap();
    let key = PrivateKey::new(&secret(&key), "RS256").unwrap();
    let with_key = options(&demo)
        .with_client_key(ID.to_owned(), key)
        .with_grant(Grant::ClientCredentials);
    assert_eq!(
        message(with_key).await,
        "the metadata of the authorization server cannot be used: token_endpoint_auth_methods_supported does not list private_key_jwt, so this client has to authenticate with MCP_CLIENT_SECRET; ask its operator to correct it (RFC 8414)"
    );
    demo.stop().await;
}

/// An identity provider that exchanges this ID token for an assertion about its user.
async fn exchange_of(assertion: String) -> MockServer {
    let idp = MockServer::builder().start().await;
    let exchanged = ResponseTemplate::new(200).set_body_json(json!({
        "access_token": assertion,
        "issued_token_type": "urn:ietf:params:oauth:token-type:id-jag",
        "token_type": "N_A",
        "expires_in": 300,
    }));
    Mock::given(method("POST"))
        .and(body_string_contains(format!("subject_token={ID_TOKEN}")))
        .respond_with(exchanged)
        .mount(&idp)
        .await;
    idp
}

/// `resource` is optional in an assertion (draft-ietf-oauth-identity-assertion-authz-grant section 3.1).
#[tokio::test]
async fn an_enterprise_vouches_for_its_user_without_naming_a_resource() {
    let idp = IdentityProvider::new("https://idp.example");
    let demo = DemoServers::start_with(|mock| mock.trust(&idp))
        .await
        .unwrap();
    let scalekit = &demo.scalekit;
    scalekit.register_client(Client::confidential(ID, SECRET));
    let now = scalekit.clock().now();
    let assertion = idp.assertion("usr_7", ID, scalekit.issuer(), now);
    let exchange = exchange_of(assertion.scope("notes:read").sign()).await;
    let endpoint = format!("{}/token", exchange.uri());
    let signed_in =
        SignedIn::new("https://idp.example", &endpoint, "app", secret(ID_TOKEN)).unwrap();
    let options = options(&demo)
        .with_client(ID.to_owned(), Some(SECRET.into()))
        .with_grant(Grant::EnterpriseManaged(signed_in));
    let status = caller(options).await.status.unwrap();
    assert_eq!(status["subject"], "usr_7");
    demo.stop().await;
}

#[tokio::test]
async fn an_enterprise_vouches_for_its_user() {
    let idp = IdentityProvider::new("https://idp.example");
    let demo = DemoServers::start_with(|mock| mock.trust(&idp))
        .await
        .unwrap();
    let scalekit = &demo.scalekit;
    scalekit.register_client(Client::confidential(ID, SECRET));
    let assertion = idp
        .assertion("usr_7", ID, scalekit.issuer(), scalekit.clock().now())
        .scope("notes:read")
        .resource(&demo.url);
    let exchange = exchange_of(assertion.sign()).await;
    let signed_in = |id_token: &str| {
        let token = secret(id_token);
        let endpoint = format!("{}/token", exchange.uri());
        let signed_in = SignedIn::new("https://idp.example", &endpoint, "app", token);
        options(&demo)
            .with_client(ID.to_owned(), Some(SECRET.into()))
            .with_grant(Grant::EnterpriseManaged(signed_in.unwrap()))
    };
    let seen = caller(signed_in(ID_TOKEN)).await;
    let status = seen.status.unwrap();
    assert_eq!(
        (&status["subject"], &status["machine"]),
        (&json!("usr_7"), &json!(false))
    );
    for secret in [SECRET, ID_TOKEN, &assertion.sign()] {
        assert!(!seen.shown.contains(secret), "{}", seen.shown);
    }
    assert_eq!(
        only_grant(&demo),
        "urn:ietf:params:oauth:grant-type:jwt-bearer"
    );
    scalekit
        .only_request(Endpoint::Token)
        .assert_auth(SentAuth::Basic);

    let refused = caller(signed_in("another")).await.status.unwrap_err();
    let message = refused.to_string();
    assert!(
        message.starts_with("the token endpoint refused: "),
        "{message}"
    );
    assert!(message.contains("IdentityProvider"), "{message}");
    demo.stop().await;
}

#[tokio::test]
async fn a_platform_vouches_for_its_workload() {
    let idp = IdentityProvider::new("https://platform.example");
    let demo = DemoServers::start_with(|mock| mock.trust(&idp))
        .await
        .unwrap();
    let scalekit = &demo.scalekit;
    let client = Client::public("http://localhost:1/callback").id(ID);
    scalekit.register_client(client);
    let assertion = || {
        idp.assertion("usr_8", ID, scalekit.issuer(), scalekit.clock().now())
            .scope("notes:read")
    };
    let given = assertion();
    let workload = |jwt: &str| {
        options(&demo)
            .with_client(ID.to_owned(), None)
            .with_grant(Grant::WorkloadIdentity(secret(jwt)))
    };
    let seen = caller(workload(&given.sign())).await;
    assert_eq!(seen.status.unwrap()["subject"], "usr_8");
    assert!(!seen.shown.contains(&given.sign()), "{}", seen.shown);
    assert_eq!(
        only_grant(&demo),
        "urn:ietf:params:oauth:grant-type:jwt-bearer"
    );

    let expired = assertion().claim("exp", 1).claim("jti", "another").sign();
    let refused = caller(workload(&expired)).await.status.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the token endpoint refused: invalid_grant; try again; if it repeats, ask the operator of the authorization server"
    );
    // Neither tried again nor replaced by another grant.
    assert_eq!(scalekit.requests(Endpoint::Token).len(), 2);

    // A JWT for another issuer, or of an unknown one, is not sent to the issuer that the server names.
    let elsewhere = assertion().claim("aud", "https://other.example").sign();
    for jwt in ["not.a.jwt", &elsewhere] {
        let refused = caller(workload(jwt)).await.status.unwrap_err();
        assert_eq!(refused.report().code, "other_issuer", "{refused}");
    }
    assert_eq!(scalekit.requests(Endpoint::Token).len(), 2);
    // The user of the client can name the issuer.
    let named = workload(&elsewhere).with_issuer(scalekit.issuer().to_owned());
    let refused = caller(named).await.status.unwrap_err();
    assert_eq!(refused.report().code, "token_refused", "{refused}");
    assert_eq!(scalekit.requests(Endpoint::Token).len(), 3);
    let other = workload(&elsewhere).with_issuer("https://other.example".to_owned());
    let refused = caller(other).await.status.unwrap_err();
    assert_eq!(refused.report().code, "other_issuer", "{refused}");
    assert_eq!(scalekit.requests(Endpoint::Token).len(), 3);
    demo.stop().await;
}

/// A person's tokens are not a job's, and the other way round.
#[tokio::test]
async fn tokens_of_one_account_are_not_used_for_another() {
    let idp = IdentityProvider::new("https://platform.example");
    let demo = DemoServers::start_with(|mock| mock.trust(&idp))
        .await
        .unwrap();
    let scalekit = &demo.scalekit;
    let client = Client::public("http://localhost:8123/auth/callback").id(ID);
    scalekit.register_client(client);
    let directory = tempfile::tempdir().unwrap();
    let store = TokenStore::in_directory(directory.path(), Protection::Unencrypted);
    let shared = || {
        options(&demo)
            .with_client(ID.to_owned(), None)
            .with_callback_port(8123)
            .with_store(store.clone())
    };
    let now = scalekit.clock().now();
    let given = idp
        .assertion("usr_8", ID, scalekit.issuer(), now)
        .scope("notes:read");
    let job = || shared().with_grant(Grant::WorkloadIdentity(secret(&given.sign())));
    let subject = async |options: ClientOptions| {
        let client = connect(options.with_browser(Browser::Headless))
            .await
            .unwrap();
        let status = client.call_tool("auth_status", None).await.unwrap();
        client.close().await;
        status.structured_content.unwrap()["subject"].clone()
    };
    let person = subject(shared()).await;
    assert_ne!(person, "usr_8");
    assert_eq!(subject(job()).await, "usr_8");
    // Both are stored, and used without another token request.
    assert_eq!(subject(shared()).await, person);
    assert_eq!(subject(job()).await, "usr_8");
    assert_eq!(scalekit.requests(Endpoint::Token).len(), 2);
    demo.stop().await;
}
