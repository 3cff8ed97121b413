//! Wycheproof's JSON Web Encryption: none of it is an access token, and none of it is unpacked.

use std::time::Instant;

use serde_json::json;

use super::{read, tests, verify};

#[test]
#[cfg_attr(not(test_vectors), ignore = "AUTH_VECTORS_DIR is not set")]
fn nothing_encrypted_is_accepted() {
    let file = read("wycheproof/json_web_encryption_test.json");
    let none = json!({"keys": []});
    let mut refused = 0;
    let started = Instant::now();
    for (_, test) in tests(&file) {
        let jwe = test["jwe"].as_str().unwrap();
        assert!(verify(jwe, &none).is_err(), "{}", test["tcId"]);
        refused += 1;
    }
    println!(
        "json_web_encryption_test: {refused} refused in {:?}",
        started.elapsed()
    );
    assert_eq!(refused, 139);
}
