//! The tutorial's login page: a client logs in at it, and what it says of the user decides.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

#[path = "support/mcp_server.rs"]
mod mcp_server;

use auth_core::error::{ConfigError, ConfigErrors};
use auth_testkit::Client;
use examples::byoa::{ScalekitApi, app, example, login_page};
use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::mcp_server::McpServer;

const REDIRECT: &str = "http://127.0.0.1:9/callback";
/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn start() -> McpServer {
    let page = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let login = format!("http://{}/login", page.local_addr().unwrap());
    let server = McpServer::start(
        |mock| mock.byoa(login),
        |provider, _, change| {
            app(provider, change)
                .map_err(|error| ConfigErrors::from(ConfigError::new("byoa", error.to_string())))
        },
    )
    .await;
    let scalekit = &server.scalekit;
    scalekit.register_client(Client::confidential("skc_1", "not a secret"));
    scalekit.register_client(Client::public(REDIRECT).id("m2m_1"));
    let connection = scalekit.connection_id().unwrap();
    let backend = ScalekitApi::new(
        scalekit.environment_url(),
        connection,
        "skc_1",
        "not a secret",
    );
    let page_app = login_page(example(), backend.unwrap());
    tokio::spawn(async move { axum::serve(page, page_app).await });
    server
}

/// A browser that stops at each redirect.
fn browser() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(Policy::none())
        .build()
        .unwrap()
}

fn location(response: &Response) -> Url {
    let location = response.headers()["location"].to_str().unwrap();
    Url::parse(location).unwrap()
}

fn query(url: &Url, name: &str) -> String {
    let value = url.query_pairs().find(|(known, _)| known == name);
    value
        .unwrap_or_else(|| panic!("{name} in {url}"))
        .1
        .into_owned()
}

/// A URL of the issuer's metadata.
async fn endpoint(server: &McpServer, name: &str) -> String {
    let scalekit = &server.scalekit;
    let issuer = format!(
        "{}/resources/{}",
        scalekit.environment_url(),
        scalekit.resource_id()
    );
    let metadata = format!("{issuer}/.well-known/oauth-authorization-server");
    let metadata = browser().get(metadata).send().await.unwrap();
    let metadata: Value = metadata.json().await.unwrap();
    metadata[name].as_str().unwrap().to_owned()
}

/// The page that an authorization request leads to.
async fn open_page(server: &McpServer) -> Url {
    let request = [
        ("response_type", "code"),
        ("client_id", "m2m_1"),
        ("redirect_uri", REDIRECT),
        ("scope", "notes:read"),
        ("state", "s"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("resource", &server.url),
    ];
    let url = endpoint(server, "authorization_endpoint").await;
    let url = Url::parse_with_params(&url, request).unwrap();
    location(&browser().get(url).send().await.unwrap())
}

/// Sends the page's form.
async fn log_in(page: &Url, name: &str, password: &str) -> Response {
    let form = [
        ("login_request_id", query(page, "login_request_id")),
        ("state", query(page, "state")),
        ("name", name.to_owned()),
        ("password", password.to_owned()),
    ];
    let mut action = page.clone();
    action.set_query(None);
    browser().post(action).form(&form).send().await.unwrap()
}

/// The access token of a user who logs in at the page.
async fn token(server: &McpServer, name: &str, password: &str) -> String {
    let page = open_page(server).await;
    let shown = browser().get(page.clone()).send().await.unwrap();
    assert_eq!(shown.status(), StatusCode::OK);
    let back = log_in(&page, name, password).await;
    assert_eq!(back.status(), StatusCode::SEE_OTHER, "{back:?}");
    let redirected = browser().get(location(&back)).send().await.unwrap();
    let code = query(&location(&redirected), "code");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("client_id", "m2m_1"),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
        ("resource", &server.url),
    ];
    let url = endpoint(server, "token_endpoint").await;
    let answer = browser().post(url).form(&form).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    answer["access_token"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
        .to_owned()
}

#[tokio::test]
async fn what_the_page_says_of_the_user_decides() {
    let server = start().await;
    let ada = token(&server, "ada", "correct horse").await;
    let bob = token(&server, "bob", "battery staple").await;
    let deploy = |project: &str| json!({ "project": project, "environment": "staging" });
    for (name, token, tool, arguments, status) in [
        ("the control", &ada, "deploy", deploy("apollo"), 200),
        ("another project", &ada, "deploy", deploy("gemini"), 403),
        ("another plan", &bob, "deploy", deploy("apollo"), 403),
        ("own notes", &bob, "notes_list", json!({}), 200),
        (
            "notes of the project",
            &bob,
            "notes_list",
            json!({ "project": "apollo" }),
            200,
        ),
        (
            "notes of another project",
            &bob,
            "notes_list",
            json!({ "project": "gemini" }),
            403,
        ),
        ("another role", &ada, "reset", json!({}), 403),
    ] {
        let answer = server.call(token, tool, arguments).await;
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        assert_eq!(answer.challenge, "", "{name}");
    }
}

#[tokio::test]
async fn a_login_that_is_not_one_is_refused() {
    let server = start().await;
    let page = open_page(&server).await;
    for (name, password) in [("ada", "battery staple"), ("eve", "correct horse")] {
        let answer = log_in(&page, name, password).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{name}");
    }
    assert_eq!(
        log_in(&page, "ada", "correct horse").await.status(),
        StatusCode::SEE_OTHER,
        "the control"
    );
    // A login request is used once.
    assert_eq!(
        log_in(&page, "ada", "correct horse").await.status(),
        StatusCode::BAD_GATEWAY
    );
    // What the page shows is vetted: anyone can send a browser there.
    for (name, value) in [
        ("login_request_id", "lri_1\"><script>"),
        ("state", "../../x"),
        ("login_request_id", ".."),
    ] {
        let mut other = page.clone();
        let pairs: Vec<_> = page.query_pairs().into_owned().collect();
        other
            .query_pairs_mut()
            .clear()
            .extend_pairs(pairs.iter().map(|(known, own)| {
                (
                    known.as_str(),
                    if known == name { value } else { own.as_str() },
                )
            }));
        let shown = browser().get(other).send().await.unwrap();
        assert_eq!(shown.status(), StatusCode::BAD_REQUEST, "{name}={value}");
    }
}
