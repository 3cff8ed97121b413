//! Unusual key sets: valid ones, which a verifier must accept, and invalid ones, which must make no token valid.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::jwk::document;
use super::{Signer, TestKey, jwk};
use crate::values::OrderedObject;
use crate::values::catalog_enum;

macro_rules! catalogue {
    ($($variant:ident $name:literal $usable:literal $doc:literal)*) => {
        catalog_enum! {
            /// A key set that is unusual in one respect, served instead of the issuer's with
            /// [`Keys::serve_instead`](crate::keys::Keys::serve_instead).
            "unusual key set" UnusualKeySet {
                $(#[doc = $doc] $variant = $name,)*
            }
        }

        impl UnusualKeySet {
            /// Whether the key set is valid, so that a verifier should accept a token of the issuer: the key that signed
            /// it is in the set, and nothing forbids its use. With the others it should refuse, or report
            /// that it is unavailable.
            #[must_use]
            pub fn is_usable(self) -> bool {
                match self { $(Self::$variant => $usable,)* }
            }
        }
    };
}

catalogue! {
    UnknownType "unknown-type" true "A key of an unknown type precedes the valid one (RFC 7517 section 5)."
    MalformedKey "malformed-key" true "A key with another id and without a modulus precedes the valid one (RFC 7517 section 5)."
    NotAKey "not-a-key" true "`null`, a number and a string precede the valid key."
    UnknownMembers "unknown-members" true "The set and the key have unknown members (RFC 7517 section 4)."
    WithoutAlgorithm "without-algorithm" true "The key does not say its `alg`, which is optional (RFC 7517 section 4.4)."
    WithoutUse "without-use" true "The key does not say its `use`, which is optional (RFC 7517 section 4.2)."
    Empty "empty" false "No key at all."
    WithoutKeys "without-keys" false "A JSON object without `keys`."
    KeysInObject "keys-in-object" false "`keys` is an object of keys by their ids."
    BareArray "bare-array" false "An array of keys, without the object around it."
    NotJson "not-json" false "A page of HTML that says it is JSON."
    TooLong "too-long" false "Ten megabytes, the valid key among them."
    TooMany "too-many" false "Ten thousand keys, the valid one the last."
    ForEncryption "for-encryption" false "The key is for encryption (`use`: `enc`, RFC 7517 section 4.2)."
    NotForVerifying "not-for-verifying" false "The key is not for verifying (`key_ops`: `encrypt`, RFC 7517 section 4.3)."
    OtherAlgorithm "other-algorithm" false "The key is for another algorithm of its type (RFC 7517 section 4.4)."
    SymmetricKey "symmetric-key" false "An `oct` key under the signing key's id: published, so no secret."
    AttackersKey "attackers-key" false "Another key under the signing key's id."
}

impl UnusualKeySet {
    pub(super) fn of(self, keys: &[OrderedObject], signer: &Signer) -> Vec<u8> {
        let good = signer.jwk();
        let with = |name: &str, value: Value| {
            let mut key = good.clone();
            key.set(name, value);
            document(&[key])
        };
        let without = |name: &str| {
            let mut key = good.clone();
            key.remove(name);
            document(&[key])
        };
        let after = |others: &[Value]| {
            let keys = others.iter().cloned().chain([json!(good)]);
            bytes(&json!({ "keys": keys.collect::<Vec<_>>() }))
        };
        let filled = |count: usize, filler: Value| after(&vec![filler; count]);
        match self {
            Self::UnknownType => {
                after(&[json!({ "kty": "LATTICE", "kid": signer.kid, "q": "AQAB" })])
            }
            Self::MalformedKey => {
                after(&[json!({ "kty": "RSA", "kid": "snk_0", "use": "sig", "e": "AQAB" })])
            }
            Self::NotAKey => after(&[Value::Null, json!(7), json!("key")]),
            Self::UnknownMembers => {
                let mut key = good.clone();
                key.set("x-note", json!({ "nested": [1, 2, 3] }));
                bytes(&json!({ "keys": [key], "x-note": "hello" }))
            }
            Self::WithoutAlgorithm => without("alg"),
            Self::WithoutUse => without("use"),
            Self::Empty => document(&[]),
            Self::WithoutKeys => b"{}".to_vec(),
            Self::KeysInObject => bytes(&json!({ "keys": { signer.kid.clone(): good } })),
            Self::BareArray => bytes(&json!(keys)),
            Self::NotJson => b"<!doctype html><title>Sign in</title>".to_vec(),
            Self::TooLong => with("x-padding", "x".repeat(10 * 1024 * 1024).into()),
            Self::TooMany => filled(9_999, json!({ "kty": "oct" })),
            Self::ForEncryption => with("use", "enc".into()),
            Self::NotForVerifying => with("key_ops", json!(["encrypt"])),
            Self::OtherAlgorithm => with("alg", other_algorithm(&good).into()),
            Self::SymmetricKey => bytes(&json!({ "keys": [{
                "kty": "oct",
                "kid": signer.kid,
                "alg": "HS256",
                "k": URL_SAFE_NO_PAD.encode(signer.key.public_der()),
            }] })),
            Self::AttackersKey => document(&[jwk(&signer.kid, &TestKey::attacker(&signer.key))]),
        }
    }
}

/// One that a key of the same type could have.
fn other_algorithm(key: &OrderedObject) -> &'static str {
    match key.string("alg") {
        Some("RS256") => "RS512",
        Some("ES256") => "ES384",
        Some("EdDSA") => "ES256",
        _ => "RS256",
    }
}

fn bytes(value: &Value) -> Vec<u8> {
    serde_json::to_vec(value).expect("a value is JSON")
}
