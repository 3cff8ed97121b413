//! What is sent, and where.

use auth_core::error::ErrorChain;
use auth_core::verifier::VerifyError;
use auth_scalekit::introspection::{ClientAuthentication, IntrospectionVerifier};
use wiremock::matchers::any;
use wiremock::{Mock, Request, ResponseTemplate};

use crate::pair::{AUDIENCE, ISSUER, NOW, Pair, active, answer, at, verify};

async fn sent(authentication: ClientAuthentication, token: &str) -> Request {
    let pair = Pair::with(|builder| builder.client_authentication(authentication)).await;
    pair.answers(answer(&active())).await;
    assert_eq!(pair.verdict(token).await, "accepted");
    pair.server.received_requests().await.unwrap().remove(0)
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request
        .headers
        .get(name)
        .map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_form_with_the_token_and_its_kind() {
    let authentication = ClientAuthentication::Basic {
        id: "a:b%+ é".into(),
        secret: "é +%b:a".into(),
    };
    let request = sent(authentication, "a.b-c_d~e+f/g==").await;
    assert_eq!(request.method, "POST");
    assert_eq!(request.url.path(), "/introspect");
    assert_eq!(request.url.query(), None, "no token in a URL");
    assert_eq!(header(&request, "accept"), Some("application/json"));
    assert_eq!(
        header(&request, "content-type"),
        Some("application/x-www-form-urlencoded")
    );
    // base64 of "a%3Ab%25%2B+%C3%A9:%C3%A9+%2B%25b%3Aa"
    assert_eq!(
        header(&request, "authorization"),
        Some("Basic YSUzQWIlMjUlMkIrJUMzJUE5OiVDMyVBOSslMkIlMjViJTNBYQ==")
    );
    assert_eq!(
        String::from_utf8(request.body).unwrap(),
        "token=a.b-c_d%7Ee%2Bf%2Fg%3D%3D&token_type_hint=access_token"
    );
}

#[tokio::test]
async fn every_way_to_authenticate() {
    let (id, secret) = ("a b".to_owned(), "c&d".into());
    let request = sent(ClientAuthentication::Post { id, secret }, "t").await;
    assert_eq!(header(&request, "authorization"), None);
    assert_eq!(
        String::from_utf8(request.body).unwrap(),
        "token=t&token_type_hint=access_token&client_id=a+b&client_secret=c%26d"
    );
    let plain = "token=t&token_type_hint=access_token";
    let request = sent(ClientAuthentication::Bearer("own".into()), "t").await;
    assert_eq!(header(&request, "authorization"), Some("Bearer own"));
    assert_eq!(String::from_utf8(request.body).unwrap(), plain);
    let request = sent(ClientAuthentication::None, "t").await;
    assert_eq!(header(&request, "authorization"), None);
    assert_eq!(String::from_utf8(request.body).unwrap(), plain);
}

#[tokio::test]
async fn a_slash_at_the_end_and_a_query_stay() {
    let server = wiremock::MockServer::start().await;
    Mock::given(any())
        .respond_with(answer(&active()))
        .mount(&server)
        .await;
    let url = format!("{}/o/introspect/?tenant=1", server.uri());
    let verifier = IntrospectionVerifier::builder(ISSUER, [AUDIENCE], url)
        .client_authentication(ClientAuthentication::None)
        .build()
        .unwrap();
    verify(&verifier, "token", at(NOW)).await.unwrap();
    let request = server.received_requests().await.unwrap().remove(0);
    assert_eq!(request.url.path(), "/o/introspect/");
    assert_eq!(request.url.query(), Some("tenant=1"));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let pair = Pair::start().await;
    let elsewhere = wiremock::MockServer::start().await;
    Mock::given(any())
        .respond_with(answer(&active()))
        .mount(&elsewhere)
        .await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("{}/introspect", elsewhere.uri());
        pair.answers(ResponseTemplate::new(status).insert_header("location", &*location))
            .await;
        let verdict = pair.verdict("token").await;
        assert!(verdict.starts_with("unavailable"), "{status}: {verdict}");
        assert_eq!(pair.requests().await, 1, "{status}");
        pair.clock.advance(crate::pair::seconds(30));
    }
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_token_that_is_too_long_is_not_sent() {
    for (longest, setting) in [
        (8 * 1024, None),
        (16 * 1024, Some(16 * 1024)),
        (10, Some(10)),
    ] {
        let pair = Pair::with(|builder| match setting {
            Some(bytes) => builder.max_token_bytes(bytes),
            None => builder,
        })
        .await;
        pair.answers(answer(&active())).await;
        let token = "a".repeat(longest);
        assert_eq!(pair.verdict(&token).await, "accepted", "the control");
        assert_eq!(pair.verdict(&format!("{token}a")).await, "too_long");
        let huge = "a".repeat(400 * 1024);
        assert_eq!(pair.verdict(&huge).await, "too_long");
        let Err(VerifyError::Invalid(invalid)) = pair.verify(&huge).await else {
            unreachable!("it is too long")
        };
        assert_eq!(invalid.max_bytes(), Some(longest), "the answer names it");
        assert_eq!(pair.requests().await, 1);
    }
}

#[tokio::test]
async fn a_token_of_another_format_is_not_sent() {
    let pair = Pair::with(|builder| builder.token_format(|token| token.starts_with("at_"))).await;
    pair.answers(answer(&active())).await;
    assert_eq!(pair.verdict("at_1").await, "accepted", "the control");
    for token in ["rt_1", "AT_1", "1"] {
        let error = pair.verify(token).await.unwrap_err();
        let text = ErrorChain(&error).to_string();
        assert_eq!(
            text,
            "the access token is not valid: the token broke another rule: \
             the token does not have the configured token_format"
        );
    }
    assert_eq!(pair.requests().await, 1);
}
