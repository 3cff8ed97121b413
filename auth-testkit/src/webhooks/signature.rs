//! The signature of Standard Webhooks: HMAC-SHA256 over id, timestamp and body. Written here, and not with the crate
//! that verifiers use, so that a mistake of one does not hide in the other.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// An entry of the header `webhook-signature`.
pub(super) fn of(key: &[u8], id: &str, timestamp: u64, body: &[u8]) -> String {
    let mut signed = format!("{id}.{timestamp}.").into_bytes();
    signed.extend_from_slice(body);
    let tag = sign(&Key::new(HMAC_SHA256, key), &signed);
    entry(tag.as_ref())
}

/// An entry with any bytes in place of a signature.
pub(super) fn entry(signature: &[u8]) -> String {
    format!("v1,{}", STANDARD.encode(signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference implementations.
    #[test]
    fn it_is_the_signature_of_the_specification() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let body = br#"{"test": 2432232314}"#;
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(of(&key, id, 1_614_265_330, body), expected);
        assert_ne!(of(&key, id, 1_614_265_331, body), expected);
        assert_ne!(of(&key, id, 1_614_265_330, b"{}"), expected);
    }
}
