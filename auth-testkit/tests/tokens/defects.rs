//! Each defect, beside the control it was made from: what differs, and that nothing else does.

use std::collections::BTreeSet;

use auth_testkit::{Algorithm, Defect, MockScalekit, TokenBuilder};
use aws_lc_rs::{hmac, signature};
use serde_json::{Value, json};

use crate::support::{claims, decode, is_signed_by, jwks, look, verifies};

/// A mock, its key set, and a control token that verifies.
async fn start() -> (MockScalekit, Value, TokenBuilder) {
    let url = "https://mcp.example/mcp";
    let scalekit = MockScalekit::builder().resource_url(url).start().await;
    let keys = jwks(&scalekit).await;
    let control = scalekit.token();
    assert!(verifies(&control.sign(), &keys), "the control is valid");
    (scalekit, keys, control)
}

/// Names of the members that differ.
fn differing(one: &Value, two: &Value) -> BTreeSet<String> {
    let (one, two) = (one.as_object().unwrap(), two.as_object().unwrap());
    let names = one.keys().chain(two.keys());
    names
        .filter(|name| one.get(*name) != two.get(*name))
        .cloned()
        .collect()
}

/// Asserts which header parameters and claims differ from the control, and nothing else.
fn assert_only(control: &TokenBuilder, token: &str, header: &[&str], claims: &[&str], row: &str) {
    let (control_header, control_claims) = look(&control.sign());
    let (other_header, other_claims) = look(token);
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(
        differing(&control_header, &other_header),
        set(header),
        "{row}: header"
    );
    assert_eq!(
        differing(&control_claims, &other_claims),
        set(claims),
        "{row}: claims"
    );
}

#[tokio::test]
async fn defects_of_claims_are_rightly_signed_and_change_only_their_claims() {
    let (scalekit, keys, control) = start().await;
    let before = claims(&control.sign());
    let iat = before["iat"].as_u64().unwrap();
    let env = scalekit.environment_url();
    let table = [
        (
            Defect::Expired,
            json!({ "iat": iat - 7200, "nbf": iat - 7200, "exp": iat - 3600 }),
        ),
        (Defect::NotYetValid, json!({ "nbf": iat + 600 })),
        (Defect::IssuedInTheFuture, json!({ "iat": iat + 600 })),
        (Defect::WithoutExp, json!({ "exp": null })),
        (
            Defect::ExpAsString,
            json!({ "exp": (iat + 3600).to_string() }),
        ),
        (
            Defect::WrongIssuer,
            json!({ "iss": "https://other.example" }),
        ),
        (Defect::IssuerWithSlash, json!({ "iss": format!("{env}/") })),
        (Defect::IssuerAsArray, json!({ "iss": [env] })),
        (Defect::WithoutIssuer, json!({ "iss": null })),
        (
            Defect::WrongAudience,
            json!({ "aud": ["https://other.example/mcp", "res_9000000009"] }),
        ),
        (
            Defect::AudienceIsOnlyTheUrl,
            json!({ "aud": ["https://mcp.example/mcp"] }),
        ),
        (Defect::WithoutAudience, json!({ "aud": null })),
        (Defect::WithoutSubject, json!({ "sub": null })),
    ];
    for (defect, changes) in table {
        let row = defect.name();
        let token = control.clone().with(defect).sign();
        assert!(verifies(&token, &keys), "{row}: the signature is right");
        let changes = changes.as_object().unwrap();
        let names: Vec<&str> = changes.keys().map(String::as_str).collect();
        assert_only(&control, &token, &[], &names, row);
        for (name, value) in changes {
            assert_eq!(&claims(&token)[name], value, "{row}: {name}");
            assert_eq!(
                value.is_null(),
                claims(&token).get(name).is_none(),
                "{row}: {name}"
            );
        }
    }
}

#[tokio::test]
async fn defects_of_the_header_are_signed_by_the_published_key() {
    let (_scalekit, keys, control) = start().await;
    let key = &keys["keys"][0];
    let table: [(Defect, &[&str]); 4] = [
        (Defect::UnknownKid, &["kid"]),
        (Defect::WithoutKid, &["kid"]),
        (Defect::WrongType, &["typ"]),
        (Defect::CritHeader, &["crit", "urn:example:unknown"]),
    ];
    for (defect, header) in table {
        let row = defect.name();
        let token = control.clone().with(defect).sign();
        assert!(is_signed_by(&token, key), "{row}: the signature is right");
        assert_only(&control, &token, header, &[], row);
    }
    let token = control.clone().unknown_kid().sign();
    assert!(look(&token).0["kid"].as_str().unwrap().starts_with("snk_"));
    let token = control.clone().wrong_type("logout+jwt").sign();
    assert_eq!(look(&token).0["typ"], "logout+jwt");
    let token = control.crit_header().sign();
    assert_eq!(look(&token).0["crit"], json!(["urn:example:unknown"]));
}

#[tokio::test]
async fn a_wrong_key_signs_rightly_under_the_published_id() {
    let (_scalekit, keys, control) = start().await;
    let token = control.clone().wrong_key().sign();
    assert_only(&control, &token, &[], &[], "wrong key");
    assert!(!verifies(&token, &keys));

    let embedded = control.clone().embedded_jwk().sign();
    assert_only(&control, &embedded, &["jwk"], &[], "embedded jwk");
    assert!(!verifies(&embedded, &keys));
    let jwk = &look(&embedded).0["jwk"];
    assert!(is_signed_by(&embedded, jwk), "the embedded key fits");
    assert!(
        is_signed_by(&token, jwk),
        "the wrong key is a real signature too"
    );
    assert!(jwk.get("d").is_none(), "only the public half is embedded");
}

#[tokio::test]
async fn other_algorithms_sign_rightly_with_the_published_key() {
    let (_scalekit, keys, control) = start().await;
    let table: [(Algorithm, &str, &'static signature::RsaParameters); 5] = [
        (
            Algorithm::RS384,
            "RS384",
            &signature::RSA_PKCS1_2048_8192_SHA384,
        ),
        (
            Algorithm::RS512,
            "RS512",
            &signature::RSA_PKCS1_2048_8192_SHA512,
        ),
        (
            Algorithm::PS256,
            "PS256",
            &signature::RSA_PSS_2048_8192_SHA256,
        ),
        (
            Algorithm::PS384,
            "PS384",
            &signature::RSA_PSS_2048_8192_SHA384,
        ),
        (
            Algorithm::PS512,
            "PS512",
            &signature::RSA_PSS_2048_8192_SHA512,
        ),
    ];
    for (algorithm, name, parameters) in table {
        let token = control.clone().wrong_algorithm(algorithm).sign();
        assert_only(&control, &token, &["alg"], &[], name);
        assert_eq!(look(&token).0["alg"], name);
        let part = |member: &str| decode(keys["keys"][0][member].as_str().unwrap());
        let public = signature::RsaPublicKeyComponents {
            n: part("n"),
            e: part("e"),
        };
        let (input, bytes) = token.rsplit_once('.').unwrap();
        let verified = public.verify(parameters, input.as_bytes(), &decode(bytes));
        assert!(verified.is_ok(), "{name}");
        assert!(!verifies(&token, &keys), "{name} is not RS256");
    }
}

#[tokio::test]
#[should_panic(expected = "an RSA key (RS and PS algorithms) cannot sign ES256")]
async fn an_algorithm_of_another_key_type_is_a_mistake_of_the_test() {
    let (_scalekit, _keys, control) = start().await;
    let _ = control.wrong_algorithm(Algorithm::ES256).sign();
}

#[tokio::test]
async fn key_confusion_is_keyed_with_the_pem_of_the_published_key() {
    let (_scalekit, keys, control) = start().await;
    let token = control.clone().hs256_with_public_key().sign();
    assert_only(&control, &token, &["alg"], &[], "hs256");
    assert_eq!(look(&token).0["alg"], "HS256");
    let pem = public_pem(&keys["keys"][0]);
    let (input, mac) = token.rsplit_once('.').unwrap();
    let secret = hmac::Key::new(hmac::HMAC_SHA256, pem.as_bytes());
    assert!(hmac::verify(&secret, input.as_bytes(), &decode(mac)).is_ok());
}

/// SubjectPublicKeyInfo (RFC 5280) built by hand from a JWK of a 2048-bit key.
fn public_pem(jwk: &Value) -> String {
    use base64::Engine;
    let part = |member: &str| decode(jwk[member].as_str().unwrap());
    let mut der = vec![
        0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
        0x01, 0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01, 0x0a, 0x02, 0x82,
        0x01, 0x01, 0x00,
    ];
    der.extend(part("n"));
    der.extend([0x02, 0x03]);
    der.extend(part("e"));
    let base64 = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> = (0..base64.len())
        .step_by(64)
        .map(|at| &base64[at..base64.len().min(at + 64)])
        .collect();
    let lines = lines.join("\n");
    format!("-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n")
}

#[tokio::test]
async fn defects_of_encoding_change_the_text_and_nothing_else() {
    let (_scalekit, keys, control) = start().await;
    let good = control.sign();
    let (input, signature) = good.rsplit_once('.').unwrap();
    assert_eq!(control.clone().truncated().sign(), input);
    assert_eq!(control.clone().extra_part().sign(), format!("{good}."));
    assert_eq!(
        control.clone().padded_signature().sign(),
        format!("{good}==")
    );
    assert_eq!(
        control.clone().empty_signature().sign(),
        format!("{input}.")
    );

    let corrupt = control.clone().corrupt_signature().sign();
    assert!(!verifies(&corrupt, &keys));
    let (same, other) = corrupt.rsplit_once('.').unwrap();
    assert_eq!(same, input);
    let pairs = decode(other).into_iter().zip(decode(signature));
    let flipped: u32 = pairs.map(|(one, two)| (one ^ two).count_ones()).sum();
    assert_eq!(flipped, 1);

    let none = control.clone().alg_none().sign();
    assert_only(&control, &none, &["alg"], &[], "alg none");
    assert_eq!(look(&none).0["alg"], "none");
    assert!(none.ends_with('.') && none.matches('.').count() == 2);
}

#[tokio::test]
async fn repeated_members_are_at_the_end_and_signed() {
    let (_scalekit, keys, control) = start().await;
    let text = |token: &str, part: usize| {
        String::from_utf8(decode(token.split('.').nth(part).unwrap())).unwrap()
    };
    let good = control.sign();
    let token = control.clone().duplicate_claim("sub", "usr_9").sign();
    assert!(verifies(&token, &keys));
    let expected = text(&good, 1).replace("\"}", "\",\"sub\":\"usr_9\"}");
    assert_eq!(text(&token, 1), expected);

    let token = control.clone().duplicate_header("alg", "none").sign();
    assert!(is_signed_by(&token, &keys["keys"][0]));
    assert_eq!(
        text(&token, 0),
        text(&good, 0).replace('}', ",\"alg\":\"none\"}")
    );

    let token = control.claims_in_array().sign();
    assert!(verifies(&token, &keys));
    assert_eq!(text(&token, 1), format!("[{}]", text(&good, 1)));
}

#[tokio::test]
async fn the_catalogue_has_every_defect_once_and_none_is_the_control() {
    let (_scalekit, _keys, control) = start().await;
    let good = control.sign();
    let mut names = BTreeSet::new();
    let mut tokens = BTreeSet::new();
    for defect in Defect::all() {
        assert!(defect.rule().starts_with("RFC "));
        let token = control.clone().with(*defect).sign();
        assert_ne!(token, good, "{defect:?}");
        assert!(tokens.insert(token), "{defect:?} is like another");
        assert!(
            names.insert(defect.name()),
            "{defect:?} has the name of another"
        );
    }
    assert_eq!(names.len(), Defect::all().len());
}

#[tokio::test]
async fn defects_combine() {
    let (_scalekit, keys, control) = start().await;
    let token = control.clone().expired().wrong_audience().sign();
    assert!(verifies(&token, &keys));
    assert_only(
        &control,
        &token,
        &[],
        &["iat", "nbf", "exp", "aud"],
        "two defects",
    );
}
