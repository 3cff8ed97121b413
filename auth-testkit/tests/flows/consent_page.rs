//! The page that asks the user: what it shows, and what each answer leads to.

use std::time::Duration;

use auth_testkit::settings::Approval;
use auth_testkit::{Client, Endpoint, MockScalekit, MockScalekitBuilder, TestClock, User};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Response, StatusCode};

use crate::support::{
    Pairs, REDIRECT, authorization, authorize, claims, exchange, http, post_form, public_client,
    redirected, tokens, value, with, without,
};

fn with_consent_page() -> MockScalekitBuilder {
    MockScalekit::builder().consent_page(true)
}

/// The page that an authorization request leads to.
async fn page(scalekit: &MockScalekit, request: &Pairs) -> String {
    let response = authorize(scalekit, request).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.text().await.unwrap()
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).expect(before);
    rest.split_once(after).expect(after).0
}

fn ticket(page: &str) -> &str {
    between(page, "name=\"ticket\" value=\"", "\"")
}

/// What a browser sends for the page as it is shown.
fn approval(page: &str) -> Pairs {
    vec![
        ("ticket", ticket(page).to_owned()),
        ("user", "usr_1000000001".into()),
        ("scope", "notes:read".into()),
        ("scope", "notes:write".into()),
        ("decision", "approve".into()),
    ]
}

async fn answer(scalekit: &MockScalekit, answer: &Pairs) -> Response {
    post_form(&format!("{}/oauth/consent", scalekit.issuer()), answer).await
}

/// The parameters of the redirect that follows an answer.
async fn answered(scalekit: &MockScalekit, pairs: &Pairs) -> Vec<(String, String)> {
    let response = answer(scalekit, pairs).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let location = response.headers()["location"].to_str().unwrap();
    assert!(location.starts_with(REDIRECT), "redirected to {location}");
    let url = url::Url::parse(location).unwrap();
    url.query_pairs().into_owned().collect()
}

fn complete_request(client: &str) -> Pairs {
    with(
        authorization(client),
        "scope",
        "openid notes:read notes:write",
    )
}

#[tokio::test]
async fn shows_who_asks_for_what_and_where_the_browser_will_be_sent() {
    let url = "http://127.0.0.1:3000/mcp";
    let scalekit = with_consent_page().resource_url(url).start().await;
    let client = public_client(&scalekit);
    let request = with(complete_request(&client), "resource", url);
    let response = authorize(&scalekit, &request).await;
    let headers = response.headers().clone();
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["x-frame-options"], "DENY");
    assert_eq!(headers["referrer-policy"], "no-referrer");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    let page = response.text().await.unwrap();
    for shown in [
        "public client",
        &client,
        url,
        "<strong>127.0.0.1</strong>",
        REDIRECT,
        "ada@example.com",
        "value=\"notes:read\" checked",
        "value=\"notes:write\" checked",
        "asks for openid",
    ] {
        assert!(page.contains(shown), "{shown} is not in {page}");
    }
    assert!(!page.contains("<script"), "{page}");
}

#[tokio::test]
async fn the_policy_allows_the_style_and_nothing_else() {
    let scalekit = with_consent_page().start().await;
    let response = authorize(&scalekit, &complete_request(&public_client(&scalekit))).await;
    let policy = response.headers()["content-security-policy"].to_str();
    let policy = policy.unwrap().to_owned();
    let page = response.text().await.unwrap();
    let style = between(&page, "<style>", "</style>");
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, style.as_bytes());
    let hash = STANDARD.encode(hash);
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self' http: https:; \
             base-uri 'none'; frame-ancestors 'none'"
        )
    );
}

#[tokio::test]
async fn approval_leads_to_a_code_for_the_chosen_user_and_scopes() {
    let other = User::new("usr_7").email("bob@example.com");
    let scalekit = with_consent_page().also_user(other).start().await;
    let client = public_client(&scalekit);
    let page = page(&scalekit, &complete_request(&client)).await;
    assert!(page.contains("bob@example.com"), "{page}");
    let mut pairs = approval(&page);
    pairs.retain(|(_, value)| value != "notes:write");
    let pairs = with(pairs, "user", "usr_7");
    let back = answered(&scalekit, &pairs).await;
    assert_eq!(value(&back, "state"), Some("xyz"));
    assert_eq!(value(&back, "iss"), Some(scalekit.issuer()));
    let bought = tokens(&scalekit, &exchange(&client, value(&back, "code").unwrap())).await;
    let claims = claims(bought["access_token"].as_str().unwrap());
    assert_eq!(claims["sub"], "usr_7");
    assert_eq!(claims["scope"], "openid notes:read");
}

#[tokio::test]
async fn the_named_user_is_chosen_first() {
    let other = User::new("usr_7").email("bob@example.com");
    let scalekit = with_consent_page().also_user(other).start().await;
    let request = complete_request(&public_client(&scalekit));
    let usual = page(&scalekit, &request).await;
    assert!(usual.contains("value=\"usr_1000000001\" checked"));
    let hinted = page(&scalekit, &with(request, "login_hint", "bob@example.com")).await;
    assert!(hinted.contains("value=\"usr_7\" checked"));
    assert!(!hinted.contains("value=\"usr_1000000001\" checked"));
}

#[tokio::test]
async fn a_refusal_is_told_to_the_client() {
    let scalekit = with_consent_page().start().await;
    let page = page(&scalekit, &complete_request(&public_client(&scalekit))).await;
    let back = answered(&scalekit, &with(approval(&page), "decision", "deny")).await;
    assert_eq!(value(&back, "error"), Some("access_denied"));
    assert_eq!(
        value(&back, "error_description"),
        Some("the user denied the request")
    );
    assert_eq!(value(&back, "state"), Some("xyz"));
    assert_eq!(value(&back, "iss"), Some(scalekit.issuer()));
    assert_eq!(value(&back, "code"), None);
}

#[tokio::test]
async fn odd_answers_lead_nowhere_and_use_nothing_up() {
    let scalekit = with_consent_page().start().await;
    let page = page(&scalekit, &complete_request(&public_client(&scalekit))).await;
    let control = approval(&page);
    let table = [
        (without(control.clone(), "decision"), "decision is missing"),
        (
            with(control.clone(), "decision", "maybe"),
            "decision must be approve or deny",
        ),
        (without(control.clone(), "user"), "user is missing"),
        (
            with(control.clone(), "user", "usr_2"),
            "user is not one of those who can sign in",
        ),
        (without(control.clone(), "ticket"), "ticket is missing"),
        (
            with(control.clone(), "ticket", "guessed"),
            "this page was answered already, or is older than ten minutes: start the login again \
             in the client",
        ),
    ];
    for (pairs, text) in table {
        let response = answer(&scalekit, &pairs).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{text}");
        assert_eq!(response.text().await.unwrap(), text);
    }
    let back = answered(&scalekit, &control).await;
    assert!(value(&back, "code").is_some(), "the page still counts");
}

#[tokio::test]
async fn a_page_is_answered_once_and_in_time() {
    let clock = TestClock::new();
    let scalekit = with_consent_page().clock(clock.clone()).start().await;
    let request = complete_request(&public_client(&scalekit));
    let first = page(&scalekit, &request).await;
    answered(&scalekit, &approval(&first)).await;
    let again = answer(&scalekit, &approval(&first)).await;
    assert_eq!(again.status(), StatusCode::BAD_REQUEST);

    let (in_time, late) = (
        page(&scalekit, &request).await,
        page(&scalekit, &request).await,
    );
    clock.advance(Duration::from_secs(599));
    answered(&scalekit, &approval(&in_time)).await;
    clock.advance(Duration::from_secs(1));
    let late = answer(&scalekit, &approval(&late)).await;
    assert_eq!(late.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_nobody_can_approve_is_refused_without_a_page() {
    let scalekit = with_consent_page().start().await;
    let control = complete_request(&public_client(&scalekit));
    page(&scalekit, &control).await;
    let back = redirected(&authorize(&scalekit, &without(control, "code_challenge")).await);
    assert_eq!(value(&back, "error"), Some("invalid_request"));
}

#[tokio::test]
async fn scripted_answers_are_given_without_a_page() {
    let scalekit = with_consent_page().start().await;
    let request = complete_request(&public_client(&scalekit));
    scalekit.script_next_approval(Approval::default_user());
    let back = redirected(&authorize(&scalekit, &request).await);
    assert!(value(&back, "code").is_some());
    page(&scalekit, &request).await;
}

#[tokio::test]
async fn without_the_setting_there_is_nothing_to_answer() {
    let control = with_consent_page().start().await;
    let response = answer(&control, &vec![("ticket", "none".into())]).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let scalekit = MockScalekit::start().await;
    let response = answer(&scalekit, &vec![("ticket", "none".into())]).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn names_of_clients_are_text_and_short() {
    let scalekit = with_consent_page().start().await;
    let name = format!("</h1><script>alert('x')</script>\"&{}", "long".repeat(100));
    let body = serde_json::json!({ "client_name": name, "redirect_uris": [REDIRECT] });
    let (environment, resource) = (scalekit.environment_url(), scalekit.resource_id());
    let url = format!("{environment}/api/v1/resources/{resource}/clients:register");
    let registered = http().post(url).json(&body).send().await.unwrap();
    assert_eq!(registered.status(), StatusCode::CREATED);
    let registered: serde_json::Value = registered.json().await.unwrap();
    let client = registered["client_id"].as_str().unwrap();
    let request = with(complete_request(client), "state", "\"><script>");
    let page = page(&scalekit, &request).await;
    assert!(page.contains("alert("), "the name is shown: {page}");
    assert!(!page.contains("<script"), "{page}");
    assert!(!page.contains(&"long".repeat(20)), "{page}");
}

/// Any program can listen on this machine, and say that it is the client of a document.
#[tokio::test]
async fn warns_of_documents_that_send_the_browser_to_this_machine() {
    let scalekit = with_consent_page().start().await;
    let id = "https://app.example/client.json";
    let remote = "https://app.example/cb";
    let described = Client::public(remote).redirect_uri(REDIRECT).id(id);
    scalekit.register_client(described);
    let request = with(complete_request(id), "redirect_uri", remote);
    let registered = complete_request(&public_client(&scalekit));
    let warning = "any program can say that it is this client";
    for harmless in [&request, &registered] {
        assert!(!page(&scalekit, harmless).await.contains(warning));
    }
    let local = with(request, "redirect_uri", REDIRECT);
    assert!(page(&scalekit, &local).await.contains(warning));
}

#[tokio::test]
async fn tickets_are_not_recorded() {
    let scalekit = with_consent_page().start().await;
    let page = page(&scalekit, &complete_request(&public_client(&scalekit))).await;
    answered(&scalekit, &approval(&page)).await;
    let recorded = scalekit.only_request(Endpoint::Consent);
    assert_eq!(recorded.param("decision"), Some("approve"));
    let printed = format!("{recorded:?} {} {scalekit:?}", scalekit.transcript());
    assert!(!printed.contains(ticket(&page)), "{printed}");
}
