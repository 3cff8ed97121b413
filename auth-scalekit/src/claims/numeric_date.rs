//! `NumericDate` of [RFC 7519 section 2](https://www.rfc-editor.org/rfc/rfc7519#section-2):
//! seconds since 1970, with or without a fraction.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use auth_core::support::json::RawJson;
use auth_core::verifier::InvalidReason;

/// The end of the year 9999; a later time is an attempt to overflow.
const LAST: u64 = 253_402_300_799;

/// Parses a time. A fraction is truncated, towards the earlier second.
pub(super) fn parse(claim: RawJson<'_>) -> Result<SystemTime, InvalidReason> {
    let number = claim.number().ok_or(InvalidReason::MalformedTime)?;
    let seconds = match (number.as_u64(), number.as_f64()) {
        (Some(seconds), _) => seconds,
        (None, Some(seconds)) => whole_seconds(seconds).ok_or(InvalidReason::MalformedTime)?,
        (None, None) => return Err(InvalidReason::MalformedTime),
    };
    if seconds > LAST {
        return Err(InvalidReason::MalformedTime);
    }
    UNIX_EPOCH
        .checked_add(Duration::from_secs(seconds))
        .ok_or(InvalidReason::MalformedTime)
}

/// `None` for negative, infinite and overlong numbers.
fn whole_seconds(seconds: f64) -> Option<u64> {
    Duration::try_from_secs_f64(seconds)
        .ok()
        .map(|duration| duration.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth_core::support::json;
    use serde_json::{Value, json};

    fn read(value: &Value) -> Result<SystemTime, InvalidReason> {
        let text = json!({ "exp": value }).to_string();
        let [claim] = json::members(&text, ["exp"]).unwrap();
        parse(claim.unwrap())
    }

    #[test]
    fn numbers_and_nothing_else() {
        for (value, seconds) in [
            (json!(0), 0),
            (json!(1_800_000_000), 1_800_000_000),
            (json!(1.9), 1),
            (json!(1e9), 1_000_000_000),
            (json!(LAST), LAST),
        ] {
            let at = UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(read(&value), Ok(at), "{value}");
        }
        for value in [
            json!("1800000000"),
            json!(null),
            json!(true),
            json!({}),
            json!([]),
            json!(-1),
            json!(-0.5),
            json!(LAST + 1),
            json!(u64::MAX),
            json!(1e18),
            json!(1e308),
        ] {
            assert_eq!(read(&value), Err(InvalidReason::MalformedTime), "{value}");
        }
    }
}
