//! What the tests share: a client without any checks, and an independent decoder of tokens.
#![allow(dead_code, unreachable_pub)]

use std::sync::LazyLock;

use auth_testkit::{Client, MockScalekit};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Response, StatusCode};
use serde_json::Value;

pub const REDIRECT: &str = "http://127.0.0.1:8765/callback";

/// The pair of RFC 7636 appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub type Pairs = Vec<(&'static str, String)>;

/// Never follows redirects: the redirect is what the tests look at. Keeps no connection, as those
/// would belong to the runtime of another test.
pub fn http() -> &'static reqwest::Client {
    static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(0)
            .no_proxy()
            .build()
            .unwrap()
    });
    &CLIENT
}

pub fn public_client(scalekit: &MockScalekit) -> String {
    scalekit.register_client(Client::public(REDIRECT))
}

/// A complete authorization request.
pub fn authorization(client_id: &str) -> Pairs {
    vec![
        ("response_type", "code".into()),
        ("client_id", client_id.into()),
        ("redirect_uri", REDIRECT.into()),
        ("scope", "openid offline_access notes:read".into()),
        ("state", "xyz".into()),
        ("code_challenge", CHALLENGE.into()),
        ("code_challenge_method", "S256".into()),
    ]
}

/// A complete token request for a code.
pub fn exchange(client_id: &str, code: &str) -> Pairs {
    vec![
        ("grant_type", "authorization_code".into()),
        ("client_id", client_id.into()),
        ("redirect_uri", REDIRECT.into()),
        ("code", code.into()),
        ("code_verifier", VERIFIER.into()),
    ]
}

pub fn refresh(client_id: &str, token: &str) -> Pairs {
    vec![
        ("grant_type", "refresh_token".into()),
        ("client_id", client_id.into()),
        ("refresh_token", token.into()),
    ]
}

/// The request with one parameter changed or added.
pub fn with(mut pairs: Pairs, name: &'static str, value: &str) -> Pairs {
    match pairs.iter_mut().find(|(known, _)| *known == name) {
        Some((_, old)) => *old = value.into(),
        None => pairs.push((name, value.into())),
    }
    pairs
}

/// The request with one parameter less.
pub fn without(mut pairs: Pairs, name: &str) -> Pairs {
    let before = pairs.len();
    pairs.retain(|(known, _)| *known != name);
    assert_eq!(
        pairs.len(),
        before - 1,
        "{name} was not there to be left out"
    );
    pairs
}

pub async fn authorize(scalekit: &MockScalekit, pairs: &Pairs) -> Response {
    let url = format!("{}/oauth/authorize", scalekit.issuer());
    http().get(url).query(pairs).send().await.unwrap()
}

/// The parameters of a redirect to the client.
pub fn redirected(response: &Response) -> Vec<(String, String)> {
    assert_eq!(response.status(), StatusCode::FOUND);
    let location = response.headers()["location"].to_str().unwrap();
    assert!(location.starts_with(REDIRECT), "redirected to {location}");
    let url = url::Url::parse(location).unwrap();
    url.query_pairs().into_owned().collect()
}

pub fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = pairs.iter().filter(|(known, _)| known == name);
    let value = found.next().map(|(_, value)| value.as_str());
    assert!(found.next().is_none(), "{name} is there twice");
    value
}

pub async fn code_for(scalekit: &MockScalekit, pairs: &Pairs) -> String {
    let answer = redirected(&authorize(scalekit, pairs).await);
    value(&answer, "code").expect("a code").to_owned()
}

pub async fn code(scalekit: &MockScalekit, client_id: &str) -> String {
    code_for(scalekit, &authorization(client_id)).await
}

pub async fn post_form(url: &str, pairs: &Pairs) -> Response {
    http().post(url).form(pairs).send().await.unwrap()
}

pub async fn token(scalekit: &MockScalekit, pairs: &Pairs) -> Response {
    post_form(scalekit.token_endpoint(), pairs).await
}

/// The tokens of a request that must succeed.
pub async fn tokens(scalekit: &MockScalekit, pairs: &Pairs) -> Value {
    let response = token(scalekit, pairs).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.unwrap()
}

/// The error code of a request that must fail with this status.
pub async fn error(response: Response, status: StatusCode) -> String {
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.status(), status);
    let body: Value = response.json().await.unwrap();
    assert!(body["error_description"].is_string(), "{body}");
    body["error"].as_str().unwrap().to_owned()
}

pub async fn get_json(url: &str) -> Value {
    let response = http().get(url).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{url}");
    assert_eq!(response.headers()["content-type"], "application/json");
    response.json().await.unwrap()
}

pub async fn jwks(scalekit: &MockScalekit) -> Value {
    get_json(scalekit.keys_url()).await
}

pub fn decode(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).expect("base64url")
}

/// Header and claims, unchecked.
pub fn look(token: &str) -> (Value, Value) {
    let parts: Vec<&str> = token.split('.').collect();
    (
        serde_json::from_slice(&decode(parts[0])).unwrap(),
        serde_json::from_slice(&decode(parts[1])).unwrap(),
    )
}

pub fn claims(token: &str) -> Value {
    look(token).1
}

/// Whether the signature is that of the published key named by `kid`, by RS256: n and e go from
/// the served JSON straight to aws-lc-rs, past all code of the kit.
pub fn verifies(token: &str, jwks: &Value) -> bool {
    let kid = look(token).0["kid"].clone();
    let keys = jwks["keys"].as_array().unwrap();
    keys.iter()
        .any(|key| key["kid"] == kid && is_signed_by(token, key))
}

pub fn is_signed_by(token: &str, key: &Value) -> bool {
    let part = |name: &str| decode(key[name].as_str().unwrap());
    let public = RsaPublicKeyComponents {
        n: part("n"),
        e: part("e"),
    };
    let (input, signature) = token.rsplit_once('.').unwrap();
    public
        .verify(
            &RSA_PKCS1_2048_8192_SHA256,
            input.as_bytes(),
            &decode(signature),
        )
        .is_ok()
}
