//! Outside test vectors through our own path: JSON Web Key to prepared key, token to verdict.
//!
//! They are read from `AUTH_VECTORS_DIR`: `wycheproof/` of C2SP/wycheproof and `cookbook/` of
//! ietf-jose/cookbook. Verdicts that differ from the vectors are in `exceptions.json`, with the reason; an exception that no longer applies is a failure, and so is an unexpected pass.

mod cookbook;
mod encryption;
mod json_web_key;
mod json_web_signature;
mod raw_signatures;

use std::collections::BTreeMap;
use std::path::PathBuf;

use auth_core::verifier::InvalidReason;
use serde_json::{Value, json};

use crate::jwks::KeySet;
use crate::jwt::{Algorithm, Compact, JoseHeader, TokenTypes};

/// A file of the vectors.
fn read(path: &str) -> Value {
    let folder = std::env::var_os("AUTH_VECTORS_DIR").expect("AUTH_VECTORS_DIR is set");
    let path = PathBuf::from(folder).join(path);
    let text = std::fs::read(&path)
        .unwrap_or_else(|error| panic!("AUTH_VECTORS_DIR has no {}: {error}", path.display()));
    serde_json::from_slice(&text).expect("vectors are JSON")
}

/// The groups and tests of a Wycheproof file, and a check of how many there are.
fn tests(file: &Value) -> Vec<(&Value, &Value)> {
    let groups = file["testGroups"].as_array().expect("groups");
    let all: Vec<_> = groups
        .iter()
        .flat_map(|group| {
            let tests = group["tests"].as_array().expect("tests");
            tests.iter().map(move |test| (group, test))
        })
        .collect();
    assert_eq!(file["numberOfTests"].as_u64(), Some(all.len() as u64));
    all
}

fn id(test: &Value) -> u64 {
    test["tcId"].as_u64().expect("tcId")
}

/// Everything up to the claims: a JWS in compact form against a key set.
fn verify(jws: &str, key_set: &Value) -> Result<(), InvalidReason> {
    let compact = Compact::split(jws)?;
    let types = TokenTypes::AtJwtOrUntyped;
    let header = JoseHeader::parse(&compact.header()?, &Algorithm::ALL, types)?;
    compact.payload()?;
    let signature = compact.signature()?;
    let keys = KeySet::parse(key_set.to_string().as_bytes(), &Algorithm::ALL)
        .map_err(|_| InvalidReason::UnknownKey)?;
    let key = keys.select(header.key_id.as_deref(), header.algorithm)?;
    if !key.verify(compact.signing_input(), &signature) {
        return Err(InvalidReason::BadSignature);
    }
    Ok(())
}

/// The key set of a group: its public key, or all that it has.
fn key_set(group: &Value) -> Value {
    let key = group.get("public").unwrap_or(&group["private"]);
    match key.get("keys") {
        Some(_) => key.clone(),
        None => json!({ "keys": [key] }),
    }
}

/// The tests of a file that are valid by its own word and refused by us, with the reasons.
fn exceptions(file: &str) -> BTreeMap<u64, String> {
    let all: BTreeMap<String, BTreeMap<u64, String>> =
        serde_json::from_str(include_str!("exceptions.json")).expect("exceptions");
    all.get(file).cloned().unwrap_or_default()
}

/// Compares every verdict with the file's; returns how many were accepted and refused.
fn compare(
    name: &str,
    verdict: impl Fn(&Value, &Value) -> Result<(), InvalidReason>,
) -> (usize, usize) {
    let file = read(&format!("wycheproof/{name}.json"));
    let mut exceptions = exceptions(name);
    let (mut accepted, mut refused) = (0, 0);
    for (group, test) in tests(&file) {
        let valid = test["result"] == "valid";
        let answer = verdict(group, test);
        match answer {
            Ok(()) => accepted += 1,
            Err(_) => refused += 1,
        }
        let excepted = exceptions.remove(&id(test)).is_some();
        assert_eq!(
            answer.is_ok(),
            valid && !excepted,
            "{name} {}: {} ({answer:?}, excepted: {excepted})",
            id(test),
            test["comment"]
        );
        assert!(
            !excepted || valid,
            "{name} {}: an exception for nothing",
            id(test)
        );
    }
    assert!(
        exceptions.is_empty(),
        "{name}: exceptions for no test: {exceptions:?}"
    );
    println!("{name}: {accepted} accepted, {refused} refused");
    (accepted, refused)
}
