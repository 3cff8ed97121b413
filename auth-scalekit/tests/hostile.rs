//! Garbage tokens: each is refused, none is an outage, none panics, none is shown.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failure here is the test's failure"
)]

mod support;

use std::time::Duration;

use auth_core::error::ErrorChain;
use auth_core::layer::AuthLayer;
use auth_core::operation::RequestBody;
use auth_core::token::BearerToken;
use auth_core::verifier::TokenVerifier;
use auth_core::wire::Refusal;
use http::{Request, Response};
use support::Pair;
use tower::{Layer, ServiceExt};

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#[tokio::test]
async fn a_token_with_any_one_character_changed_is_refused() {
    let pair = Pair::start().await;
    let good = pair.scalekit.token().sign();
    // The keys are read well after the token was made, so that their word on an unknown key counts.
    pair.clock.advance(Duration::from_secs(120));
    assert_eq!(pair.verdict(&good).await, "accepted", "the control");
    for (at, byte) in good.bytes().enumerate() {
        let mut changed = good.clone().into_bytes();
        changed[at] = match ALPHABET.iter().position(|known| *known == byte) {
            // The neighbour differs in the lowest bit, which the last character of a part wastes.
            Some(index) => ALPHABET[index ^ 1],
            None => b'A',
        };
        let changed = String::from_utf8(changed).unwrap();
        let verdict = pair.verdict(&changed).await;
        assert!(
            !["accepted", "unavailable"].contains(&verdict),
            "character {at}: {verdict}"
        );
    }
}

#[tokio::test]
async fn a_token_with_any_one_character_left_out_or_doubled_is_refused() {
    let pair = Pair::start().await;
    let good = pair.scalekit.token().sign();
    // The keys are read well after the token was made, so that their word on an unknown key counts.
    pair.clock.advance(Duration::from_secs(120));
    assert_eq!(pair.verdict(&good).await, "accepted", "the control");
    for at in 0..good.len() {
        let (before, rest) = good.split_at(at);
        let (one, after) = rest.split_at(1);
        for changed in [
            format!("{before}{after}"),
            format!("{before}{one}{one}{after}"),
            before.to_owned(),
        ] {
            if BearerToken::new(&changed).is_some() && changed != good {
                let verdict = pair.verdict(&changed).await;
                assert!(
                    !["accepted", "unavailable"].contains(&verdict),
                    "character {at}: {verdict}"
                );
            }
        }
    }
}

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % below
    }
}

#[tokio::test]
async fn ten_thousand_hostile_headers() {
    let pair = Pair::start().await;
    let inner = tower::service_fn(|_: Request<RequestBody<String>>| async {
        Ok::<_, std::convert::Infallible>(Response::new(String::from("inner")))
    });
    let service = AuthLayer::new(pair.provider.clone()).unwrap().layer(inner);
    let mut numbers = Numbers(1);
    let pieces: [&[u8]; 16] = [
        b"Bearer ",
        b"bearer",
        b" ",
        b"e30",
        b".",
        b"=",
        b",",
        b"\t",
        b"\xff",
        b"\"",
        b"eyJhbGciOiJSUzI1NiJ9",
        b"W1tbW1tb",
        b"..",
        b"Basic ",
        b"{}",
        b"a",
    ];
    for round in 0..10_000 {
        let mut value = Vec::new();
        for _ in 0..numbers.next(12) {
            value.extend_from_slice(pieces[numbers.next(pieces.len())]);
        }
        let Ok(header) = http::HeaderValue::from_bytes(&value) else {
            continue;
        };
        let request = Request::get("/mcp").header("authorization", header);
        let response = service
            .clone()
            .oneshot(request.body(String::new()).unwrap())
            .await
            .unwrap();
        assert!(
            [400, 401].contains(&response.status().as_u16()),
            "round {round}: {} for {value:?}",
            response.status()
        );
    }
    // The keys that a server fetches for itself, and no others.
    pair.provider.ready().await.unwrap();
    assert_eq!(pair.scalekit.key_fetches(), 1, "garbage fetches nothing");
}

#[tokio::test]
async fn secrets_are_in_no_text_that_we_make() {
    let pair = Pair::start().await;
    let jwt = pair.scalekit.token().wrong_key().sign();
    let signature = jwt.rsplit('.').next().unwrap();
    let layer = AuthLayer::new(pair.provider.clone()).unwrap();
    let inner = tower::service_fn(|_: Request<RequestBody<String>>| async {
        Ok::<_, std::convert::Infallible>(Response::new(String::from("inner")))
    });
    let service = layer.layer(inner);
    let request = Request::get("/mcp").header("authorization", format!("Bearer {jwt}"));
    let response = service
        .clone()
        .oneshot(request.body(String::new()).unwrap())
        .await
        .unwrap();
    let refusal = response.extensions().get::<Refusal>().unwrap().clone();
    let error = pair.verify(&jwt).await.unwrap_err();
    let token = BearerToken::new(&jwt).unwrap();
    let texts = [
        format!("{token:?}"),
        format!("{error:?} {error} {}", ErrorChain(&error)),
        format!("{refusal:?} {refusal} {}", ErrorChain(&refusal)),
        format!("{layer:?} {service:?} {:?}", pair.provider),
        format!("{:?}", response.headers()),
        format!(
            "{:?}",
            pair.verify(&pair.scalekit.token().sign()).await.unwrap()
        ),
    ];
    for text in texts {
        assert!(
            !text.contains(signature) && !text.contains(&jwt[..20]),
            "{}",
            text.len()
        );
    }
}
