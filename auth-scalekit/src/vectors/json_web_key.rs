//! Wycheproof's JSON Web Keys: weak, mixed, mislabelled and broken ones.

use super::{compare, key_set, verify};

#[test]
#[cfg_attr(not(test_vectors), ignore = "AUTH_VECTORS_DIR is not set")]
fn json_web_keys() {
    let counts = compare("json_web_key_test", |group, test| {
        verify(test["jws"].as_str().unwrap(), &key_set(group))
    });
    assert_eq!(counts, (1, 25));
}
