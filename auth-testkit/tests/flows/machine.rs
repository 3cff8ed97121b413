//! Machines: client_credentials, and how a client proves who it is.

use auth_testkit::{Client, Endpoint, MockScalekit, SentAuth};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::json;

use crate::support::{
    Pairs, REDIRECT, authorization, claims, code_for, error, exchange, http, jwks, post_form,
    public_client, tokens, verifies, with, without,
};

const ID: &str = "m2m_42";
const SECRET: &str = "s3:cr%t &+=";

async fn start() -> MockScalekit {
    let scalekit = MockScalekit::start().await;
    scalekit.register_client(Client::confidential(ID, SECRET).redirect_uri(REDIRECT));
    scalekit
}

fn credentials() -> Pairs {
    vec![
        ("grant_type", "client_credentials".into()),
        ("client_id", ID.into()),
        ("client_secret", SECRET.into()),
    ]
}

fn urlencoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn basic(scalekit: &MockScalekit, id: &str, secret: &str) -> RequestBuilder {
    let request = http().post(scalekit.token_endpoint());
    request.basic_auth(urlencoded(id), Some(urlencoded(secret)))
}

async fn send(request: RequestBuilder, pairs: &[(&str, &str)]) -> Response {
    request.form(pairs).send().await.unwrap()
}

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

#[tokio::test]
async fn a_machine_token_names_no_user() {
    let scalekit = start().await;
    let body = tokens(&scalekit, &credentials()).await;
    assert!(body.get("refresh_token").is_none());
    assert!(body.get("id_token").is_none());
    let token = body["access_token"].as_str().unwrap();
    assert!(verifies(token, &jwks(&scalekit).await));
    let claims = claims(token);
    assert_eq!(claims["sub"], ID);
    assert_eq!(claims["client_id"], ID);
    assert_eq!(claims["aud"], json!(["res_1000000001"]));
    assert_eq!(claims["scopes"], json!(["notes:read", "notes:write"]));
    for of_a_user in ["oid", "sid", "roles", "permissions"] {
        assert!(claims.get(of_a_user).is_none(), "{of_a_user}");
    }
}

#[tokio::test]
async fn the_environments_endpoint_gives_machine_tokens_too() {
    let scalekit = start().await;
    let url = format!("{}/oauth/token", scalekit.environment_url());
    let response = post_form(&url, &credentials()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(scalekit.requests(Endpoint::EnvironmentToken).len(), 1);
}

#[tokio::test]
async fn a_secret_in_the_body_must_be_there_and_right() {
    let scalekit = start().await;
    tokens(&scalekit, &credentials()).await;
    let table = [
        ("wrong", with(credentials(), "client_secret", "S3:cr%t &+=")),
        ("a prefix", with(credentials(), "client_secret", "s3:cr%t")),
        ("missing", without(credentials(), "client_secret")),
        (
            "of an unknown client",
            with(credentials(), "client_id", "m2m_43"),
        ),
    ];
    for (row, request) in table {
        let response = post_form(scalekit.token_endpoint(), &request).await;
        assert!(response.headers().contains_key("www-authenticate"), "{row}");
        let error = error(response, StatusCode::UNAUTHORIZED).await;
        assert_eq!(error, "invalid_client", "{row}");
    }
}

/// Scalekit's SDK for Python sends the access token that it has with the request for the next one.
#[tokio::test]
async fn an_access_token_beside_the_secret_in_the_body_is_not_looked_at() {
    let scalekit = start().await;
    let request = || http().post(scalekit.token_endpoint());
    let [id, secret] = [("client_id", ID), ("client_secret", SECRET)];
    let control = send(request(), &[GRANT, id, secret]).await;
    assert_eq!(control.status(), StatusCode::OK, "the control");
    let response = send(request().bearer_auth("abc"), &[GRANT, id, secret]).await;
    assert_eq!(response.status(), StatusCode::OK);
    let wrong = ("client_secret", "wrong");
    let twice = request().bearer_auth("abc").bearer_auth("abc");
    let table = [
        (
            "a wrong secret",
            request().bearer_auth("abc"),
            vec![GRANT, id, wrong],
        ),
        ("no secret", request().bearer_auth("abc"), vec![GRANT, id]),
        ("two headers", twice, vec![GRANT, id, secret]),
    ];
    for (row, request, pairs) in table {
        let error = error(send(request, &pairs).await, StatusCode::UNAUTHORIZED).await;
        assert_eq!(error, "invalid_client", "{row}");
    }
}

#[tokio::test]
async fn basic_credentials_are_form_urlencoded() {
    let scalekit = start().await;
    let response = send(basic(&scalekit, ID, SECRET), &[GRANT]).await;
    assert_eq!(response.status(), StatusCode::OK);
    let response = send(basic(&scalekit, ID, SECRET), &[GRANT, ("client_id", ID)]).await;
    assert_eq!(response.status(), StatusCode::OK);
    let recorded = scalekit.requests(Endpoint::Token);
    assert_eq!(recorded[0].auth(), SentAuth::Basic);

    let raw = http()
        .post(scalekit.token_endpoint())
        .basic_auth(ID, Some(SECRET));
    let bearer = http().post(scalekit.token_endpoint()).bearer_auth("abc");
    let table = [
        ("wrong secret", basic(&scalekit, ID, "another")),
        ("unknown client", basic(&scalekit, "m2m_43", SECRET)),
        ("no secret", basic(&scalekit, ID, "")),
        ("not urlencoded", raw),
        ("another scheme", bearer),
    ];
    for (row, request) in table {
        let response = send(request, &[GRANT]).await;
        let error = error(response, StatusCode::UNAUTHORIZED).await;
        assert_eq!(error, "invalid_client", "{row}");
    }
    let twice = [GRANT, ("client_secret", SECRET)];
    let response = send(basic(&scalekit, ID, SECRET), &twice).await;
    assert_eq!(
        error(response, StatusCode::BAD_REQUEST).await,
        "invalid_request"
    );
    let other_id = [GRANT, ("client_id", "m2m_43")];
    let response = send(basic(&scalekit, ID, SECRET), &other_id).await;
    assert_eq!(
        error(response, StatusCode::BAD_REQUEST).await,
        "invalid_request"
    );
}

#[tokio::test]
async fn a_public_client_is_no_machine() {
    let scalekit = start().await;
    tokens(&scalekit, &credentials()).await;
    let public = public_client(&scalekit);
    let request = without(with(credentials(), "client_id", &public), "client_secret");
    let response = post_form(scalekit.token_endpoint(), &request).await;
    let error = error(response, StatusCode::BAD_REQUEST).await;
    assert_eq!(error, "unauthorized_client");
}

#[tokio::test]
async fn machines_get_scopes_of_the_resource_only() {
    let scalekit = MockScalekit::builder()
        .resource_url("https://mcp.example/mcp")
        .start()
        .await;
    scalekit.register_client(Client::confidential(ID, SECRET).scopes(["notes:read"]));
    let body = tokens(&scalekit, &credentials()).await;
    assert_eq!(body["scope"], "notes:read");
    let request = with(
        credentials(),
        "scope",
        "openid offline_access notes:read notes:write",
    );
    assert_eq!(tokens(&scalekit, &request).await["scope"], "notes:read");
    let table = [
        ("scope", "notes:write", "invalid_scope"),
        ("scope", "offline_access", "invalid_scope"),
        ("resource", "https://other.example/mcp", "invalid_target"),
    ];
    for (name, value, code) in table {
        let request = with(credentials(), name, value);
        let response = post_form(scalekit.token_endpoint(), &request).await;
        assert_eq!(
            error(response, StatusCode::BAD_REQUEST).await,
            code,
            "{value}"
        );
    }
    let request = with(credentials(), "resource", "https://mcp.example/mcp");
    tokens(&scalekit, &request).await;
}

#[tokio::test]
async fn a_confidential_client_needs_its_secret_for_a_code_too() {
    let scalekit = start().await;
    let code = code_for(&scalekit, &authorization(ID)).await;
    let control = with(exchange(ID, &code), "client_secret", SECRET);
    let without = without(control.clone(), "client_secret");
    let response = post_form(scalekit.token_endpoint(), &without).await;
    assert_eq!(
        error(response, StatusCode::UNAUTHORIZED).await,
        "invalid_client"
    );
    tokens(&scalekit, &control).await;
}

#[tokio::test]
#[should_panic(expected = "is registered already")]
async fn a_taken_id_is_not_given_twice() {
    let scalekit = start().await;
    scalekit.register_client(Client::confidential(ID, "another"));
}

#[tokio::test]
#[should_panic(expected = "must be https, or http to a loopback host")]
async fn an_administrator_cannot_register_a_bad_redirect_uri_either() {
    let scalekit = start().await;
    scalekit.register_client(Client::public("http://app.example/cb"));
}
