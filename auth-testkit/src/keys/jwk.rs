//! A published key (RFC 7517), in Scalekit's member order.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::TestKey;

/// A key set (RFC 7517 section 5).
#[derive(Debug, Clone, Serialize)]
pub(crate) struct JwkSet {
    pub(crate) keys: Vec<Jwk>,
}

/// Not jsonwebtoken's `Jwk`: that one has its own order of members.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Jwk {
    r#use: &'static str,
    kty: &'static str,
    kid: String,
    alg: &'static str,
    n: String,
    e: String,
}

impl Jwk {
    pub(crate) fn new(kid: &str, key: &TestKey) -> Self {
        Self {
            r#use: "sig",
            kty: "RSA",
            kid: kid.to_owned(),
            alg: "RS256",
            n: URL_SAFE_NO_PAD.encode(key.modulus()),
            e: URL_SAFE_NO_PAD.encode(key.exponent()),
        }
    }
}
