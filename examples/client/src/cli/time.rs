//! Times of tokens for people.

use std::time::{Duration, UNIX_EPOCH};

/// The last second of the year 9999, the last that RFC 3339 can express.
const LAST_SECOND: u64 = 253_402_300_799;

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
}
