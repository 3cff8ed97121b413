//! One MCP request over HTTP, and the refusals among its responses.
//!
//! rmcp's own HTTP client reads the first `WWW-Authenticate` line alone, reports a 401 without one as a malformed
//! response, and drops the header with a nonce. Here all lines of a refusal reach the login.

use std::{borrow::Cow, sync::Arc};

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use reqwest::Response;
use rmcp::transport::streamable_http_client::{
    AuthRequiredError, HttpStatusError, InsufficientScopeError, StreamableHttpError,
};

use super::mcp_error::{McpHttpError, TransportResult};
use crate::{challenge::Challenge, redact};

/// An MCP request without its token. It can be sent again.
#[derive(Clone)]
pub(super) struct McpRequest {
    pub(super) method: Method,
    pub(super) url: Arc<str>,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Vec<u8>>,
}

impl McpRequest {
    /// Sends it with these headers in addition. Every response is `Ok`, refusals too.
    pub(super) async fn send(
        &self,
        http: &reqwest::Client,
        credentials: HeaderMap,
    ) -> TransportResult<Response> {
        let mut request = http
            .request(self.method.clone(), &*self.url)
            .headers(self.headers.clone())
            .headers(credentials);
        if let Some(body) = &self.body {
            request = request.body(body.clone());
        }
        request.send().await.map_err(|error| {
            StreamableHttpError::Client(McpHttpError::Network(error.without_url()))
        })
    }
}

/// All `WWW-Authenticate` lines as one (RFC 9110 section 5.3); empty when there is none.
pub(super) fn challenge_lines(headers: &HeaderMap) -> String {
    let lines: Vec<Cow<'_, str>> = headers
        .get_all(header::WWW_AUTHENTICATE)
        .iter()
        .map(|line| String::from_utf8_lossy(line.as_bytes()))
        .collect();
    lines.join(", ")
}

/// Whether the token itself was refused, so that another one may be accepted.
pub(super) fn refuses_token(response: &Response) -> bool {
    let challenge = || Challenge::read(&challenge_lines(response.headers()));
    match response.status() {
        StatusCode::UNAUTHORIZED => true,
        StatusCode::FORBIDDEN => challenge().error.as_deref() == Some("invalid_token"),
        _ => false,
    }
}

/// The refusal in this response; none when it has to be read.
///
/// A 401 asks for a login, with or without a challenge. A 403 does so only with a challenge for tokens: that names the
/// scopes that are missing, or says that the token is invalid.
pub(super) fn refusal_of(response: &Response) -> Option<StreamableHttpError<McpHttpError>> {
    let lines = || challenge_lines(response.headers());
    match response.status() {
        StatusCode::UNAUTHORIZED => Some(StreamableHttpError::AuthRequired(
            AuthRequiredError::new(lines()),
        )),
        StatusCode::FORBIDDEN => Some(forbidden(lines())),
        status if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() => {
            Some(HttpStatusError::new(status.as_u16(), None).into())
        }
        status if status.is_redirection() => {
            let to = response.headers().get(header::LOCATION);
            let to = to.map_or_else(String::new, location_without_query);
            Some(StreamableHttpError::UnexpectedServerResponse(Cow::Owned(
                format!("HTTP {} to another place: {to}", status.as_u16()),
            )))
        }
        _ => None,
    }
}

fn forbidden(lines: String) -> StreamableHttpError<McpHttpError> {
    let challenge = Challenge::read(&lines);
    match challenge.error.as_deref() {
        _ if !challenge.for_tokens => {
            StreamableHttpError::Client(McpHttpError::Forbidden("HTTP 403".into()))
        }
        Some("invalid_token") => StreamableHttpError::AuthRequired(AuthRequiredError::new(lines)),
        Some("insufficient_scope") => step_up(lines, challenge),
        None if challenge.scope.is_some() => step_up(lines, challenge),
        _ => StreamableHttpError::Client(McpHttpError::Forbidden(format!(
            "HTTP 403, {}",
            challenge.reason()
        ))),
    }
}

fn step_up(lines: String, challenge: Challenge) -> StreamableHttpError<McpHttpError> {
    StreamableHttpError::InsufficientScope(InsufficientScopeError::new(lines, challenge.scope))
}

fn location_without_query(location: &HeaderValue) -> String {
    let location = String::from_utf8_lossy(location.as_bytes());
    redact::printable(location.split(['?', '#']).next().unwrap_or_default())
}
