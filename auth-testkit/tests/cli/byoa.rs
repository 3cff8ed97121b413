//! `--byoa`: what the backend of a login page finds in the readiness line, and what cannot be a login page.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use url::Url;

use crate::served::{Served, program};
use crate::support::{
    REDIRECT, authorization, claims, exchange, http, post_form, redirected, value,
};

const LOGIN: &str = "http://127.0.0.1:1/login";

#[tokio::test]
async fn the_readiness_line_has_all_that_a_login_page_needs() {
    let served = Served::start(&["--byoa", LOGIN, "--connection", "conn_7"]);
    assert_eq!(served.text("connection_id"), "conn_7");
    let client = json!({ "client_id": "m2m_42", "redirect_uris": [REDIRECT] });
    served.done(Method::POST, "/clients", client).await;
    let authorize = format!("{}/oauth/authorize", served.text("issuer"));
    let request = http().get(authorize).query(&authorization("m2m_42"));
    let response = request.send().await.unwrap();
    let location = response.headers()["location"].to_str().unwrap();
    let location = Url::parse(location).unwrap();
    assert!(location.as_str().starts_with(LOGIN), "{location}");
    let handoff: Vec<_> = location.query_pairs().into_owned().collect();

    let environment = served.text("environment_url");
    let credentials = vec![
        ("grant_type", "client_credentials".to_owned()),
        ("client_id", served.text("client_id").to_owned()),
        ("client_secret", served.text("client_secret").to_owned()),
    ];
    let token = post_form(&format!("{environment}/oauth/token"), &credentials).await;
    let token: Value = token.json().await.unwrap();
    let id = value(&handoff, "login_request_id").unwrap();
    let url = format!("{environment}/api/v1/connections/conn_7/auth-requests/{id}/user");
    let user = json!({ "sub": "ada-1", "email": "ada@acme.example" });
    let posted = http()
        .post(url)
        .bearer_auth(token["access_token"].as_str().unwrap());
    let posted = posted.json(&user).send().await.unwrap();
    assert_eq!(posted.status(), StatusCode::OK);
    let back = format!("{environment}/sso/v1/connections/conn_7/partner:callback");
    let back = http()
        .get(back)
        .query(&[("state", value(&handoff, "state").unwrap())]);
    let answer = redirected(&back.send().await.unwrap());
    let code = value(&answer, "code").unwrap();
    let bought = post_form(served.text("token_endpoint"), &exchange("m2m_42", code)).await;
    let bought: Value = bought.json().await.unwrap();
    assert_eq!(
        claims(bought["access_token"].as_str().unwrap())["sub"],
        "ada-1"
    );
}

#[test]
fn without_a_login_page_there_is_no_client_of_the_environment() {
    let with = Served::start(&["--byoa", LOGIN]);
    assert_eq!(with.text("connection_id"), "conn_1000000001");
    let without = Served::start(&[]);
    for member in ["connection_id", "client_id", "client_secret"] {
        assert!(with.ready.get(member).is_some(), "{member}");
        assert!(without.ready.get(member).is_none(), "{member}");
    }
}

#[cfg(unix)]
#[test]
fn a_command_finds_the_client_in_its_environment() {
    let print = "printf '%s %s' \"$SCALEKIT_CLIENT_ID\" \"${#SCALEKIT_CLIENT_SECRET}\"";
    let mut command = program();
    command.args(["run", "--env-prefix", "SCALEKIT", "--byoa", LOGIN]);
    let output = command.args(["--", "sh", "-c", print]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (id, length) = text.split_once(' ').unwrap();
    assert!(id.starts_with("skc_"), "{text}");
    assert_eq!(length, "43", "256 bits in base64url");
}

#[test]
fn what_is_no_login_page_is_refused() {
    drop(Served::start(&["--byoa", LOGIN, "--connection", "conn_7"]));
    let expected = "expected the URL of a login page, such as http://127.0.0.1:9000/login, without a fragment; got";
    for (options, error) in [
        (
            vec!["--byoa", "/login"],
            format!("byoa: {expected} \"/login\""),
        ),
        (
            vec!["--byoa", "myapp://login"],
            format!("byoa: {expected} \"myapp://login\""),
        ),
        (
            vec!["--byoa", "http://127.0.0.1:1/login#a"],
            format!("byoa: {expected} \"http://127.0.0.1:1/login#a\""),
        ),
        (
            vec!["--byoa", LOGIN, "--connection", "7"],
            "connection: expected conn_ and digits, got \"7\"".to_owned(),
        ),
        (
            vec!["--connection", "conn_7"],
            "connection: needs byoa, the URL of the login page that it connects to".to_owned(),
        ),
    ] {
        let output = program().arg("serve").args(&options).output().unwrap();
        assert!(!output.status.success(), "{options:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(text, format!("mock-scalekit: {error}\n"));
    }
}
