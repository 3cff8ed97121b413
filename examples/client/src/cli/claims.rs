//! Decodes the claims of a token without verifying it: to show them, never to trust them.

use std::time::{Duration, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

/// The last second of the year 9999, the last that RFC 3339 can express.
const LAST_SECOND: u64 = 253_402_300_799;

/// The claims of a JWT; none for a token of another kind.
pub(super) fn decode(token: &str) -> Option<Map<String, Value>> {
    let mut parts = token.split('.');
    let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// Seconds since 1970 as `2026-07-28 12:00:00 UTC`; a time after the year 9999 as seconds.
pub(super) fn utc(seconds: u64) -> String {
    if seconds > LAST_SECOND {
        return format!("{seconds} s after 1970");
    }
    let time = UNIX_EPOCH + Duration::from_secs(seconds);
    let rfc3339 = humantime::format_rfc3339_seconds(time).to_string();
    rfc3339.replace('T', " ").replace('Z', " UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let rows: [(u64, &str); 8] = [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (1_785_240_000, "2026-07-28 12:00:00 UTC"),
            (4_107_542_399, "2100-02-28 23:59:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
            (253_402_300_799, "9999-12-31 23:59:59 UTC"),
            (253_402_300_800, "253402300800 s after 1970"),
            (u64::MAX, "18446744073709551615 s after 1970"),
        ];
        for (seconds, text) in rows {
            assert_eq!(utc(seconds), text);
        }
    }

    #[test]
    fn claims_of_jwts_only() {
        let token = format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(r#"{"sub":"u"}"#));
        assert_eq!(
            decode(&token).and_then(|claims| claims.get("sub").cloned()),
            Some("u".into())
        );
        for other in ["", "opaque", "a.b", "a.b.c", "e30.e30.e30.e30", "e30.W10.x"] {
            assert!(decode(other).is_none(), "{other}");
        }
    }
}
