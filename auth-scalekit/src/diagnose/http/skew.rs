//! [`ClockSkew`]: how far a server's clock is from ours, by the `Date` of its replies.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{AGE, DATE, HeaderName};

/// The difference between our clock and that of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClockSkew {
    /// Ours shows a later time.
    Ahead(Duration),
    /// Ours shows an earlier time, or the same.
    Behind(Duration),
}

impl ClockSkew {
    pub(crate) fn between(ours: SystemTime, theirs: SystemTime) -> Self {
        match ours.duration_since(theirs) {
            Ok(Duration::ZERO) => Self::Behind(Duration::ZERO),
            Ok(ahead) => Self::Ahead(ahead),
            Err(behind) => Self::Behind(behind.duration()),
        }
    }

    pub(crate) fn size(self) -> Duration {
        match self {
            Self::Ahead(size) | Self::Behind(size) => size,
        }
    }
}

/// The time at the server: `Date`, plus the `Age` of a reply from a cache
/// ([RFC 9110 section 6.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-6.6.1)).
pub(crate) fn server_time(headers: &HeaderMap) -> Option<SystemTime> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok();
    let date = httpdate::parse_http_date(text(DATE)?).ok()?;
    let age = text(AGE).and_then(|age| age.parse().ok()).unwrap_or(0);
    date.checked_add(Duration::from_secs(age))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn the_time_of_a_reply() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        for (name, date, age, time) in [
            (
                "a date",
                "Tue, 28 Jul 2026 12:00:00 GMT",
                "",
                Some(at(1_785_240_000)),
            ),
            (
                "from a cache",
                "Tue, 28 Jul 2026 12:00:00 GMT",
                "60",
                Some(at(1_785_240_060)),
            ),
            (
                "an age beyond all time",
                "Tue, 28 Jul 2026 12:00:00 GMT",
                "18446744073709551615",
                None,
            ),
            ("no date", "soon", "", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(DATE, HeaderValue::from_static(date));
            headers.insert(AGE, HeaderValue::from_static(age));
            assert_eq!(server_time(&headers), time, "{name}");
        }
        assert_eq!(server_time(&HeaderMap::new()), None);
    }

    #[test]
    fn a_skew_has_a_direction() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let seconds = Duration::from_secs;
        assert_eq!(
            ClockSkew::between(at(9), at(7)),
            ClockSkew::Ahead(seconds(2))
        );
        assert_eq!(
            ClockSkew::between(at(7), at(9)),
            ClockSkew::Behind(seconds(2))
        );
        assert_eq!(
            ClockSkew::between(at(7), at(7)),
            ClockSkew::Behind(seconds(0))
        );
    }
}
