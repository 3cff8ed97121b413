//! Asking a server one thing, with the limits of [`Fetcher`]: no redirect is followed, and time and
//! size are bounded.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::Clock;
use bytes::Bytes;
use http::header::{ACCEPT, AGE, DATE, HeaderName};
use http::{HeaderMap, StatusCode};
use reqwest::RequestBuilder;
use serde_json::{Map, Value};

use crate::remote::Fetcher;
use crate::remote::json_body;

/// Asks, and remembers what time the others say it is.
#[derive(Debug)]
pub(super) struct Asker {
    fetcher: Fetcher,
    clock: Arc<dyn Clock>,
    skew: Option<Skew>,
}

/// How far another clock is from ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Skew {
    /// Ours shows a later time.
    Ahead(Duration),
    /// Ours shows an earlier time, or the same.
    Behind(Duration),
}

/// What a server said.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// Of a 200 alone: a JSON body, or what is wrong with it.
    body: Result<Bytes, String>,
}

/// Why a server said nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoAnswer {
    Refused,
    TimedOut,
    /// No secure connection, and why.
    Tls(String),
    /// Anything else, in words.
    Broken(String),
}

impl Asker {
    pub(super) fn new(private: bool, clock: Arc<dyn Clock>) -> Result<Self, reqwest::Error> {
        Ok(Self {
            fetcher: Fetcher::new(private)?,
            clock,
            skew: None,
        })
    }

    /// The clock difference, by the answer that shows the least: the rest of it is delay.
    pub(super) fn skew(&self) -> Option<Skew> {
        self.skew
    }

    /// GET of a JSON document.
    pub(super) async fn get(&mut self, url: &str) -> Result<Answer, NoAnswer> {
        let request = self.fetcher.client().get(url);
        self.send(request.header(ACCEPT, "application/json")).await
    }

    pub(super) fn client(&self) -> &reqwest::Client {
        self.fetcher.client()
    }

    pub(super) async fn send(&mut self, request: RequestBuilder) -> Result<Answer, NoAnswer> {
        let response = request.send().await.map_err(|error| NoAnswer::of(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        self.compare_clocks(&headers);
        let body = match status {
            StatusCode::OK => json_body::read(response)
                .await
                .map_err(|problem| problem.to_string()),
            status => Err(format!("status {status}")),
        };
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    fn compare_clocks(&mut self, headers: &HeaderMap) {
        let Some(theirs) = said_time(headers) else {
            return;
        };
        let skew = Skew::between(self.clock.now(), theirs);
        if self.skew.is_none_or(|known| skew.size() < known.size()) {
            self.skew = Some(skew);
        }
    }
}

/// `Date`, and the `Age` of an answer from a cache
/// ([RFC 9110 section 6.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-6.6.1)).
fn said_time(headers: &HeaderMap) -> Option<SystemTime> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok();
    let date = httpdate::parse_http_date(text(DATE)?).ok()?;
    let age = text(AGE).and_then(|age| age.parse().ok()).unwrap_or(0);
    date.checked_add(Duration::from_secs(age))
}

impl Skew {
    fn between(ours: SystemTime, theirs: SystemTime) -> Self {
        match ours.duration_since(theirs) {
            Ok(Duration::ZERO) => Self::Behind(Duration::ZERO),
            Ok(ahead) => Self::Ahead(ahead),
            Err(behind) => Self::Behind(behind.duration()),
        }
    }

    pub(super) fn size(self) -> Duration {
        match self {
            Self::Ahead(size) | Self::Behind(size) => size,
        }
    }
}

impl Answer {
    /// The JSON object that came, or what came instead.
    pub(super) fn object(&self) -> Result<Map<String, Value>, String> {
        match serde_json::from_slice(self.body()?) {
            Ok(Value::Object(object)) => Ok(object),
            _ => Err("not a JSON object".into()),
        }
    }

    pub(super) fn body(&self) -> Result<&[u8], String> {
        self.body.as_deref().map_err(Clone::clone)
    }

    /// The values of a header that are texts.
    pub(super) fn header(&self, name: HeaderName) -> impl Iterator<Item = &str> {
        let values = self.headers.get_all(name).into_iter();
        values.filter_map(|value| value.to_str().ok())
    }
}

impl NoAnswer {
    fn of(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::TimedOut;
        }
        let mut innermost: &(dyn Error + 'static) = error;
        let mut kind = None;
        while let Some(cause) = cause(innermost) {
            innermost = cause;
            kind = cause.downcast_ref().map(io::Error::kind).or(kind);
        }
        let secure = error.url().is_some_and(|url| url.scheme() == "https");
        let text = innermost.to_string();
        match kind {
            Some(io::ErrorKind::ConnectionRefused) => Self::Refused,
            Some(io::ErrorKind::TimedOut) => Self::TimedOut,
            // rustls says both: bad data, and an end in the middle of the handshake.
            Some(io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
                if secure && error.is_connect() =>
            {
                Self::Tls(text)
            }
            _ => Self::Broken(text),
        }
    }

    /// A word for it that does not change.
    pub(super) fn trouble(&self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::TimedOut => "timeout",
            Self::Tls(_) => "tls",
            Self::Broken(_) => "broken",
        }
    }

    /// What happened, to go on after the name of the server.
    pub(super) fn what(&self) -> String {
        match self {
            Self::Refused => "refuses connections".into(),
            Self::TimedOut => "does not answer within 3 s".into(),
            Self::Tls(why) => format!("cannot be reached by TLS: {why}"),
            Self::Broken(why) => format!("gives no answer: {why}"),
        }
    }
}

/// What lies behind an error. `source` of an [`io::Error`] passes over the one that it was made of.
fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(inner) => Some(inner),
        None => error.source(),
    }
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
