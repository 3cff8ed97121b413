//! One GET, with every limit that a hostile or ill server makes necessary: no redirects, no
//! ambient proxy, a time for connecting and one for everything, a size, a content type.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use reqwest::redirect::Policy;
use thiserror::Error;

use super::resolver::PublicOnly;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(3);
/// Nimbus allows 50 KiB for a key set; ten RSA-4096 keys with certificates fit.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// An HTTP client for the issuer's documents.
#[derive(Debug, Clone)]
pub(crate) struct Fetcher(reqwest::Client);

/// A JSON document as it came.
#[derive(Debug, Clone)]
pub(crate) struct Fetched {
    pub(crate) json: Bytes,
    /// `max-age` of its `Cache-Control`.
    pub(crate) max_age: Option<Duration>,
}

/// Why a document was not fetched.
#[derive(Debug, Clone, Error)]
#[error("GET {url}: {problem}")]
pub(crate) struct FetchError {
    url: String,
    problem: Problem,
}

#[derive(Debug, Clone, Error)]
enum Problem {
    #[error("no answer ({0})")]
    NoAnswer(String),
    #[error("status {0}")]
    Status(StatusCode),
    #[error("not JSON but {0:?}")]
    ContentType(String),
    #[error("more than {MAX_BODY_BYTES} bytes")]
    TooLarge,
    #[error("{0}")]
    Content(String),
}

impl FetchError {
    /// The document came but cannot be used.
    pub(crate) fn content(url: &str, problem: &dyn std::error::Error) -> Self {
        Self {
            url: url.into(),
            problem: Problem::Content(problem.to_string()),
        }
    }

    /// The task that fetched ended without a word.
    pub(crate) fn abandoned(url: &str) -> Self {
        Self {
            url: url.into(),
            problem: Problem::NoAnswer("the fetch was abandoned".into()),
        }
    }

    /// Whether the server could not be talked to, as opposed to having said something else.
    pub(crate) fn is_unreachable(&self) -> bool {
        matches!(self.problem, Problem::NoAnswer(_))
    }

    /// Whether the document may be at another place.
    pub(crate) fn is_not_here(&self) -> bool {
        matches!(self.problem, Problem::Status(status) if status.is_client_error())
    }
}

impl Fetcher {
    /// Prepares the client: TLS roots are read here. Names that lead to private addresses are
    /// refused unless `private` says otherwise.
    pub(crate) fn new(private: bool) -> Result<Self, reqwest::Error> {
        let mut client = reqwest::Client::builder();
        if !private {
            client = client.dns_resolver(PublicOnly);
        }
        client
            .redirect(Policy::none())
            .no_proxy()
            // A kept connection belongs to the runtime that opened it, which may stop; a fetch in
            // four minutes gains nothing from it.
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            .user_agent(concat!("auth-scalekit/", env!("CARGO_PKG_VERSION")))
            .build()
            .map(Self)
    }

    /// Fetches a JSON document. `fresh` asks caches on the way for the newest one.
    pub(crate) async fn get(&self, url: &str, fresh: bool) -> Result<Fetched, FetchError> {
        self.answer(url, fresh).await.map_err(|problem| FetchError {
            url: url.into(),
            problem,
        })
    }

    async fn answer(&self, url: &str, fresh: bool) -> Result<Fetched, Problem> {
        let mut request = self.0.get(url).header(ACCEPT, "application/json");
        if fresh {
            request = request.header(CACHE_CONTROL, "no-cache");
        }
        let mut response = request.send().await.map_err(no_answer)?;
        // A redirect is a status like any other here: it is not followed.
        if response.status() != StatusCode::OK {
            return Err(Problem::Status(response.status()));
        }
        json_content_type(response.headers())?;
        let max_age = max_age(response.headers());
        let mut json = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
            if json.len() + chunk.len() > MAX_BODY_BYTES {
                return Err(Problem::TooLarge);
            }
            json.extend_from_slice(&chunk);
        }
        Ok(Fetched {
            json: json.freeze(),
            max_age,
        })
    }
}

/// The innermost cause says most: "connection refused", "certificate has expired".
fn no_answer(error: reqwest::Error) -> Problem {
    let error = error.without_url();
    if error.is_timeout() {
        return Problem::NoAnswer("timed out".into());
    }
    let mut cause: &dyn std::error::Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    Problem::NoAnswer(cause.to_string())
}

/// `application/json`, or a type that ends with `+json`.
fn json_content_type(headers: &HeaderMap) -> Result<(), Problem> {
    let value = headers.get(CONTENT_TYPE);
    let text = value.map_or("", |value| value.to_str().unwrap_or("not text"));
    let essence = text.split(';').next().unwrap_or(text).trim();
    let essence = essence.to_ascii_lowercase();
    if essence == "application/json" || essence.ends_with("+json") {
        Ok(())
    } else {
        Err(Problem::ContentType(text.chars().take(60).collect()))
    }
}

/// `max-age` of [RFC 9111 section 5.2.2.1](https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2.1).
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(CACHE_CONTROL)?.to_str().ok()?;
    text.split(',')
        .filter_map(|directive| directive.trim().split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("max-age"))
        .and_then(|(_, seconds)| seconds.trim_matches('"').parse().ok())
        .map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn content_types() {
        for (text, json) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/jwk-set+json", true),
            ("text/html", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(text));
            assert_eq!(json_content_type(&headers).is_ok(), json, "{text:?}");
        }
    }

    #[test]
    fn max_ages() {
        for (text, seconds) in [
            ("max-age=60", Some(60)),
            ("public, Max-Age=3600, must-revalidate", Some(3600)),
            ("no-store", None),
            ("max-age=-1", None),
            ("max-age=x", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CACHE_CONTROL, HeaderValue::from_static(text));
            assert_eq!(
                max_age(&headers),
                seconds.map(Duration::from_secs),
                "{text}"
            );
        }
    }
}
