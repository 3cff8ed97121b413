//! JWTs: what each of this client contains, and what those of others say, without verifying it.

use std::time::SystemTime;

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

/// The current time in seconds since 1970, for `iat` (RFC 7519 section 4.1.6).
pub(crate) fn now() -> u64 {
    SystemTime::UNIX_EPOCH
        .elapsed()
        .map_or(0, |time| time.as_secs())
}

/// A random id for `jti` (RFC 7519 section 4.1.7); none when the system has no random bytes.
pub(crate) fn fresh_jti() -> Option<String> {
    let mut jti = [0; 16];
    rand::fill(&mut jti).ok()?;
    Some(URL_SAFE_NO_PAD.encode(jti))
}

/// The claims of a JWT, not verified; none for a token of another kind.
pub(crate) fn unverified_claims(token: &str) -> Option<Map<String, Value>> {
    let mut parts = token.split('.');
    let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_of_jwts_only() {
        let token = format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(r#"{"sub":"u"}"#));
        assert_eq!(
            unverified_claims(&token).and_then(|claims| claims.get("sub").cloned()),
            Some("u".into())
        );
        for other in ["", "opaque", "a.b", "a.b.c", "e30.e30.e30.e30", "e30.W10.x"] {
            assert!(unverified_claims(other).is_none(), "{other}");
        }
    }
}
