//! Times as [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339#section-5.6) writes them.

use std::time::{Duration, SystemTime};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The longest text: nine digits of a second and an offset are 35 bytes.
const MAX_BYTES: usize = 64;

/// The time that the text states, to the nanosecond; `None` if it states none, or one before 1970.
pub(super) fn parse(text: &str) -> Option<SystemTime> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let seconds = u64::try_from(time.unix_timestamp()).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, time.nanosecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
