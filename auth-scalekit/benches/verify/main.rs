//! What it costs to verify a token, beside what people would use instead.
//!
//! `cargo bench -p auth-scalekit --bench verify`. One process, the same tokens, all cases in turn;
//! medians of the rounds with their tenths.
//!
//! * `bare`: the signature alone, by aws-lc-rs with a key that was parsed before.
//! * `bare+parse`: the same, and the claims read once into a map.
//! * `decode`: `jsonwebtoken::decode` with the same checks of issuer, audience and times.
//! * `cold`: ours without the cache of verified tokens. `warm`: with it, a token that is known.
//! * `oauth_resource_server`, `tower_oauth2`: the crates oauth-resource-server and
//!   tower-oauth2-resource-server (by aws-lc-rs). The second has no other door than its tower
//!   layer, so its figure holds the copy of a small request and an inner service that does nothing.
//! * `cold_2_threads` and the like: by several threads at once.
//! * `garbage`, `expired`, `unknown`: tokens that ours refuses: no token at all, one that has
//!   expired, one of an unknown key when no fetch is due.
//!
//! Medians for RS256 and 0.8 KB on a 2-core machine: bare 15.1 us, bare+parse 17.2, decode 22.4 (47
//! allocations), cold 18.5 (15), warm 0.39 (1), garbage 0.21 (3), expired 2.2 (6), unknown 2.8 (7),
//! `oauth_resource_server` 27.0 (85), `tower_oauth2` 23.8 (58); warm at 4 KB 0.72. Ratios:
//! `cold_vs_decode` 0.821 (0.787..0.849), `cold_vs_bare_crypto` 1.077, `warm_vs_decode` 0.017,
//! `garbage_vs_decode` 0.009. Two threads on two cores take 0.53 of one's time.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a bench, whose report is for people"
)]

mod cases;
#[path = "../shared/issuer.rs"]
mod issuer;
mod peers;
#[path = "../shared/spread.rs"]
mod spread;
mod threads;

use std::hint::black_box;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use auth_core::token::BearerToken;
use auth_core::verifier::{
    CachedVerifier, InvalidReason, TokenCache, TokenVerifier, TokenVerifierExt, VerifyError,
    VerifyRequest,
};
use auth_scalekit::jwt::{Algorithm, JwtVerifier};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cases::Cases;
use issuer::{ALGORITHMS, AUDIENCE, ISSUER, Key};
use jsonwebtoken::{DecodingKey, Validation};
use peers::{Peers, with_bearer};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt;
use wiremock::{Mock, MockServer, ResponseTemplate};

const SIZES: [usize; 2] = [800, 4000];

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let keys: Vec<_> = ALGORITHMS.into_iter().map(Key::generate).collect();
    let set: Vec<_> = keys.iter().map(|key| key.jwk.clone()).collect();
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(200).set_body_json(json!({"keys": set}));
        Mock::given(wiremock::matchers::any())
            .respond_with(answer)
            .mount(&server)
            .await;
        server
    });
    let verifier = |cache: TokenCache| {
        JwtVerifier::builder([ISSUER], [AUDIENCE], format!("{}/keys", server.uri()))
            .algorithms([Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa])
            .reuse_tokens_for(std::time::Duration::from_secs(3600))
            .allow_private_addresses()
            .build()
            .unwrap()
            .cached(cache)
            .unwrap()
    };
    let (cold, warm) = (verifier(TokenCache::OFF), verifier(TokenCache::DEFAULT));
    for verifier in [&cold, &warm] {
        runtime.block_on(verifier.ready()).unwrap();
    }
    let peers = runtime.block_on(Peers::new(&set));
    for key in &keys {
        for bytes in SIZES {
            compare(&runtime, key, bytes, &cold, &warm, &peers);
        }
    }
}

fn compare(
    runtime: &Runtime,
    key: &Key,
    bytes: usize,
    cold: &CachedVerifier<JwtVerifier>,
    warm: &CachedVerifier<JwtVerifier>,
    peers: &Peers,
) {
    let now = SystemTime::now();
    let seconds = now.duration_since(UNIX_EPOCH).unwrap().as_secs();
    let good = key.token(key.algorithm, seconds, 3600, bytes);
    let expired = key.token(key.algorithm, seconds - 7200, 3600, bytes);
    let unknown = key.token("nobody's", seconds, 3600, bytes);
    let (_, rest) = good.split_once('.').unwrap();
    let garbage = format!(
        "{}.{rest}",
        URL_SAFE_NO_PAD.encode("neither JSON nor a header")
    );
    let group = format!("{}_{bytes}", key.algorithm.to_lowercase());
    println!("{group}: a token of {} bytes", good.len());

    let verify = |verifier: &CachedVerifier<JwtVerifier>, token: &str, times: u32| {
        let request = VerifyRequest::new(BearerToken::new(token).unwrap(), now);
        runtime.block_on(async {
            let mut last = None;
            for _ in 0..times {
                last = Some(black_box(verifier.verify(black_box(request)).await));
            }
            last.unwrap()
        })
    };
    // Each does what its name says, before it is measured.
    assert_eq!(verify(cold, &good, 1).unwrap().subject(), "usr_1000000001");
    assert_eq!(verify(warm, &good, 2).unwrap().subject(), "usr_1000000001");
    assert!(runtime.block_on(peers.accept(&good)));
    for (token, reason) in [
        (&garbage, InvalidReason::MalformedHeader),
        (&expired, InvalidReason::Expired),
        (&unknown, InvalidReason::UnknownKey),
    ] {
        match verify(cold, token, 2) {
            Err(VerifyError::Invalid(invalid)) => assert_eq!(invalid.reason(), reason),
            // The budget for another look at the key set is spent.
            Err(VerifyError::Unavailable(_)) => assert_eq!(reason, InvalidReason::UnknownKey),
            answer => unreachable!("{reason:?}: {answer:?}"),
        }
    }

    let (signed, signature) = good.rsplit_once('.').unwrap();
    let payload = signed.split_once('.').unwrap().1;
    let check = || {
        let signature = URL_SAFE_NO_PAD.decode(black_box(signature)).unwrap();
        let verdict = key
            .parsed
            .verify_sig(black_box(signed).as_bytes(), &signature);
        verdict.unwrap();
    };
    let jwk = serde_json::from_value(key.jwk.clone()).unwrap();
    let decoding = DecodingKey::from_jwk(&jwk).unwrap();
    let mut validation = Validation::new(key.algorithm.parse().unwrap());
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.validate_nbf = true;

    let request = with_bearer(&good);

    let mut cases = Cases::new(Duration::from_millis(2));
    cases.add("bare", |times| (0..times).for_each(|_| check()));
    cases.add("bare+parse", |times| {
        for _ in 0..times {
            check();
            let claims = URL_SAFE_NO_PAD.decode(black_box(payload)).unwrap();
            black_box(serde_json::from_slice::<Map<String, Value>>(&claims).unwrap());
        }
    });
    cases.add("decode", |times| {
        for _ in 0..times {
            let token = black_box(&good);
            let decoded = jsonwebtoken::decode::<Map<String, Value>>(token, &decoding, &validation);
            black_box(decoded.unwrap());
        }
    });
    for (name, verifier, token) in [
        ("cold", cold, &good),
        ("warm", warm, &good),
        ("garbage", cold, &garbage),
        ("expired", cold, &expired),
        ("unknown", cold, &unknown),
    ] {
        let verify = &verify;
        cases.add(name, move |times| drop(verify(verifier, token, times)));
    }
    cases.add("oauth_resource_server", |times| {
        runtime.block_on(async {
            for _ in 0..times {
                let validator = &peers.oauth_resource_server;
                black_box(validator.validate(black_box(&good)).await.unwrap());
            }
        });
    });
    cases.add("tower_oauth2", |times| {
        runtime.block_on(async {
            for _ in 0..times {
                let service = peers.tower_oauth2.clone();
                black_box(service.oneshot(black_box(&request).clone()).await.unwrap());
            }
        });
    });
    cases.run();
    cases.print(&group);
    for (name, one, other) in [
        ("cold_vs_decode", "cold", "decode"),
        ("cold_vs_bare_crypto", "cold", "bare+parse"),
        ("warm_vs_decode", "warm", "decode"),
        ("garbage_vs_decode", "garbage", "decode"),
        ("expired_vs_decode", "expired", "decode"),
        ("unknown_vs_decode", "unknown", "decode"),
        (
            "cold_vs_oauth_resource_server",
            "cold",
            "oauth_resource_server",
        ),
        ("cold_vs_tower_oauth2", "cold", "tower_oauth2"),
        (
            "warm_vs_oauth_resource_server",
            "warm",
            "oauth_resource_server",
        ),
        ("warm_vs_tower_oauth2", "warm", "tower_oauth2"),
    ] {
        cases.ratio(&group, name, one, other);
    }
    if group == "rs256_800" {
        threads::compare(&group, cold, warm, &good);
    }
}
