//! Fuzz targets: one function per parser, for `cargo fuzz` and for `tests/any_bytes.rs`. Each takes any bytes, and
//! panics when an invariant is violated.
//!
//! | file | job |
//! |---|---|
//! | `mod` | the targets of tokens, keys and metadata |
//! | `oracle` | the same rules, implemented independently |
//! | `stage` | an issuer and a verifier |
//! | `webhooks` | the targets of webhooks |
//!
//! They use the same entry as a request: a [`JwtVerifier`](crate::jwt::JwtVerifier) that fetched its keys over
//! loopback. Its clock is stopped, so nothing is fetched again after the first keys.
#![allow(
    missing_docs,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic is how a fuzz target reports what it found, and names say what is tried"
)]

mod oracle;
mod stage;
mod webhooks;

use std::sync::Arc;

use auth_core::provider::{DocumentError, DocumentSource};
use auth_core::support::json::{self, JsonError, Rules};
use auth_core::token::BearerToken;
use auth_core::verifier::InvalidReason;
use http::HeaderValue;
use serde_json::Value;

use crate::jwks::KeySet;
use crate::jwt::Algorithm;
use crate::provider::ServerMetadata;
use crate::remote::Freshness;
use oracle::{HasDuplicates, found_in_place, is_same, may_verify, object, sound_token, strict};
use stage::{AUDIENCE, GOOD_CLAIMS, GOOD_HEADER, ISSUER, STAGE, StoppedClock};

pub use webhooks::{webhook_event, webhook_headers};

/// A JOSE header before valid claims; then with a valid signature.
pub fn jose_header(data: &[u8]) {
    STAGE.with(|stage| {
        let Some(token) = stage.verify_both(data, GOOD_CLAIMS.as_bytes()) else {
            return;
        };
        let Ok(header) = object(data) else {
            let reason = token.expect_err("no strict JSON").expect("a reason");
            let of_json = [
                InvalidReason::MalformedHeader,
                InvalidReason::DuplicateMember,
            ];
            assert!(of_json.contains(&reason), "{reason:?}");
            return;
        };
        token.expect("nothing else is wrong");
        let text = |name| {
            header
                .get(name)
                .map(|value| value.as_str().expect("a text"))
        };
        assert!(["EdDSA", "Ed25519"].contains(&text("alg").expect("an algorithm")));
        assert!(!header.contains_key("crit") && !header.contains_key("b64"));
        assert!(text("kid").is_none_or(|kid| kid == "k"));
        let typ = text("typ").map(str::to_ascii_lowercase);
        let known = ["jwt", "application/jwt", "at+jwt", "application/at+jwt"];
        assert!(typ.is_none_or(|typ| known.contains(&typ.as_str())));
    });
}

/// Claims: as strict JSON, then after a valid header, then with a valid signature.
pub fn claims(data: &[u8]) {
    let lax = serde_json::from_slice::<Value>(data).ok();
    let duplicates = serde_json::from_slice::<HasDuplicates>(data).ok();
    let read = object(data);
    match read {
        Ok(object) => {
            found_in_place(data, &object);
            let lax = lax.expect("serde_json reads what we read");
            assert!(is_same(&lax, &Value::Object(object)));
            assert_eq!(duplicates, Some(HasDuplicates(false)));
        }
        // The scan ends at the duplicate, so the rest may not be JSON.
        Err(JsonError::DuplicateMember) => assert_ne!(duplicates, Some(HasDuplicates(false))),
        Err(_) => {
            // We are stricter about depth, reserved names, surrogates and, with `arbitrary_precision`,
            // numbers. The grammar is the same.
            let is_grammar = matches!(
                json::check(data, Rules::STRICT),
                Err(JsonError::Syntax { .. } | JsonError::NotUtf8)
            );
            let stricter = !is_grammar || data.contains(&b'\\');
            assert!(stricter || !lax.is_some_and(|value| value.is_object()));
        }
    }
    STAGE.with(|stage| {
        if let Some(Ok(token)) = stage.verify_both(GOOD_HEADER.as_bytes(), data) {
            sound_token(&token, &strict(data));
        }
    });
}

/// A whole token. None of the seeds is signed with the issuer's key, so none is ever accepted.
pub fn token(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Some(token) = BearerToken::new(&text) else {
        return;
    };
    STAGE.with(|stage| {
        let reason = stage.verify(&text).expect_err("it is not signed");
        if token.secret().len() > 8 * 1024 {
            assert_eq!(reason, Some(InvalidReason::TooLong));
        } else if token.secret().matches('.').count() != 2 {
            assert_eq!(reason, Some(InvalidReason::NotCompact));
        }
    });
}

/// A key set.
pub fn jwks(data: &[u8]) {
    let document = serde_json::from_slice::<Value>(data).unwrap_or_default();
    let members = document["keys"].as_array().map_or(&[][..], Vec::as_slice);
    let names = members.iter().map(|member| member["kid"].as_str());
    let names: Vec<_> = names.chain([None, Some("absent")]).take(66).collect();
    let scalekit = [Algorithm::Rs256];
    let defaults = [
        Algorithm::Rs256,
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::EdDsa,
    ];
    for accepted in [&scalekit[..], &defaults, &Algorithm::ALL] {
        let set = KeySet::parse(data, accepted);
        let again = KeySet::parse(data, accepted);
        assert_eq!(
            format!("{set:?}"),
            format!("{again:?}"),
            "the result differs"
        );
        let Ok(set) = set else { continue };
        assert!(set.len() > 0 && set.len() <= 64 * accepted.len());
        for name in &names {
            for algorithm in Algorithm::ALL {
                let Ok(key) = set.select(*name, algorithm) else {
                    continue;
                };
                assert_eq!(key.algorithm, algorithm);
                assert!(accepted.contains(&algorithm), "{algorithm} is not listed");
                assert!(name.is_none() || key.id.as_deref() == *name);
                let source = |member: &&Value| member["kid"].as_str() == key.id.as_deref();
                let mut sources = members.iter().filter(source);
                assert!(sources.any(|member| may_verify(member, algorithm)));
                // No key of the seeds signs this; only a panic matters.
                key.verify(b"message", &[1; 64]);
            }
        }
    }
}

/// The value of `Cache-Control` in a response of the issuer.
pub fn cache_control(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else {
        return;
    };
    STAGE.with(|stage| {
        stage.answer(value.as_bytes(), b"{}");
        // Unreachable on a machine that is too busy to answer itself.
        let Some(max_age) = stage.fetched_max_age() else {
            return;
        };
        let freshness = Freshness::default();
        let ttl = freshness.ttl(max_age);
        assert!((60..=3600).contains(&ttl.as_secs()), "{ttl:?}");
        assert!(Freshness::refresh_after(ttl) < ttl);
        let text = value.to_str().unwrap_or_default().to_ascii_lowercase();
        match max_age {
            Some(age) => assert!(
                text.contains("max-age=") && text.contains(&age.as_secs().to_string()),
                "{text:?} does not say {age:?}"
            ),
            None => assert_eq!(ttl, freshness.default_ttl),
        }
    });
}

/// The metadata of an authorization server, checked and forwarded.
pub fn server_metadata(data: &[u8]) {
    let issuers = [ISSUER.to_owned(), format!("{ISSUER}/resources/{AUDIENCE}")];
    let lax = serde_json::from_slice::<Value>(data).unwrap_or_default();
    let ours = lax.is_object()
        && lax["issuer"]
            .as_str()
            .is_some_and(|issuer| issuers.iter().any(|known| known == issuer));
    STAGE.with(|stage| {
        stage.answer(b"no-store", data);
        let metadata = ServerMetadata::fetched(
            vec![stage.url.clone()],
            issuers,
            stage.fetcher.clone(),
            Arc::new(StoppedClock),
        );
        match stage.runtime.block_on(DocumentSource::read(&metadata)) {
            Ok(document) => {
                assert!(ours, "another issuer's document");
                assert_eq!(document.json, data);
            }
            Err(DocumentError::InvalidResponse(_)) => {
                let unreadable = object(data).is_err();
                assert!(!ours || unreadable || data.len() > 64 * 1024);
            }
            // Unreachable on a machine that is too busy to answer itself.
            Err(_) => {}
        }
    });
}
