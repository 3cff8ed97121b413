//! [`Fetcher`]: one GET, within every limit that a hostile or broken server makes necessary: no redirects, no
//! proxy of the environment, a connect timeout and a total timeout, a size, a content type.

use std::error::Error as _;
use std::time::Duration;

use auth_core::verifier::Unavailable;
use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL};
use http::{HeaderMap, StatusCode};
use reqwest::redirect::Policy;
use thiserror::Error;

use super::json_body::{self, BodyProblem};
use super::resolver::PublicOnly;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// The time limit of one request.
pub(crate) const TOTAL_TIMEOUT: Duration = Duration::from_secs(3);

/// An HTTP client for the issuer's documents.
#[derive(Debug, Clone)]
pub(crate) struct Fetcher(reqwest::Client);

/// A JSON document, not parsed yet.
#[derive(Debug, Clone)]
pub(crate) struct Fetched {
    pub(crate) json: Bytes,
    /// `max-age` of its `Cache-Control`.
    pub(crate) max_age: Option<Duration>,
}

/// Why a document was not fetched.
#[derive(Debug, Clone, Error)]
pub(crate) enum FetchError {
    #[error("GET {url}: {problem}")]
    Get { url: String, problem: Problem },
    /// The document that names the location of this one is unavailable.
    #[error("{issuer} has no usable metadata: {reason}")]
    NoPlace {
        issuer: String,
        reason: String,
        /// When that document can be fetched again.
        retry_after: Duration,
    },
}

#[derive(Debug, Clone, Error)]
pub(crate) enum Problem {
    #[error(transparent)]
    Body(#[from] BodyProblem),
    #[error("status {0}")]
    Status(StatusCode),
    #[error("{0}")]
    Content(String),
}

impl FetchError {
    /// The document was fetched but cannot be used.
    pub(crate) fn content(url: &str, problem: &dyn std::error::Error) -> Self {
        Self::Get {
            url: url.into(),
            problem: Problem::Content(problem.to_string()),
        }
    }

    /// The task of the fetch ended without a result.
    pub(crate) fn abandoned(url: &str) -> Self {
        Self::transport(url, "the fetch was abandoned")
    }

    /// The time limit for all places has passed.
    pub(crate) fn timed_out(url: &str) -> Self {
        Self::transport(url, "timed out")
    }

    fn transport(url: &str, reason: &str) -> Self {
        Self::Get {
            url: url.into(),
            problem: BodyProblem::Transport(reason.into()).into(),
        }
    }

    /// The metadata of the issuer, which names the location, is unavailable.
    pub(crate) fn no_place(issuer: &str, unavailable: &Unavailable) -> Self {
        let reason = unavailable
            .source()
            .map_or_else(|| unavailable.to_string(), ToString::to_string);
        Self::NoPlace {
            issuer: issuer.into(),
            reason,
            retry_after: unavailable.retry_after(),
        }
    }

    /// Whether there was no response, as opposed to an unusable one.
    pub(crate) fn is_unreachable(&self) -> bool {
        matches!(
            self,
            Self::Get {
                problem: Problem::Body(BodyProblem::Transport(_)),
                ..
            }
        )
    }

    /// Whether the document may be at another place.
    pub(crate) fn is_not_here(&self) -> bool {
        matches!(self, Self::Get { problem: Problem::Status(status), .. } if status.is_client_error())
    }

    /// When to try again, if something other than the back-off determines it.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Get { .. } => None,
            Self::NoPlace { retry_after, .. } => Some(*retry_after).filter(|wait| !wait.is_zero()),
        }
    }

    /// Logs the error, once for each attempt; at level error if it needs an operator.
    pub(crate) fn log(&self, failures: u32) {
        match self {
            Self::Get {
                problem: Problem::Content(_),
                ..
            } => {
                tracing::error!(error = %self, failures, "a document of the issuer cannot be used");
            }
            Self::Get { .. } => {
                tracing::warn!(error = %self, failures, "a document of the issuer is unavailable");
            }
            // The fetch of the metadata has logged it.
            Self::NoPlace { .. } => {}
        }
    }
}

/// An HTTP client for requests to an issuer, with the limits above. `private` allows names that resolve to private
/// addresses.
pub(super) fn client(private: bool) -> reqwest::ClientBuilder {
    let mut client = reqwest::Client::builder();
    if !private {
        client = client.dns_resolver(PublicOnly);
    }
    client
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TOTAL_TIMEOUT)
        .user_agent(concat!("auth-scalekit/", env!("CARGO_PKG_VERSION")))
}

impl Fetcher {
    /// Builds the client, which reads the TLS roots. `private` allows names that resolve to private
    /// addresses.
    pub(crate) fn new(private: bool) -> Result<Self, reqwest::Error> {
        // An idle connection belongs to the runtime that opened it, which may stop; the next fetch is
        // minutes away and gains nothing from it.
        let client = client(private).pool_max_idle_per_host(0);
        client.build().map(Self)
    }

    /// The client, for other requests within the same limits.
    #[cfg(feature = "diagnose")]
    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.0
    }

    /// Fetches a JSON document. `fresh` makes caches in between revalidate it.
    pub(crate) async fn get(&self, url: &str, fresh: bool) -> Result<Fetched, FetchError> {
        self.answer(url, fresh)
            .await
            .map_err(|problem| FetchError::Get {
                url: url.into(),
                problem,
            })
    }

    async fn answer(&self, url: &str, fresh: bool) -> Result<Fetched, Problem> {
        let mut request = self.0.get(url).header(ACCEPT, "application/json");
        if fresh {
            request = request.header(CACHE_CONTROL, "no-cache");
        }
        let response = request.send().await.map_err(BodyProblem::transport)?;
        // A redirect is not followed: its status is an error.
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

    #[test]
    fn when_to_try_again_is_known_where_the_place_was_not() {
        let no_place = |wait| {
            let unavailable = Unavailable::new(Duration::from_millis(wait));
            FetchError::no_place("https://id.example", &unavailable)
        };
        for (error, expected) in [
            (no_place(7000), Some(Duration::from_secs(7))),
            (no_place(0), None),
            (FetchError::timed_out("https://id.example"), None),
        ] {
            assert_eq!(error.retry_after(), expected, "{error}");
        }
    }
}
