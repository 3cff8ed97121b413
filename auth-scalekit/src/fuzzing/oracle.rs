//! The rules, implemented independently of the code under test.

use std::collections::HashSet;
use std::fmt;

use auth_core::support::json::{self, JsonError, RawJson, Rules};
use auth_core::token::VerifiedToken;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::stage::{AUDIENCE, ISSUER, LEEWAY, NOW};
use crate::jwt::Algorithm;

/// Whether both are equal, except for the last digit of a fraction, which `serde_json` rounds
/// differently.
pub(super) fn is_same(lax: &Value, strict: &Value) -> bool {
    match (lax, strict) {
        (Value::Array(lax), Value::Array(strict)) => {
            let mut pairs = lax.iter().zip(strict);
            lax.len() == strict.len() && pairs.all(|(lax, strict)| is_same(lax, strict))
        }
        (Value::Object(lax), Value::Object(strict)) => {
            let mut members = lax.iter();
            lax.len() == strict.len()
                && members.all(|(name, lax)| strict.get(name).is_some_and(|own| is_same(lax, own)))
        }
        (Value::Number(lax), Value::Number(strict)) => {
            let close = |lax: f64, own: f64| (lax - own).abs() <= lax.abs() * 1e-14;
            lax == strict
                || lax
                    .as_f64()
                    .zip(strict.as_f64())
                    .is_some_and(|(lax, own)| close(lax, own))
        }
        (lax, strict) => lax == strict,
    }
}

/// Whether a JSON Web Key may verify with `algorithm`.
pub(super) fn may_verify(key: &Value, algorithm: Algorithm) -> bool {
    let (kty, crv) = match algorithm {
        Algorithm::Es256 => ("EC", Some("P-256")),
        Algorithm::Es384 => ("EC", Some("P-384")),
        Algorithm::EdDsa => ("OKP", Some("Ed25519")),
        _ => ("RSA", None),
    };
    let named = match &key["alg"] {
        Value::Null => key.get("alg").is_none(),
        name => name == algorithm.as_str() || (algorithm == Algorithm::EdDsa && name == "Ed25519"),
    };
    let operations = key["key_ops"].as_array();
    key["kty"] == kty
        && crv.is_none_or(|crv| key["crv"] == crv)
        && named
        && (key["use"].is_null() || key["use"] == "sig")
        && operations.is_none_or(|list| list.iter().any(|operation| operation == "verify"))
}

/// Parses one object and nothing after it.
pub(super) fn object(data: &[u8]) -> Result<Map<String, Value>, JsonError> {
    match json::value(data, Rules::STRICT)? {
        Value::Object(object) => Ok(object),
        _ => Err(JsonError::Syntax { at: 0 }),
    }
}

/// Parses an object without duplicate members.
pub(super) fn strict(json: &[u8]) -> Map<String, Value> {
    object(json).expect("what was accepted is strict JSON")
}

const NAMES: [&str; 8] = ["iss", "aud", "exp", "nbf", "iat", "sub", "a", ""];

/// The members found in raw JSON equal those of the parsed object.
pub(super) fn found_in_place(text: &[u8], object: &Map<String, Value>) {
    let text = std::str::from_utf8(text).expect("strict JSON is UTF-8");
    let names = NAMES;
    let found = json::members(text, names).expect("strict JSON is JSON");
    for (name, raw) in names.into_iter().zip(found) {
        let value = object.get(name);
        let build = |json: &str| json::value(json.as_bytes(), Rules::STRICT).expect("JSON");
        let parsed = raw.map(|raw| build(raw.as_str()));
        assert_eq!(parsed.as_ref(), value, "{name}");
        let (Some(raw), Some(value)) = (raw, value) else {
            continue;
        };
        assert_eq!(raw.number().as_ref(), value.as_number(), "{name}");
        assert_eq!(raw.string().is_some(), value.is_string(), "{name}");
        assert_eq!(raw.to_value(), *value, "{name}");
        if let Some(string) = value.as_str() {
            assert!(raw.is(string), "{name}");
            let text = raw.string().expect("a text");
            assert_eq!(
                text.at_most(string.len()).as_deref(),
                Some(string),
                "{name}"
            );
        }
        let items = raw.items().map(|items| {
            Value::Array(
                items
                    .map(|item: RawJson<'_>| build(item.as_str()))
                    .collect(),
            )
        });
        assert_eq!(items.as_ref(), value.is_array().then_some(value), "{name}");
    }
}

/// Whether any object in JSON has a duplicate member.
#[derive(Debug, PartialEq)]
pub(super) struct HasDuplicates(pub(super) bool);

impl<'de> Deserialize<'de> for HasDuplicates {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DuplicatesVisitor)
    }
}

struct DuplicatesVisitor;

impl<'de> Visitor<'de> for DuplicatesVisitor {
    type Value = HasDuplicates;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<HasDuplicates, E> {
        Ok(HasDuplicates(false))
    }

    fn visit_bool<E>(self, _: bool) -> Result<HasDuplicates, E> {
        Ok(HasDuplicates(false))
    }

    fn visit_i64<E>(self, _: i64) -> Result<HasDuplicates, E> {
        Ok(HasDuplicates(false))
    }

    fn visit_u64<E>(self, _: u64) -> Result<HasDuplicates, E> {
        Ok(HasDuplicates(false))
    }

    fn visit_f64<E>(self, _: f64) -> Result<HasDuplicates, E> {
        Ok(HasDuplicates(false))
    }

    fn visit_str<E>(self, _: &str) -> Result<HasDuplicates, E> {
        Ok(HasDuplicates(false))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<HasDuplicates, A::Error> {
        let mut found = false;
        while let Some(HasDuplicates(inside)) = items.next_element()? {
            found |= inside;
        }
        Ok(HasDuplicates(found))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<HasDuplicates, A::Error> {
        let (mut found, mut names) = (false, HashSet::new());
        while let Some((name, HasDuplicates(inside))) = members.next_entry::<String, _>()? {
            found |= inside | !names.insert(name);
        }
        Ok(HasDuplicates(found))
    }
}

/// What the rules guarantee about an accepted token.
pub(super) fn sound_token(token: &VerifiedToken, claims: &Map<String, Value>) {
    assert_eq!(claims["iss"], ISSUER);
    assert!(match &claims["aud"] {
        Value::Array(list) => list.iter().any(|audience| audience == AUDIENCE),
        audience => audience == AUDIENCE,
    });
    let seconds = |name| {
        claims
            .get(name)
            .map(|time| time.as_f64().expect("a number"))
    };
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
    let (earliest, latest) = ((NOW - LEEWAY) as f64, (NOW + LEEWAY) as f64);
    assert!(seconds("exp").expect("an expiry") > earliest);
    for name in ["nbf", "iat"] {
        // Fractions are truncated.
        assert!(seconds(name).is_none_or(|time| time < latest + 1.0));
    }
    assert!(!claims.contains_key("cnf"));
    assert_eq!(claims["sub"], token.subject());
    assert!(!token.subject().is_empty());
    assert_eq!(token.issuer(), ISSUER);
    assert_eq!(
        claims.get("client_id").and_then(Value::as_str),
        token.client_id()
    );
    assert_eq!(token.claims(), claims);
    for scope in token.scopes() {
        let text = scope.as_str().as_bytes();
        assert!(!text.is_empty());
        assert!(
            text.iter()
                .all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(byte))
        );
    }
}
