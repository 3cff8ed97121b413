//! The authorization endpoint: each refusal differs from the accepted control in one parameter.

use auth_testkit::{Client, MockScalekit};
use reqwest::StatusCode;

use crate::support::{
    CHALLENGE, Pairs, REDIRECT, authorization, authorize, public_client, redirected, value, with,
    without,
};

async fn accepts(scalekit: &MockScalekit, pairs: &Pairs) {
    let answer = redirected(&authorize(scalekit, pairs).await);
    assert!(value(&answer, "code").is_some(), "refused: {answer:?}");
}

#[tokio::test]
async fn approval_redirects_with_code_state_and_issuer() {
    let scalekit = MockScalekit::start().await;
    let client = public_client(&scalekit);
    let answer = redirected(&authorize(&scalekit, &authorization(&client)).await);
    let names: Vec<&str> = answer.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["code", "state", "iss"]);
    assert_eq!(value(&answer, "state"), Some("xyz"));
    assert_eq!(value(&answer, "iss"), Some(scalekit.issuer()));
}

#[tokio::test]
async fn without_state_none_comes_back() {
    let scalekit = MockScalekit::start().await;
    let request = without(authorization(&public_client(&scalekit)), "state");
    let answer = redirected(&authorize(&scalekit, &request).await);
    assert_eq!(value(&answer, "state"), None);
}

#[tokio::test]
async fn errors_are_sent_to_the_client() {
    let url = "http://127.0.0.1:3000/mcp";
    let scalekit = MockScalekit::builder().resource_url(url).start().await;
    let control = with(authorization(&public_client(&scalekit)), "resource", url);
    accepts(&scalekit, &control).await;
    let plain = with(control.clone(), "code_challenge_method", "plain");
    let table = [
        (
            "no challenge",
            without(control.clone(), "code_challenge"),
            "invalid_request",
        ),
        ("method plain", plain, "invalid_request"),
        (
            "no method, which means plain",
            without(control.clone(), "code_challenge_method"),
            "invalid_request",
        ),
        (
            "method in lower case",
            with(control.clone(), "code_challenge_method", "s256"),
            "invalid_request",
        ),
        (
            "challenge too short",
            with(control.clone(), "code_challenge", &CHALLENGE[..42]),
            "invalid_request",
        ),
        (
            "no response type",
            without(control.clone(), "response_type"),
            "invalid_request",
        ),
        (
            "response type token",
            with(control.clone(), "response_type", "token"),
            "unsupported_response_type",
        ),
        (
            "another resource",
            with(control.clone(), "resource", "http://127.0.0.1:3000/other"),
            "invalid_target",
        ),
        (
            "the resource with a slash more",
            with(control.clone(), "resource", "http://127.0.0.1:3000/mcp/"),
            "invalid_target",
        ),
        (
            "the resource with a fragment",
            with(control.clone(), "resource", "http://127.0.0.1:3000/mcp#a"),
            "invalid_target",
        ),
        (
            "only unknown scopes",
            with(control.clone(), "scope", "mail:send"),
            "invalid_scope",
        ),
    ];
    for (row, request, error) in table {
        let answer = redirected(&authorize(&scalekit, &request).await);
        assert_eq!(value(&answer, "error"), Some(error), "{row}");
        assert_eq!(value(&answer, "code"), None, "{row}");
        assert_eq!(value(&answer, "state"), Some("xyz"), "{row}");
        assert_eq!(value(&answer, "iss"), Some(scalekit.issuer()), "{row}");
    }
}

#[tokio::test]
async fn a_repeated_parameter_is_refused_except_resource() {
    let scalekit = MockScalekit::start().await;
    let control = authorization(&public_client(&scalekit));
    accepts(&scalekit, &control).await;
    let mut twice = control.clone();
    twice.push(("scope", "notes:read".into()));
    let answer = redirected(&authorize(&scalekit, &twice).await);
    assert_eq!(value(&answer, "error"), Some("invalid_request"));
    let mut resources = control.clone();
    resources.push(("resource", "https://a.example/mcp".into()));
    resources.push(("resource", "https://b.example/mcp".into()));
    accepts(&scalekit, &resources).await;
}

#[tokio::test]
async fn without_a_known_client_and_redirect_uri_nobody_is_redirected() {
    let scalekit = MockScalekit::start().await;
    let client = public_client(&scalekit);
    let other = scalekit.register_client(Client::public("https://other.example/cb"));
    let control = authorization(&client);
    accepts(&scalekit, &control).await;
    let mut two_uris = control.clone();
    two_uris.push(("redirect_uri", REDIRECT.into()));
    let to = |uri: &str| with(control.clone(), "redirect_uri", uri);
    let table = [
        (
            "unknown client",
            with(control.clone(), "client_id", "m2m_9"),
        ),
        ("no client", without(control.clone(), "client_id")),
        (
            "the redirect uri of another client",
            with(control.clone(), "client_id", &other),
        ),
        ("unregistered host", to("https://evil.example/callback")),
        (
            "another port of the loopback",
            to("http://127.0.0.1:8766/callback"),
        ),
        ("a slash more", to("http://127.0.0.1:8765/callback/")),
        ("a query more", to("http://127.0.0.1:8765/callback?a=b")),
        (
            "localhost for 127.0.0.1",
            to("http://localhost:8765/callback"),
        ),
        ("two redirect uris", two_uris),
    ];
    for (row, request) in table {
        let response = authorize(&scalekit, &request).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{row}");
        assert!(!response.headers().contains_key("location"), "{row}");
        let body = response.text().await.unwrap();
        assert!(body.contains("invalid_"), "{row}: {body}");
    }
}

#[tokio::test]
async fn the_only_redirect_uri_need_not_be_named_but_one_of_two_must() {
    let scalekit = MockScalekit::start().await;
    let one = public_client(&scalekit);
    accepts(&scalekit, &without(authorization(&one), "redirect_uri")).await;
    let two = Client::public(REDIRECT).redirect_uri("https://app.example/cb");
    let two = scalekit.register_client(two);
    accepts(&scalekit, &authorization(&two)).await;
    let response = authorize(&scalekit, &without(authorization(&two), "redirect_uri")).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_scripted_denial_answers_one_request() {
    let scalekit = MockScalekit::start().await;
    let request = authorization(&public_client(&scalekit));
    scalekit.deny_next_approval("access_denied");
    let answer = redirected(&authorize(&scalekit, &request).await);
    assert_eq!(value(&answer, "error"), Some("access_denied"));
    assert_eq!(value(&answer, "iss"), Some(scalekit.issuer()));
    accepts(&scalekit, &request).await;
}

#[tokio::test]
async fn any_absolute_uri_without_fragment_is_a_resource_when_none_is_configured() {
    let scalekit = MockScalekit::start().await;
    let control = authorization(&public_client(&scalekit));
    for resource in ["https://any.example/mcp", scalekit.resource_id()] {
        accepts(&scalekit, &with(control.clone(), "resource", resource)).await;
    }
    for resource in ["/mcp", "https://any.example/mcp#fragment"] {
        let request = with(control.clone(), "resource", resource);
        let answer = redirected(&authorize(&scalekit, &request).await);
        assert_eq!(
            value(&answer, "error"),
            Some("invalid_target"),
            "{resource}"
        );
    }
}

#[tokio::test]
async fn a_resource_without_a_path_may_have_its_slash() {
    let url = "http://127.0.0.1:3000";
    let scalekit = MockScalekit::builder().resource_url(url).start().await;
    let control = authorization(&public_client(&scalekit));
    accepts(&scalekit, &with(control.clone(), "resource", url)).await;
    accepts(
        &scalekit,
        &with(control, "resource", "http://127.0.0.1:3000/"),
    )
    .await;
}

#[tokio::test]
async fn a_client_metadata_url_can_be_a_registered_id() {
    let scalekit = MockScalekit::start().await;
    let url = "https://app.example/client.json";
    scalekit.register_client(Client::public(REDIRECT).id(url));
    accepts(&scalekit, &authorization(url)).await;
}
