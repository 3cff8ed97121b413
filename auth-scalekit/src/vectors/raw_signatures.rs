//! Wycheproof's signatures without any JOSE around them, with the keys taken the way a key set's
//! keys are.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{id, read, tests};
use crate::jwks::Key;
use crate::jwt::Algorithm;

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    let digits = |at| u8::from_str_radix(hex.get(at..at + 2).unwrap(), 16).unwrap();
    (0..hex.len()).step_by(2).map(digits).collect()
}

/// The key of a group that gives it as an uncompressed point alone.
fn jwk_of_point(group: &Value) -> Value {
    let point = bytes(&group["publicKey"]["uncompressed"]);
    let (x, y) = point[1..].split_at(point.len() / 2);
    let curve = match x.len() {
        32 => "P-256",
        _ => "P-384",
    };
    let encode = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
    json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y)})
}

#[test]
#[cfg_attr(not(test_vectors), ignore = "AUTH_VECTORS_DIR is not set")]
fn raw_signatures() {
    let files = [
        ("rsa_signature_2048_sha256_test", Algorithm::Rs256),
        ("rsa_signature_3072_sha256_test", Algorithm::Rs256),
        ("rsa_signature_4096_sha256_test", Algorithm::Rs256),
        ("rsa_pss_2048_sha256_mgf1_32_test", Algorithm::Ps256),
        ("rsa_pss_3072_sha256_mgf1_32_test", Algorithm::Ps256),
        ("rsa_pss_4096_sha256_mgf1_32_test", Algorithm::Ps256),
        ("ecdsa_secp256r1_sha256_p1363_test", Algorithm::Es256),
        ("ecdsa_secp384r1_sha384_p1363_test", Algorithm::Es384),
        ("ed25519_test", Algorithm::EdDsa),
    ];
    let (mut valid, mut invalid, mut acceptable) = (0, 0, 0);
    for (name, algorithm) in files {
        let file = read(&format!("wycheproof/{name}.json"));
        for (group, test) in tests(&file) {
            let jwk = group.get("keyJwk").or(group.get("publicKeyJwk"));
            let jwk = jwk.cloned().unwrap_or_else(|| jwk_of_point(group));
            let keys =
                Key::prepare(&jwk, &[algorithm]).unwrap_or_else(|why| panic!("{name}: {why}"));
            let [key] = keys.as_slice() else {
                panic!("{name}: one key for one algorithm");
            };
            let verified = key.verify(&bytes(&test["msg"]), &bytes(&test["sig"]));
            match test["result"].as_str() {
                Some("valid") => {
                    assert!(verified, "{name} {}: {}", id(test), test["comment"]);
                    valid += 1;
                }
                Some("invalid") => {
                    assert!(!verified, "{name} {}: {}", id(test), test["comment"]);
                    invalid += 1;
                }
                // Either is right by the vectors' word.
                _ => acceptable += 1,
            }
        }
    }
    println!("raw signatures: {valid} valid, {invalid} invalid, {acceptable} acceptable");
    assert_eq!((valid, invalid, acceptable), (667, 1123, 3));
}
