//! The JOSE cookbook (RFC 7520): its signatures with its own keys, in the one form that a token has.

use auth_core::verifier::InvalidReason;
use serde_json::{Value, json};

use super::{read, verify};

fn compact(file: &Value) -> &str {
    file["output"]["compact"].as_str().unwrap()
}

fn keys(file: &Value) -> Value {
    json!({"keys": [file["input"]["key"]]})
}

#[test]
#[cfg_attr(not(test_vectors), ignore = "AUTH_VECTORS_DIR is not set")]
fn signatures_of_the_cookbook() {
    for (name, verdict) in [
        ("4_1.rsa_v15_signature", Ok(())),
        // Says PS384, and its key too.
        ("4_2.rsa-pss_signature", Ok(())),
        // P-521 is not among our curves.
        ("4_3.ecdsa_signature", Err(InvalidReason::WrongAlgorithm)),
        (
            "4_4.hmac-sha2_integrity_protection",
            Err(InvalidReason::WrongAlgorithm),
        ),
    ] {
        let file = read(&format!("cookbook/jws/{name}.json"));
        assert_eq!(verify(compact(&file), &keys(&file)), verdict, "{name}");
    }
}

#[test]
#[cfg_attr(not(test_vectors), ignore = "AUTH_VECTORS_DIR is not set")]
fn no_json_serialization_is_a_token() {
    for name in [
        "4_1.rsa_v15_signature",
        "4_2.rsa-pss_signature",
        "4_5.signature_with_detached_content",
        "4_6.protecting_specific_header_fields",
        "4_7.protecting_content_only",
        "4_8.multiple_signatures",
    ] {
        let file = read(&format!("cookbook/jws/{name}.json"));
        let keys = match file["input"]["key"].as_array() {
            Some(keys) => json!({ "keys": keys }),
            None => keys(&file),
        };
        for form in ["json", "json_flat"] {
            if let Some(json) = file["output"].get(form) {
                assert!(verify(&json.to_string(), &keys).is_err(), "{name} {form}");
            }
        }
    }
    // Detached: compact, but without its payload.
    let detached = read("cookbook/jws/4_5.signature_with_detached_content.json");
    assert!(verify(compact(&detached), &keys(&detached)).is_err());
}

#[test]
#[cfg_attr(not(test_vectors), ignore = "AUTH_VECTORS_DIR is not set")]
fn keys_of_the_cookbook() {
    use crate::jwks::{Key, Unusable};
    use crate::jwt::Algorithm;
    for (name, verdict) in [
        ("3_1.ec_public_key", Err(Unusable::Type)),
        ("3_2.ec_private_key", Err(Unusable::Type)),
        ("3_3.rsa_public_key", Ok(6)),
        (
            "3_5.symmetric_key_mac_computation",
            Err(Unusable::Algorithm),
        ),
        (
            "3_6.symmetric_key_encryption",
            Err(Unusable::NotForSignatures),
        ),
    ] {
        let key = read(&format!("cookbook/jwk/{name}.json"));
        let prepared = Key::prepare(&key, &Algorithm::ALL).map(|keys| keys.len());
        assert_eq!(prepared, verdict, "{name}");
    }
}
