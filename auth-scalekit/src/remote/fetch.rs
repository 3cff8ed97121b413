//! One GET, with every limit that a hostile or ill server makes necessary: no redirects, no
//! ambient proxy, a time for connecting and one for everything, a size, a content type.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL};
use http::{HeaderMap, StatusCode};
use reqwest::redirect::Policy;
use thiserror::Error;

use super::json_body::{self, BodyProblem};
use super::resolver::PublicOnly;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(3);

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
    #[error(transparent)]
    Body(#[from] BodyProblem),
    #[error("status {0}")]
    Status(StatusCode),
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
            problem: BodyProblem::NoAnswer("the fetch was abandoned".into()).into(),
        }
    }

    /// Whether the server could not be talked to, as opposed to having said something else.
    pub(crate) fn is_unreachable(&self) -> bool {
        matches!(self.problem, Problem::Body(BodyProblem::NoAnswer(_)))
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

    /// The client itself, for requests that are no fetch; it keeps to the same limits.
    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.0
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
        let response = request.send().await.map_err(BodyProblem::no_answer)?;
        // A redirect is a status like any other here: it is not followed.
        if response.status() != StatusCode::OK {
            return Err(Problem::Status(response.status()));
        }
        let max_age = max_age(response.headers());
        let json = json_body::read(response).await?;
        Ok(Fetched { json, max_age })
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
