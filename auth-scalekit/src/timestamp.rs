//! Times as [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339#section-5.6) writes them.

use std::time::{Duration, SystemTime};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The longest text: nine digits of a second and an offset are 35 bytes.
const MAX_BYTES: usize = 64;
/// The end of the year 9999, the last second that RFC 3339 can express.
const LAST_SECOND: Duration = Duration::from_secs(253_402_300_799);

/// The time that the text states, to the nanosecond; `None` if it states none, or one before 1970.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let seconds = u64::try_from(time.unix_timestamp()).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, time.nanosecond()))
}

/// Writes a time in UTC. One outside of the years from 1970 to 9999 is moved to the nearest that is inside.
pub(crate) fn format(time: SystemTime) -> String {
    let last = SystemTime::UNIX_EPOCH + LAST_SECOND;
    let time = OffsetDateTime::from(time.clamp(SystemTime::UNIX_EPOCH, last));
    // Every time of these years has this form.
    time.format(&Rfc3339).unwrap_or_default()
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
            assert_eq!(format(time), text);
        }
        let far = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40);
        assert_eq!(format(far), "9999-12-31T23:59:59Z");
        let early = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(format(early), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn times_are_read_with_fraction_and_offset() {
        let parts = |text| {
            let since = parse(text)?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
            Some((since.as_secs(), since.subsec_nanos()))
        };
        for (text, expected) in [
            ("2026-11-01T00:00:00Z", Some((1_793_491_200, 0))),
            ("2026-11-01T05:30:00+05:30", Some((1_793_491_200, 0))),
            ("2026-10-31T23:00:00-01:00", Some((1_793_491_200, 0))),
            ("2026-11-01T00:00:00.5Z", Some((1_793_491_200, 500_000_000))),
            (
                "2026-11-01T00:00:00.123456789Z",
                Some((1_793_491_200, 123_456_789)),
            ),
            (
                "2026-11-01T00:00:00.1234567891Z",
                Some((1_793_491_200, 123_456_789)),
            ),
            ("1970-01-01T00:00:00Z", Some((0, 0))),
            ("1969-12-31T23:59:59Z", None),
            ("2026-11-01", None),
            ("2026-11-01T00:00:00", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-02-30T00:00:00Z", None),
            ("2026-11-01T24:00:00Z", None),
            ("2026-11-01T00:00:00ZZ", None),
            ("1793491200", None),
            ("é026-11-01T00:00:00Z", None),
            ("", None),
        ] {
            assert_eq!(parts(text), expected, "{text}");
        }
        let long = format!("2026-11-01T00:00:00.{}Z", "0".repeat(MAX_BYTES));
        assert_eq!(parse(&long), None);
    }
}
