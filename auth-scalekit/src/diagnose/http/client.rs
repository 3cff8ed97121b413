//! Asking a server one thing, with the limits of [`Fetcher`]: no redirect is followed, and time and
//! size are bounded.

use std::sync::Arc;

use auth_core::Clock;
use auth_core::json::{self, Rules};
use bytes::Bytes;
use http::header::{ACCEPT, HeaderName};
use http::{HeaderMap, StatusCode};
use reqwest::{RequestBuilder, Response};
use serde_json::{Map, Value};

use super::skew::{Skew, said_time};
use super::transport_error::NoAnswer;
use crate::remote::Fetcher;
use crate::remote::json_body;

/// Asks, and remembers what time the others say it is.
#[derive(Debug)]
pub(crate) struct Asker {
    fetcher: Fetcher,
    clock: Arc<dyn Clock>,
    skew: Option<Skew>,
}

/// What a server said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Of a 200 alone: a JSON body, or what is wrong with it.
    body: Result<Bytes, String>,
}

impl Asker {
    pub(crate) fn new(private: bool, clock: Arc<dyn Clock>) -> Result<Self, reqwest::Error> {
        Ok(Self {
            fetcher: Fetcher::new(private)?,
            clock,
            skew: None,
        })
    }

    /// The clock difference, by the answer that shows the least: the rest of it is delay.
    pub(crate) fn skew(&self) -> Option<Skew> {
        self.skew
    }

    /// GET of a JSON document.
    pub(crate) async fn get(&mut self, url: &str) -> Result<Answer, NoAnswer> {
        let request = self.fetcher.client().get(url);
        self.send(request.header(ACCEPT, "application/json")).await
    }

    pub(crate) fn client(&self) -> &reqwest::Client {
        self.fetcher.client()
    }

    pub(crate) async fn send(&mut self, request: RequestBuilder) -> Result<Answer, NoAnswer> {
        let response = self.head(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
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

    /// An answer whose body is not read yet.
    pub(crate) async fn head(&mut self, request: RequestBuilder) -> Result<Response, NoAnswer> {
        let response = request.send().await.map_err(|error| NoAnswer::of(&error))?;
        self.compare_clocks(response.headers());
        Ok(response)
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

impl Answer {
    /// The JSON object that came, or what came instead.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, String> {
        match json::value(self.body()?, Rules::STRICT.duplicates_allowed()) {
            Ok(Value::Object(object)) => Ok(object),
            _ => Err("not a JSON object".into()),
        }
    }

    pub(crate) fn body(&self) -> Result<&[u8], String> {
        self.body.as_deref().map_err(Clone::clone)
    }

    /// The values of a header that are texts.
    pub(crate) fn header(&self, name: HeaderName) -> impl Iterator<Item = &str> {
        let values = self.headers.get_all(name).into_iter();
        values.filter_map(|value| value.to_str().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth_testkit::TestClock;
    use http::header::DATE;
    use std::time::Duration;

    #[test]
    fn the_least_difference_of_the_clocks_counts_and_of_two_the_first() {
        use Skew::{Ahead, Behind};
        let seconds = Duration::from_secs;
        let clock = TestClock::new();
        let mut asker = Asker::new(false, Arc::new(clock.clone())).unwrap();
        for (said, expected) in [
            (None, None),
            (Some(Behind(seconds(5))), Some(Behind(seconds(5)))),
            (Some(Ahead(seconds(7))), Some(Behind(seconds(5)))),
            (Some(Ahead(seconds(3))), Some(Ahead(seconds(3)))),
            (Some(Behind(seconds(3))), Some(Ahead(seconds(3)))),
            (None, Some(Ahead(seconds(3)))),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(skew) = said {
                let theirs = match skew {
                    Ahead(by) => clock.now() - by,
                    Behind(by) => clock.now() + by,
                };
                let date = httpdate::fmt_http_date(theirs);
                headers.insert(DATE, date.parse().unwrap());
            }
            asker.compare_clocks(&headers);
            assert_eq!(asker.skew(), expected, "after {said:?}");
        }
    }
}
