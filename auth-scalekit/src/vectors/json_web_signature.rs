//! Wycheproof's JSON Web Signatures, by the profile of an asymmetric access token: a key is bound
//! to its own algorithm, and there is no HMAC.

use super::{compare, id, key_set, read, verify};

#[test]
#[cfg_attr(not(test_vectors), ignore = "AUTH_VECTORS_DIR is not set")]
fn json_web_signatures() {
    let expected = read("wycheproof/EXPECT_asymmetric_profile.json");
    let must_accept = expected["must_accept_tcIds"].as_array().unwrap();
    let counts = compare("json_web_signature_test", |group, test| {
        let verdict = verify(test["jws"].as_str().unwrap(), &key_set(group));
        let id = id(test);
        assert_eq!(
            verdict.is_ok(),
            must_accept.iter().any(|known| *known == id),
            "{id}"
        );
        verdict
    });
    assert_eq!(counts, (32, 369));
}
