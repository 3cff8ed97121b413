//! An HTTP client with the limits of [`Fetcher`]: no redirect is followed, and time and size are
//! bounded.

use std::sync::Arc;

use auth_core::support::Clock;
use auth_core::support::json::{self, Rules};
use bytes::Bytes;
use http::header::{ACCEPT, HeaderName};
use http::{HeaderMap, StatusCode};
use reqwest::{RequestBuilder, Response};
use serde_json::{Map, Value};

use super::skew::{ClockSkew, server_time};
use super::transport_error::TransportError;
use crate::remote::Fetcher;
use crate::remote::json_body;

/// Sends requests, and records the clock skew that the replies show.
#[derive(Debug)]
pub(crate) struct HttpClient {
    fetcher: Fetcher,
    clock: Arc<dyn Clock>,
    skew: Option<ClockSkew>,
}

/// A reply of a server.
#[derive(Debug)]
pub(crate) struct HttpReply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// With status 200 the JSON body, else why there is none.
    body: Result<Bytes, String>,
}

impl HttpClient {
    pub(crate) fn new(private: bool, clock: Arc<dyn Clock>) -> Result<Self, reqwest::Error> {
        Ok(Self {
            fetcher: Fetcher::new(private)?,
            clock,
            skew: None,
        })
    }

    /// The smallest clock skew of all replies: a larger one includes network delay.
    pub(crate) fn skew(&self) -> Option<ClockSkew> {
        self.skew
    }

    /// GET of a JSON document.
    pub(crate) async fn get(&mut self, url: &str) -> Result<HttpReply, TransportError> {
        let request = self.fetcher.client().get(url);
        self.send(request.header(ACCEPT, "application/json")).await
    }

    pub(crate) fn client(&self) -> &reqwest::Client {
        self.fetcher.client()
    }

    pub(crate) async fn send(
        &mut self,
        request: RequestBuilder,
    ) -> Result<HttpReply, TransportError> {
        let response = self.head(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = match status {
            StatusCode::OK => json_body::read(response)
                .await
                .map_err(|problem| problem.to_string()),
            status => Err(format!("status {status}")),
        };
        Ok(HttpReply {
            status,
            headers,
            body,
        })
    }

    /// Sends a request; the body of the reply is not read yet.
    pub(crate) async fn head(
        &mut self,
        request: RequestBuilder,
    ) -> Result<Response, TransportError> {
        let response = request
            .send()
            .await
            .map_err(|error| TransportError::of(&error))?;
        self.compare_clocks(response.headers());
        Ok(response)
    }

    fn compare_clocks(&mut self, headers: &HeaderMap) {
        let Some(theirs) = server_time(headers) else {
            return;
        };
        let skew = ClockSkew::between(self.clock.now(), theirs);
        if self.skew.is_none_or(|known| skew.size() < known.size()) {
            self.skew = Some(skew);
        }
    }
}

impl HttpReply {
    /// The JSON object in the body, or why there is none.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, String> {
        match json::value(self.body()?, Rules::STRICT.duplicates_allowed()) {
            Ok(Value::Object(object)) => Ok(object),
            _ => Err("not a JSON object".into()),
        }
    }

    pub(crate) fn body(&self) -> Result<&[u8], String> {
        self.body.as_deref().map_err(Clone::clone)
    }

    /// The values of a header that are visible ASCII.
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
    fn the_smallest_clock_skew_is_kept_and_the_first_of_equal_ones() {
        use ClockSkew::{Ahead, Behind};
        let seconds = Duration::from_secs;
        let clock = TestClock::new();
        let mut http = HttpClient::new(false, Arc::new(clock.clone())).unwrap();
        for (reply, expected) in [
            (None, None),
            (Some(Behind(seconds(5))), Some(Behind(seconds(5)))),
            (Some(Ahead(seconds(7))), Some(Behind(seconds(5)))),
            (Some(Ahead(seconds(3))), Some(Ahead(seconds(3)))),
            (Some(Behind(seconds(3))), Some(Ahead(seconds(3)))),
            (None, Some(Ahead(seconds(3)))),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(skew) = reply {
                let theirs = match skew {
                    Ahead(by) => clock.now() - by,
                    Behind(by) => clock.now() + by,
                };
                let date = httpdate::fmt_http_date(theirs);
                headers.insert(DATE, date.parse().unwrap());
            }
            http.compare_clocks(&headers);
            assert_eq!(http.skew(), expected, "after {reply:?}");
        }
    }
}
