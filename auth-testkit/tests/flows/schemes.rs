//! Authentication schemes are the same in any case (RFC 9110 section 11.1), at every endpoint that reads one.

use auth_testkit::{Client, Endpoint, MockScalekit, SentAuth};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::StatusCode;

use crate::support::{Pairs, http};

const CASES: [fn(&str) -> String; 4] = [
    str::to_owned,
    str::to_ascii_lowercase,
    str::to_ascii_uppercase,
    |scheme| {
        let cased = scheme.chars().enumerate();
        let other = |(at, letter): (usize, char)| match at % 2 {
            0 => letter.to_ascii_lowercase(),
            _ => letter.to_ascii_uppercase(),
        };
        cased.map(other).collect()
    },
];

#[tokio::test]
async fn a_bearer_token_is_read_at_userinfo() {
    let scalekit = MockScalekit::start().await;
    let token = scalekit.token().scopes(["openid"]).sign();
    let url = format!("{}/userinfo", scalekit.environment_url());
    let ask = async |authorization: &str| {
        let request = http().get(&url).header("authorization", authorization);
        request.send().await.unwrap().status()
    };
    for cased in CASES {
        let scheme = cased("Bearer");
        let found = ask(&format!("{scheme} {token}")).await;
        assert_eq!(found, StatusCode::OK, "{scheme}");
    }
    assert_eq!(ask(&format!("Bearer   {token}")).await, StatusCode::OK);
    let recorded = scalekit.requests(Endpoint::Userinfo);
    let seen: Vec<_> = recorded.iter().map(|request| request.auth()).collect();
    assert_eq!(seen, [SentAuth::Bearer; 5]);
    for (authorization, status) in [
        (format!("Token {token}"), StatusCode::UNAUTHORIZED),
        (format!("Bearers {token}"), StatusCode::UNAUTHORIZED),
        ("bearer".to_owned(), StatusCode::BAD_REQUEST),
        (format!("bearer {token} {token}"), StatusCode::BAD_REQUEST),
        (format!("bearer {token}x"), StatusCode::UNAUTHORIZED),
    ] {
        assert_eq!(ask(&authorization).await, status, "{authorization}");
    }
}

#[tokio::test]
async fn a_client_is_authenticated_where_clients_are() {
    let scalekit = MockScalekit::start().await;
    scalekit.register_client(Client::confidential("m2m_42", "not a secret"));
    let env = scalekit.environment_url();
    let grant: Pairs = vec![("grant_type", "client_credentials".into())];
    let about: Pairs = vec![("token", "x".into())];
    let pair = STANDARD.encode("m2m_42:not+a+secret");
    let wrong = STANDARD.encode("m2m_42:another");
    for (url, form) in [
        (scalekit.token_endpoint().to_owned(), &grant),
        (format!("{env}/oauth/token"), &grant),
        (format!("{env}/oauth/introspect"), &about),
        (format!("{env}/revoke"), &about),
    ] {
        let ask = async |authorization: String| {
            let request = http().post(&url).form(form);
            let request = request.header("authorization", authorization);
            request.send().await.unwrap().status()
        };
        for cased in CASES {
            let scheme = cased("Basic");
            assert_eq!(
                ask(format!("{scheme} {pair}")).await,
                StatusCode::OK,
                "{url}"
            );
            let refused = ask(format!("{scheme} {wrong}")).await;
            assert_eq!(refused, StatusCode::UNAUTHORIZED, "{url}");
        }
    }
    let recorded = scalekit.requests(Endpoint::Token);
    assert!(
        recorded
            .iter()
            .all(|request| request.auth() == SentAuth::Basic)
    );
}
