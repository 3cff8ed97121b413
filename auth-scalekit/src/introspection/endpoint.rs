//! One POST to the introspection endpoint, with every limit that an ill server makes necessary: no
//! redirects, no ambient proxy, a time for connecting and one for everything, a size, a content
//! type.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use reqwest::redirect::Policy;
use thiserror::Error;
use url::{Url, form_urlencoded};

use super::client_authentication::ClientAuthentication;
use super::endpoint_url;
use crate::remote::json_body::{self, BodyProblem};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// One call takes no longer than this.
pub(super) const TOTAL_TIMEOUT: Duration = Duration::from_secs(3);
/// Shorter than servers keep idle connections, so that no call meets one that is being closed: a
/// POST that may have arrived is not sent again.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// The introspection endpoint, and this server as its client.
pub(super) struct Endpoint {
    pub(super) client: reqwest::Client,
    pub(super) url: Url,
    pub(super) authentication: ClientAuthentication,
    pub(super) authorization: Option<HeaderValue>,
}

/// Why there is no answer about a token. It is never the token's fault, and holds nothing of it.
#[derive(Debug, Clone, Error)]
#[error("POST {url}: {problem}")]
pub(super) struct EndpointError {
    url: String,
    problem: Problem,
    retry_after: Option<Duration>,
}

#[derive(Debug, Clone, Error)]
enum Problem {
    #[error(transparent)]
    Body(#[from] BodyProblem),
    #[error("status {0}")]
    Status(StatusCode),
    #[error("status {0}: is client_authentication right?")]
    NotLetIn(StatusCode),
    #[error("the body is not a JSON object")]
    NotAnObject,
}

impl EndpointError {
    /// Whether this may be about the one token that was asked about. Whoever makes such a token
    /// must not be able to shut the endpoint for everyone.
    pub(super) fn may_concern_one_token(&self) -> bool {
        match self.problem {
            Problem::Body(BodyProblem::TooLarge) => true,
            Problem::Status(status) => matches!(
                status,
                StatusCode::BAD_REQUEST
                    | StatusCode::PAYLOAD_TOO_LARGE
                    | StatusCode::URI_TOO_LONG
                    | StatusCode::UNPROCESSABLE_ENTITY
                    | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
            ),
            _ => false,
        }
    }

    /// The wait that the endpoint asks for.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

/// A client for the endpoint; TLS roots are read here.
pub(super) fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TOTAL_TIMEOUT)
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .user_agent(concat!(
            env!("CARGO_PKG_NAME"),
            "/",
            env!("CARGO_PKG_VERSION")
        ))
        .build()
}

impl Endpoint {
    /// The body of the answer about `token`
    /// ([RFC 7662 section 2.1](https://www.rfc-editor.org/rfc/rfc7662#section-2.1)).
    pub(super) async fn ask(&self, token: &str) -> Result<Bytes, EndpointError> {
        let response = self.request(token).send().await;
        let response = response.map_err(|error| self.error(BodyProblem::no_answer(error)))?;
        // A redirect is a status like any other here: the token goes to no other place.
        if response.status() != StatusCode::OK {
            return Err(self.wrong_status(response.status(), response.headers()));
        }
        json_body::read(response)
            .await
            .map_err(|problem| self.error(problem))
    }

    fn request(&self, token: &str) -> reqwest::RequestBuilder {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", token);
        form.append_pair("token_type_hint", "access_token");
        if let Some(members) = self.authentication.form_members() {
            form.extend_pairs(members);
        }
        let mut request = self
            .client
            .post(self.url.clone())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.finish());
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        request
    }

    /// The answer came but is no JSON object.
    pub(super) fn not_an_object(&self) -> EndpointError {
        self.error(Problem::NotAnObject)
    }

    /// The task that asked ended without a word.
    pub(super) fn abandoned(&self) -> EndpointError {
        self.error(BodyProblem::NoAnswer("the call was abandoned".into()))
    }

    fn wrong_status(&self, status: StatusCode, headers: &HeaderMap) -> EndpointError {
        let problem = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Problem::NotLetIn(status),
            _ => Problem::Status(status),
        };
        EndpointError {
            retry_after: retry_after(headers),
            ..self.error(problem)
        }
    }

    fn error(&self, problem: impl Into<Problem>) -> EndpointError {
        EndpointError {
            url: endpoint_url::shown(&self.url),
            problem: problem.into(),
            retry_after: None,
        }
    }
}

/// `Retry-After` in seconds; a date is not worth a parser here.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}
