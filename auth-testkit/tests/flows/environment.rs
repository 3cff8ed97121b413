//! Signing in to a client by the environment's own authorization server: the endpoints of its OpenID
//! configuration.

use auth_testkit::{Client, Endpoint, MockScalekit};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    Pairs, REDIRECT, authorization, authorize, claims, code, error, exchange, get_json, http, jwks,
    post_form, public_client, redirected, refresh, token, tokens, value, verifies, with, without,
};

const SCOPES: &str = "openid email offline_access";

/// The URL of an endpoint, as a client finds it.
async fn endpoint(scalekit: &MockScalekit, name: &str) -> String {
    let url = format!(
        "{}/.well-known/openid-configuration",
        scalekit.environment_url()
    );
    get_json(&url).await[name].as_str().unwrap().to_owned()
}

fn sign_in(client: &str) -> Pairs {
    with(authorization(client), "scope", SCOPES)
}

async fn ask(scalekit: &MockScalekit, request: &Pairs) -> Response {
    let url = endpoint(scalekit, "authorization_endpoint").await;
    http().get(url).query(request).send().await.unwrap()
}

async fn code_of_environment(scalekit: &MockScalekit, client: &str) -> String {
    let back = redirected(&ask(scalekit, &sign_in(client)).await);
    value(&back, "code").unwrap().to_owned()
}

async fn buy(scalekit: &MockScalekit, request: &Pairs) -> Response {
    post_form(&endpoint(scalekit, "token_endpoint").await, request).await
}

async fn bought(scalekit: &MockScalekit, request: &Pairs) -> Value {
    let response = buy(scalekit, request).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.unwrap()
}

#[tokio::test]
async fn a_user_signs_in_to_the_client_and_the_token_is_for_no_mcp_server() {
    let url = "http://127.0.0.1:3000/mcp";
    let scalekit = MockScalekit::builder().resource_url(url).start().await;
    let client = public_client(&scalekit);
    let back = redirected(&ask(&scalekit, &sign_in(&client)).await);
    assert_eq!(value(&back, "iss"), Some(scalekit.environment_url()));
    assert_eq!(value(&back, "state"), Some("xyz"));
    let request = exchange(&client, value(&back, "code").unwrap());
    let first = bought(&scalekit, &request).await;
    assert_eq!(first["scope"], SCOPES);
    let second = first["refresh_token"].as_str().unwrap();
    let second = bought(&scalekit, &refresh(&client, second)).await;
    let keys = jwks(&scalekit).await;
    for tokens in [&first, &second] {
        let access = tokens["access_token"].as_str().unwrap();
        assert!(verifies(access, &keys));
        let claims = claims(access);
        assert_eq!(claims["aud"], json!([client]));
        assert_eq!(claims["iss"], scalekit.environment_url());
        assert_eq!(claims["sub"], "usr_1000000001");
        assert!(claims.get("resid").is_none(), "{claims}");
    }
    let id_token = claims(first["id_token"].as_str().unwrap());
    assert_eq!(id_token["iss"], scalekit.environment_url());
    let userinfo = http().get(endpoint(&scalekit, "userinfo_endpoint").await);
    let userinfo = userinfo.bearer_auth(first["access_token"].as_str().unwrap());
    let userinfo: Value = userinfo.send().await.unwrap().json().await.unwrap();
    assert_eq!(userinfo["email"], "ada@example.com");
    assert_eq!(scalekit.requests(Endpoint::EnvironmentAuthorize).len(), 1);
    assert_eq!(scalekit.requests(Endpoint::Authorize).len(), 0);
}

/// A client that has not found the authorization server of the MCP server gets nothing for it here.
#[tokio::test]
async fn nothing_of_the_resource_is_granted() {
    let scalekit = MockScalekit::start().await;
    let client = public_client(&scalekit);
    let control = redirected(&ask(&scalekit, &sign_in(&client)).await);
    assert!(value(&control, "code").is_some());
    for (name, given, refused) in [
        ("resource", "http://127.0.0.1:3000/mcp", "invalid_target"),
        ("resource", scalekit.resource_id(), "invalid_target"),
        ("scope", "notes:read", "invalid_scope"),
    ] {
        let request = with(sign_in(&client), name, given);
        let back = redirected(&ask(&scalekit, &request).await);
        assert_eq!(value(&back, "error"), Some(refused), "{given}");
        if refused == "invalid_target" {
            let told = value(&back, "error_description").unwrap();
            assert!(told.ends_with(scalekit.issuer()), "{told}");
        }
    }
    let request = with(sign_in(&client), "scope", "openid notes:read notes:write");
    let back = redirected(&ask(&scalekit, &request).await);
    let request = exchange(&client, value(&back, "code").unwrap());
    assert_eq!(bought(&scalekit, &request).await["scope"], "openid");
    let request = without(sign_in(&client), "scope");
    let back = redirected(&ask(&scalekit, &request).await);
    let request = exchange(&client, value(&back, "code").unwrap());
    assert_eq!(bought(&scalekit, &request).await["scope"], "");
}

#[tokio::test]
async fn codes_and_refresh_tokens_are_good_where_they_come_from() {
    let scalekit = MockScalekit::start().await;
    let client = public_client(&scalekit);
    let of_environment = exchange(&client, &code_of_environment(&scalekit, &client).await);
    let of_resource = exchange(&client, &code(&scalekit, &client).await);
    let refused = |response| error(response, StatusCode::BAD_REQUEST);
    let swapped = token(&scalekit, &of_environment).await;
    assert_eq!(refused(swapped).await, "invalid_grant");
    let swapped = buy(&scalekit, &of_resource).await;
    assert_eq!(refused(swapped).await, "invalid_grant");
    // That has used up neither.
    let of_environment = bought(&scalekit, &of_environment).await;
    let of_resource = tokens(&scalekit, &of_resource).await;
    let text = |tokens: &Value| tokens["refresh_token"].as_str().unwrap().to_owned();
    let of_environment = refresh(&client, &text(&of_environment));
    let of_resource = refresh(&client, &text(&of_resource));
    let swapped = token(&scalekit, &of_environment).await;
    assert_eq!(refused(swapped).await, "invalid_grant");
    let swapped = buy(&scalekit, &of_resource).await;
    assert_eq!(refused(swapped).await, "invalid_grant");
    bought(&scalekit, &of_environment).await;
    tokens(&scalekit, &of_resource).await;
}

#[tokio::test]
async fn only_registered_clients_are_known() {
    let scalekit = MockScalekit::start().await;
    let id = "https://app.invalid/client.json";
    let document = json!({ "client_id": id, "redirect_uris": [REDIRECT] });
    scalekit.publish_client_metadata(id, &document);
    let control = authorize(&scalekit, &authorization(id)).await;
    assert_eq!(control.status(), StatusCode::FOUND);
    for unknown in [id, "m2m_404"] {
        let response = ask(&scalekit, &sign_in(unknown)).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{unknown}");
        let told = response.text().await.unwrap();
        assert!(told.starts_with("invalid_client: "), "{told}");
    }
    let known = Client::public(REDIRECT).id("https://app.invalid/other.json");
    let known = scalekit.register_client(known);
    code_of_environment(&scalekit, &known).await;
}

#[tokio::test]
async fn the_page_asks_here_as_well() {
    let scalekit = MockScalekit::builder().consent_page(true).start().await;
    let client = public_client(&scalekit);
    let page = ask(&scalekit, &sign_in(&client))
        .await
        .text()
        .await
        .unwrap();
    let (_, ticket) = page.split_once("name=\"ticket\" value=\"").expect(&page);
    let (ticket, _) = ticket.split_once('"').unwrap();
    let answer: Pairs = vec![
        ("ticket", ticket.into()),
        ("user", "usr_1000000001".into()),
        ("decision", "approve".into()),
    ];
    let response = post_form(&format!("{}/oauth/consent", scalekit.issuer()), &answer).await;
    let location = response.headers()["location"].to_str().unwrap();
    let location = url::Url::parse(location).unwrap();
    let back: Vec<_> = location.query_pairs().into_owned().collect();
    assert_eq!(value(&back, "iss"), Some(scalekit.environment_url()));
    let request = exchange(&client, value(&back, "code").unwrap());
    assert_eq!(bought(&scalekit, &request).await["scope"], SCOPES);
}
