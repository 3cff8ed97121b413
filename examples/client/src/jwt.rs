//! What each JWT of this client contains: the time of its creation and a unique id.

use std::time::SystemTime;

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

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
