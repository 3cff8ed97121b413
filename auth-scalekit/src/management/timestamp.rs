//! Times as the API writes them: [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339) in UTC, up to nanoseconds.

use std::time::{Duration, SystemTime};

/// The end of the year 9999, the last second that RFC 3339 can express.
const LAST_SECOND: Duration = Duration::from_secs(253_402_300_799);

/// Parses a time between the years 1970 and 9999.
pub(super) fn parse(text: &str) -> Option<SystemTime> {
    humantime::parse_rfc3339(text).ok()
}

/// Writes a time. One outside of the years from 1970 to 9999 is moved to the nearest that is inside.
pub(super) fn format(time: SystemTime) -> String {
    let last = SystemTime::UNIX_EPOCH + LAST_SECOND;
    // humantime panics on other years.
    let time = time.clamp(SystemTime::UNIX_EPOCH, last);
    humantime::format_rfc3339(time).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_survive_a_round_trip() {
        let second = SystemTime::UNIX_EPOCH + Duration::from_secs(1_793_491_200);
        for (text, time) in [
            ("1970-01-01T00:00:00Z", SystemTime::UNIX_EPOCH),
            ("2026-11-01T00:00:00Z", second),
            (
                "2026-11-01T00:00:00.5Z",
                second + Duration::from_millis(500),
            ),
            (
                "2026-11-01T00:00:00.000000001Z",
                second + Duration::from_nanos(1),
            ),
        ] {
            assert_eq!(parse(text), Some(time), "{text}");
            assert_eq!(parse(&format(time)), Some(time), "{text}");
        }
        for text in [
            "",
            "2026-11-01",
            "2026-13-01T00:00:00Z",
            "1793491200",
            "2026-11-01T00:00:00Zx",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn no_time_panics() {
        let far = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40);
        assert_eq!(format(far), "9999-12-31T23:59:59Z");
        let early = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(format(early), "1970-01-01T00:00:00Z");
    }
}
