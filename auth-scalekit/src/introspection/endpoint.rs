//! [`Endpoint`]: one POST to the introspection endpoint, within every limit that a broken server makes
//! necessary: no redirects, no proxy of the environment, a connect timeout and a total timeout, a size, a
//! content type.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::support::async_trait;
use auth_core::support::json::{self, JsonError, RawObject};
use auth_core::verifier::InvalidReason;
use http::header::AUTHORIZATION;
use http::{HeaderValue, StatusCode};
use thiserror::Error;
use url::Url;

use super::client_authentication::ClientAuthentication;
use super::rules::ResponseRules;
use crate::lookup::{CallError, FailureKind, Issuer, Verdict};
use crate::remote;
use crate::remote::json_body::{self, BodyProblem};

/// The introspection endpoint, this server as its client, and the checks of a response.
pub(super) struct Endpoint {
    pub(super) client: reqwest::Client,
    pub(super) url: Url,
    /// The URL as logs and errors may show it.
    pub(super) shown_url: Arc<str>,
    pub(super) authentication: ClientAuthentication,
    pub(super) authorization: Option<HeaderValue>,
    pub(super) rules: ResponseRules,
}

/// Why a call failed. It says nothing about the token, and contains nothing of it.
#[derive(Debug, Error)]
#[error("POST {url}: {problem}")]
struct EndpointError {
    url: Arc<str>,
    problem: Problem,
    retry_after: Option<Duration>,
}

#[derive(Debug, Error)]
enum Problem {
    #[error(transparent)]
    Body(#[from] BodyProblem),
    #[error("status {0}")]
    Status(StatusCode),
    #[error("status {0}: check client_authentication, and any firewall before the endpoint")]
    NotAuthorized(StatusCode),
    #[error("status {0}, the client is not accepted: check client_authentication")]
    BadClient(StatusCode),
    #[error("the body is not a JSON object")]
    NotAnObject,
}

impl From<EndpointError> for CallError {
    fn from(error: EndpointError) -> Self {
        let kind = match error.problem {
            Problem::Body(BodyProblem::Transport(_)) => FailureKind::NoAnswer,
            Problem::BadClient(_) => FailureKind::Credentials,
            Problem::Body(BodyProblem::ContentType(_) | BodyProblem::TooLarge(_))
            | Problem::Status(_)
            | Problem::NotAuthorized(_)
            | Problem::NotAnObject => FailureKind::BadAnswer,
        };
        Self::new(kind, error.retry_after, error)
    }
}

#[async_trait]
impl Issuer for Endpoint {
    async fn ask(&self, token: &str, now: SystemTime) -> Result<Verdict, CallError> {
        let answer = self.introspect(token).await?;
        Ok(answer.and_then(|answer| self.rules.check(&answer, now)))
    }

    fn abandoned(&self) -> CallError {
        let problem = BodyProblem::Transport("the call was abandoned".into());
        self.error(problem).into()
    }
}

impl Endpoint {
    /// Introspects `token`; returns the response, a JSON object
    /// ([RFC 7662 section 2.1](https://www.rfc-editor.org/rfc/rfc7662#section-2.1)).
    ///
    /// An object with a duplicate member is a response too: the token is refused.
    async fn introspect(
        &self,
        token: &str,
    ) -> Result<Result<RawObject, InvalidReason>, EndpointError> {
        let response = self.request(token).send().await;
        let response = response.map_err(|error| self.error(BodyProblem::transport(error)))?;
        // A redirect is not followed: the token is sent to no other URL.
        if response.status() != StatusCode::OK {
            return Err(self.wrong_status(response).await);
        }
        let body = json_body::read(response).await;
        let body = body.map_err(|problem| self.error(problem))?;
        let text = std::str::from_utf8(&body).map_err(|_| self.error(Problem::NotAnObject))?;
        match RawObject::parse(text) {
            Ok(object) => Ok(Ok(object)),
            Err(JsonError::DuplicateMember) => Ok(Err(InvalidReason::DuplicateMember)),
            Err(_) => Err(self.error(Problem::NotAnObject)),
        }
    }

    fn request(&self, token: &str) -> reqwest::RequestBuilder {
        let token = [("token", token), ("token_type_hint", "access_token")];
        let members = self.authentication.form_members().into_iter().flatten();
        let url = self.url.clone();
        let mut request = remote::form(&self.client, url, token.into_iter().chain(members));
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        request
    }

    async fn wrong_status(&self, response: reqwest::Response) -> EndpointError {
        let (status, retry_after) = (response.status(), remote::retry_after(response.headers()));
        let may_name_the_client = matches!(
            status,
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
        );
        let problem = if may_name_the_client && names_the_client(response).await {
            Problem::BadClient(status)
        } else if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            Problem::NotAuthorized(status)
        } else {
            Problem::Status(status)
        };
        EndpointError {
            retry_after,
            ..self.error(problem)
        }
    }

    fn error(&self, problem: impl Into<Problem>) -> EndpointError {
        EndpointError {
            url: Arc::clone(&self.shown_url),
            problem: problem.into(),
            retry_after: None,
        }
    }
}

/// Whether an error response is about this server as a client, not about the token ([RFC 6749 section 5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2)).
async fn names_the_client(response: reqwest::Response) -> bool {
    let Ok(body) = json_body::read(response).await else {
        return false;
    };
    let text = std::str::from_utf8(&body).unwrap_or_default();
    let Ok([Some(code)]) = json::members(text, ["error"]) else {
        return false;
    };
    code.is("invalid_client") || code.is("unauthorized_client")
}
