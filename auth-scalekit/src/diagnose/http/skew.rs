//! How far another clock is from ours, by what an answer says of the time.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{AGE, DATE, HeaderName};

/// How far another clock is from ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Skew {
    /// Ours shows a later time.
    Ahead(Duration),
    /// Ours shows an earlier time, or the same.
    Behind(Duration),
}

impl Skew {
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

/// `Date`, and the `Age` of an answer from a cache
/// ([RFC 9110 section 6.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-6.6.1)).
pub(crate) fn said_time(headers: &HeaderMap) -> Option<SystemTime> {
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
    fn the_time_of_an_answer() {
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
            assert_eq!(said_time(&headers), time, "{name}");
        }
        assert_eq!(said_time(&HeaderMap::new()), None);
    }

    #[test]
    fn a_skew_has_a_direction() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let seconds = Duration::from_secs;
        assert_eq!(Skew::between(at(9), at(7)), Skew::Ahead(seconds(2)));
        assert_eq!(Skew::between(at(7), at(9)), Skew::Behind(seconds(2)));
        assert_eq!(Skew::between(at(7), at(7)), Skew::Behind(seconds(0)));
    }
}
