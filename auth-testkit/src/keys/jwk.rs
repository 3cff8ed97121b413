//! A published key (RFC 7517), in Scalekit's member order.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::Value;

use super::test_key::{PublicPart, TestKey};
use crate::values::OrderedObject;

/// The public half of a key. Not jsonwebtoken's `Jwk`: that one has its own order of members.
pub(crate) fn jwk(kid: &str, key: &TestKey) -> OrderedObject {
    let mut jwk = OrderedObject::default();
    let (kty, members) = match key.public() {
        PublicPart::Rsa { n, e } => ("RSA", vec![("n", base64(n)), ("e", base64(e))]),
        PublicPart::Ec { crv, x, y } => (
            "EC",
            vec![("crv", crv.into()), ("x", base64(x)), ("y", base64(y))],
        ),
        PublicPart::Okp { x } => ("OKP", vec![("crv", "Ed25519".into()), ("x", base64(x))]),
    };
    jwk.push("use", "sig");
    jwk.push("kty", kty);
    jwk.push("kid", kid);
    jwk.push("alg", key.name());
    for (name, value) in members {
        jwk.push(name, value);
    }
    jwk
}

fn base64(bytes: &[u8]) -> Value {
    URL_SAFE_NO_PAD.encode(bytes).into()
}

/// A key set (RFC 7517 section 5) whose keys keep the order of their members.
#[derive(Serialize)]
struct JwkSet<'a> {
    keys: &'a [OrderedObject],
}

/// A key set of these keys.
pub(super) fn document(keys: &[OrderedObject]) -> Vec<u8> {
    serde_json::to_vec(&JwkSet { keys }).expect("keys are JSON")
}
