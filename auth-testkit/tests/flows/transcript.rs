//! Assertions about what was sent, their texts, and what a failing test prints.

use auth_testkit::{Client, Endpoint, Fault, MockScalekit, RecordedRequest, SentAuth};

use crate::support::{
    REDIRECT, VERIFIER, authorization, authorize, code, exchange, http, jwks, public_client, token,
    tokens, with, without,
};

/// A login of a public client, for one resource.
async fn login(scalekit: &MockScalekit) -> String {
    let client = scalekit.register_client(Client::public(REDIRECT).id("m2m_42"));
    let request = with(authorization(&client), "resource", "https://a.example/mcp");
    let code = crate::support::code_for(scalekit, &request).await;
    let exchange = with(
        exchange(&client, &code),
        "resource",
        "https://a.example/mcp",
    );
    tokens(scalekit, &exchange).await;
    code
}

#[tokio::test]
async fn a_login_that_went_well_meets_all_assertions() {
    let scalekit = MockScalekit::start().await;
    login(&scalekit).await;
    scalekit
        .only_request(Endpoint::Authorize)
        .assert_pkce_s256()
        .assert_resource("https://a.example/mcp")
        .assert_scopes(["notes:read", "openid", "offline_access"])
        .assert_param("redirect_uri", REDIRECT)
        .assert_status(302);
    scalekit
        .only_request(Endpoint::Token)
        .assert_pkce_s256()
        .assert_resource("https://a.example/mcp")
        .assert_auth(SentAuth::None)
        .assert_status(200);
    scalekit.assert_jwks_fetches(0);
    jwks(&scalekit).await;
    scalekit.assert_jwks_fetches(1);
}

/// What an assertion says when it does not hold.
fn message(assertion: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(assertion).unwrap_err();
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => (*panic.downcast::<&str>().unwrap()).to_owned(),
    }
}

/// The one authorization request that lacks something.
async fn sent(
    change: impl FnOnce(Vec<(&'static str, String)>) -> Vec<(&'static str, String)>,
) -> RecordedRequest {
    let scalekit = MockScalekit::start().await;
    scalekit.register_client(Client::public(REDIRECT).id("m2m_42"));
    let request = change(authorization("m2m_42"));
    authorize(&scalekit, &request).await;
    scalekit.only_request(Endpoint::Authorize)
}

#[tokio::test]
async fn an_assertion_that_does_not_hold_shows_the_request_without_secrets() {
    let request = sent(|request| with(request, "code_challenge_method", "plain")).await;
    let text = message(|| _ = request.assert_pkce_s256());
    assert!(
        text.contains("code_challenge_method of GET /resources/res_1000000001/oauth/authorize")
    );
    assert!(text.contains(r#"client_id="m2m_42""#), "{text}");
    assert!(text.contains("Some(\"plain\")"), "{text}");

    let request = sent(|request| without(request, "code_challenge")).await;
    let text = message(|| _ = request.assert_pkce_s256());
    assert!(text.contains("bytes of the code_challenge"), "{text}");

    let request = sent(|request| request).await;
    let text = message(|| _ = request.assert_resource("https://a.example/mcp"));
    assert!(text.contains("resource of GET"), "{text}");
    let text = message(|| _ = request.assert_scopes(["notes:read"]));
    assert!(text.contains("scope of GET"), "{text}");
    let text = message(|| _ = request.assert_auth(SentAuth::Basic));
    assert!(text.contains("authentication of GET"), "{text}");
    let text = message(|| _ = request.assert_status(400));
    assert!(text.contains("status of GET"), "{text}");

    let scalekit = MockScalekit::start().await;
    jwks(&scalekit).await;
    let keys = scalekit.only_request(Endpoint::Keys);
    let text = message(|| _ = keys.assert_pkce_s256());
    assert_eq!(
        text,
        "neither an authorization request nor a token request: GET /keys -> 200"
    );
}

#[tokio::test]
#[should_panic(expected = "expected one request to keys, got 2")]
async fn more_than_one_is_not_the_only_one() {
    let scalekit = MockScalekit::start().await;
    jwks(&scalekit).await;
    jwks(&scalekit).await;
    let _ = scalekit.only_request(Endpoint::Keys);
}

#[tokio::test]
async fn the_transcript_has_a_line_for_each_request_and_no_secret() {
    let scalekit = MockScalekit::start().await;
    assert_eq!(scalekit.transcript(), "no request came\n");
    let code = login(&scalekit).await;
    let lost = scalekit.fail(Endpoint::Keys, Fault::Reset).times(1);
    http().get(scalekit.keys_url()).send().await.unwrap_err();
    drop(lost);
    let transcript = scalekit.transcript();
    let lines: Vec<&str> = transcript.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with("  1. GET /resources/res_1000000001/oauth/authorize response_type=\"code\" client_id=\"m2m_42\""));
    assert!(lines[0].ends_with(" -> 302"));
    assert!(lines[1].starts_with(
        "  2. POST /resources/res_1000000001/oauth/token grant_type=\"authorization_code\""
    ));
    assert!(lines[1].contains(" code=(not shown) code_verifier=(not shown)"));
    assert!(lines[1].ends_with(" -> 200"));
    assert_eq!(lines[2], "  3. GET /keys -> no answer");
    for secret in [code.as_str(), VERIFIER] {
        assert!(!transcript.contains(secret));
    }
}

/// Not a separate test: the next one runs it.
#[tokio::test]
#[ignore = "fails on purpose"]
async fn fails_on_purpose() {
    let scalekit = MockScalekit::start().await;
    let client = public_client(&scalekit);
    let code = code(&scalekit, &client).await;
    let exchange = without(exchange(&client, &code), "code_verifier");
    assert_eq!(token(&scalekit, &exchange).await.status(), 200);
}

#[test]
fn a_failing_test_prints_the_transcript() {
    let this = std::env::current_exe().unwrap();
    let run = std::process::Command::new(this)
        .args(["--ignored", "--exact", "transcript::fails_on_purpose"])
        .output()
        .unwrap();
    assert!(!run.status.success());
    let printed = String::from_utf8(run.stdout).unwrap();
    assert!(
        printed.contains("requests to http://127.0.0.1:"),
        "{printed}"
    );
    assert!(printed.contains("  2. POST /resources/res_1000000001/oauth/token"));
    assert!(printed.contains("code=(not shown) -> 400"), "{printed}");
}
