//! For whom a token is, on the wire: the six checks of the conformance suite's draft scenario
//! `auth-token-audience-validation`, at the protected everything server over real sockets.
//!
//! The draft asks a server that has never seen a token. Here each check is also the first request
//! ever (cold), follows an accepted one (warm), and comes after the issuer has another key under
//! the old name, which is what a second run of the draft is to a server that stays up.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

mod protected_everything;

use std::time::Duration;

use auth_core::Clock;
use auth_testkit::{Endpoint, TokenBuilder};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use protected_everything::{Bench, Wire};
use reqwest::header::WWW_AUTHENTICATE;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

const WIRES: [Wire; 2] = [Wire::Stateful, Wire::Stateless];

impl Bench {
    /// A token that is accepted, made twenty minutes ago so that it can have expired since.
    fn control(&self) -> TokenBuilder {
        let made = self.clock.now() - Duration::from_secs(20 * 60);
        self.token().issued_at(made)
    }

    /// The first request that a client of this version sends.
    async fn send(&self, wire: Wire, token: Option<&str>) -> reqwest::Response {
        let (method, params) = wire.opening();
        let request = self.request(wire, method, params);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        request.send().await.unwrap()
    }

    async fn expect_accepted(&self, wire: Wire, token: &str, name: &str) {
        let response = self.send(wire, Some(token)).await;
        assert_eq!(response.status(), StatusCode::OK, "{wire:?}: {name}");
    }

    async fn expect_refused(&self, wire: Wire, bad: &Bad) {
        let response = self.send(wire, bad.token.as_deref()).await;
        let name = bad.name;
        assert_eq!(
            response.status(),
            StatusCode::UNAUTHORIZED,
            "{wire:?}: {name}"
        );
        let challenge = response.headers().get(WWW_AUTHENTICATE).unwrap();
        let invalid = challenge
            .to_str()
            .unwrap()
            .contains(r#"error="invalid_token""#);
        assert_eq!(
            invalid,
            bad.token.is_some(),
            "{wire:?}: {name}: {challenge:?}"
        );
    }

    /// From now on the issuer has another key under the name of its first: the one that
    /// [`TokenBuilder::wrong_key`] signs with.
    async fn replace_key_under_its_name(&self) {
        let token = self.token().embedded_jwk().sign();
        let jwk = part(&token, 0).get("jwk").unwrap().clone();
        assert_eq!(jwk.get("kid").unwrap(), &self.scalekit.keys().kid());
        let keys = url::Url::parse(self.scalekit.keys_url()).unwrap();
        Mock::given(method("GET"))
            .and(path(keys.path()))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({"keys": [jwk]})))
            .mount(self.scalekit.server())
            .await;
        // Keys that are asked for in vain cost the issuer one request in 30 s.
        self.clock.advance(Duration::from_secs(31));
    }
}

/// What must be refused.
struct Bad {
    name: &'static str,
    token: Option<String>,
}

/// The five requests that are refused, each in one respect different from the accepted `control`;
/// `signed_by_another` is the same with another key.
fn all_bad(control: &TokenBuilder, signed_by_another: &TokenBuilder) -> Vec<Bad> {
    let bad = |name, token: &TokenBuilder| Bad {
        name,
        token: Some(token.sign()),
    };
    let ten_minutes_ago = control.clone().lifetime(Duration::from_secs(10 * 60));
    vec![
        Bad {
            name: "no token",
            token: None,
        },
        bad("wrong audience", &control.clone().wrong_audience()),
        bad("no audience", &control.clone().without_audience()),
        bad("expired 600 s ago", &ten_minutes_ago),
        bad("unknown key", signed_by_another),
    ]
}

/// The header (0) or the claims (1).
fn part(token: &str, number: usize) -> Value {
    let part = token.split('.').nth(number).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The names of the members that differ.
fn differences(one: &Value, other: &Value) -> Vec<String> {
    let (one, other) = (one.as_object().unwrap(), other.as_object().unwrap());
    let mut names: Vec<_> = one.keys().chain(other.keys()).cloned().collect();
    names.sort();
    names.dedup();
    names.retain(|name| one.get(name) != other.get(name));
    names
}

#[tokio::test]
async fn each_bad_token_is_wrong_in_one_respect() {
    let bench = Bench::start().await;
    let control = bench.control();
    let good = control.sign();
    let now = bench.clock.now().duration_since(std::time::UNIX_EPOCH);
    let now = now.unwrap().as_secs();
    for bad in all_bad(&control, &control.clone().wrong_key()) {
        let Some(token) = bad.token else { continue };
        let name = bad.name;
        assert!(
            differences(&part(&good, 0), &part(&token, 0)).is_empty(),
            "{name}"
        );
        let claims = part(&token, 1);
        let expected: &[&str] = match name {
            "unknown key" => &[],
            "expired 600 s ago" => {
                assert_eq!(claims.get("exp"), Some(&json!(now - 600)));
                &["exp"]
            }
            _ => &["aud"],
        };
        assert_eq!(differences(&part(&good, 1), &claims), expected, "{name}");
        assert_ne!(good.rsplit('.').next(), token.rsplit('.').next(), "{name}");
    }
}

#[tokio::test]
async fn a_server_that_has_seen_nobody_judges_the_first_token() {
    for wire in WIRES {
        let bench = Bench::start().await;
        bench
            .expect_accepted(wire, &bench.control().sign(), "the first of all")
            .await;
        for nth in 0..5 {
            let bench = Bench::start().await;
            let control = bench.control();
            let mut bad = all_bad(&control, &control.clone().wrong_key());
            let bad = bad.swap_remove(nth);
            bench.expect_refused(wire, &bad).await;
            // It was the token, and not everyone is refused.
            bench.expect_accepted(wire, &control.sign(), bad.name).await;
        }
    }
}

#[tokio::test]
async fn a_server_that_has_accepted_a_token_judges_the_next() {
    for wire in WIRES {
        let bench = Bench::start().await;
        let control = bench.control();
        let good = control.sign();
        bench.expect_accepted(wire, &good, "the first of all").await;
        for bad in all_bad(&control, &control.clone().wrong_key()) {
            bench.expect_refused(wire, &bad).await;
            bench.expect_accepted(wire, &good, bad.name).await;
        }
    }
}

#[tokio::test]
async fn another_key_under_the_old_name_is_found_and_the_old_one_forgotten() {
    for wire in WIRES {
        let bench = Bench::start().await;
        let old = bench.control();
        let old_token = old.sign();
        bench.expect_accepted(wire, &old_token, "the old key").await;
        for bad in all_bad(&old, &old.clone().wrong_key()) {
            bench.expect_refused(wire, &bad).await;
        }

        bench.replace_key_under_its_name().await;
        let fetches = bench.scalekit.requests(Endpoint::Keys).len();
        let old = bench.control();
        let new = old.clone().wrong_key();
        let good = new.sign();
        bench.expect_accepted(wire, &good, "the new key").await;
        for bad in all_bad(&new, &old) {
            bench.expect_refused(wire, &bad).await;
            bench.expect_accepted(wire, &good, bad.name).await;
        }
        let accepted_before = Bad {
            name: "a token that was accepted under the old key",
            token: Some(old_token),
        };
        bench.expect_refused(wire, &accepted_before).await;
        let more = bench.scalekit.requests(Endpoint::Keys).len() - fetches;
        assert_eq!(more, 1, "one fetch for all of it");
    }
}
