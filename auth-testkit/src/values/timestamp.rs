//! Times in RFC 3339, as in the JSON of protobuf: in UTC, with a fraction of a second only where there is one.

use std::time::{Duration, SystemTime};

/// The last second of the year 9999, in Unix seconds: RFC 3339 has no later year, and humantime panics on one.
pub(crate) const YEAR_9999: u64 = 253_402_300_799;

/// A time, or the nearest one that can be written.
pub(crate) fn format(time: SystemTime) -> String {
    let last = SystemTime::UNIX_EPOCH + Duration::from_secs(YEAR_9999);
    humantime::format_rfc3339(time.clamp(SystemTime::UNIX_EPOCH, last)).to_string()
}

/// The first time that cannot be written.
pub(crate) fn end() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(YEAR_9999 + 1)
}

/// None: it is no such time, or not in UTC (`Z`).
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    humantime::parse_rfc3339(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read_back() {
        for text in [
            "1970-01-01T00:00:00Z",
            "2026-11-01T12:30:00Z",
            "2026-11-01T12:30:00.250000000Z",
            "9999-12-31T23:59:59Z",
        ] {
            assert_eq!(format(parse(text).unwrap()), text);
        }
        for bad in ["", "yesterday", "2026-11-01", "2026-11-01T12:30:00+01:00"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_time_out_of_range_is_written_as_the_nearest() {
        let last = SystemTime::UNIX_EPOCH + Duration::from_secs(YEAR_9999);
        let beyond = last + Duration::from_secs(1);
        assert_eq!(format(beyond), format(last));
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(format(before), "1970-01-01T00:00:00Z");
    }
}
