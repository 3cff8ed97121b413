//! From a [`Refusal`] to the HTTP response: status, `WWW-Authenticate` and body, in one match.
//!
//! | refusal | status | challenge |
//! |---|---|---|
//! | no credentials | 401 | `Bearer` without `error` (RFC 6750 section 3.1) |
//! | malformed credentials | 400 | `invalid_request` |
//! | invalid token | 401 | `invalid_token`, with the same description for every cause |
//! | token too long | 400 | `invalid_request`, with the limit: a new token would be as long |
//! | scope missing | 403 | `insufficient_scope` and all scopes that are needed |
//! | policy denies | 403 | none: a client would request scopes in vain |
//! | login too old or weak | 401 | `insufficient_user_authentication` (RFC 9470 section 3) |
//! | a quota is used up | 429 | none, but `Retry-After` (RFC 6585 section 4) |
//! | cannot be decided now | 503 | none, but `Retry-After` |
//! | host or origin not allowed | 403 | none |
//! | header duplicated | 400 | none; a JSON-RPC error |
//! | operation cannot be determined | 400 or 413 | none; a JSON-RPC error |
//! | too many bytes without a token | 503 | none, but `Retry-After` |
//! | no such session | 404 | none |
//!
//! `resource_metadata`, `scope` and `error` precede `error_description`, because existing clients
//! search for them as plain text.

use std::borrow::Cow;
use std::fmt::{Display, Write};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};

use super::refusal::Refusal;
use crate::operation::OperationError;
use crate::policy::AuthenticationRequirement;
use crate::token::Scopes;

/// Makes the responses of one resource.
#[derive(Debug, Clone)]
pub(crate) struct ChallengeWriter {
    /// `Bearer resource_metadata="..."`: the start of every challenge.
    prefix: String,
    /// The scopes that every request requires.
    base_scopes: Scopes,
}

/// The parts of a response that differ between refusals.
struct ResponseParts<'a> {
    status: StatusCode,
    /// The `error` member of the body.
    error: &'static str,
    /// The `error_description` member of the body, from fixed strings and numbers only.
    description: Cow<'static, str>,
    /// The code of a body that is a JSON-RPC error instead, where MCP defines one.
    json_rpc: Option<i32>,
    /// The challenge; `None` if the client cannot help it.
    challenge: Option<Challenge<'a>>,
}

/// The parts of a challenge that differ between refusals.
enum Challenge<'a> {
    /// Where to obtain a token. No error code: the client made no error (RFC 6750 section 3.1).
    Plain,
    /// Obtain another token.
    Error,
    /// Obtain a token with these scopes.
    Scopes(&'a Scopes),
    /// Obtain a token after another login.
    Login(&'a AuthenticationRequirement),
}

impl ChallengeWriter {
    /// `metadata_url` comes from a validated [`PublicUrl`](crate::provider::PublicUrl), so it
    /// contains no quotes.
    pub(crate) fn new(metadata_url: &str, base_scopes: Scopes) -> Self {
        Self {
            prefix: format!("Bearer resource_metadata=\"{metadata_url}\""),
            base_scopes,
        }
    }

    /// The response, with the refusal in its extensions. `scopes` are those of the operation, as
    /// far as it is known.
    pub(crate) fn response(&self, refusal: Refusal, scopes: &Scopes) -> Response<Bytes> {
        let parts = response_parts(&refusal);
        let body = match parts.json_rpc {
            None => format!(
                r#"{{"error":"{}","error_description":"{}"}}"#,
                parts.error, parts.description
            ),
            // The id is omitted and not null, which the schema of MCP does not allow.
            Some(code) => format!(
                r#"{{"jsonrpc":"2.0","error":{{"code":{code},"message":"{}"}}}}"#,
                parts.description
            ),
        };
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = parts.status;
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // Cannot fail: every part was validated when the layer was built.
        if let Some(challenge) = self.challenge(&parts, scopes)
            && let Ok(value) = HeaderValue::try_from(challenge)
        {
            headers.insert(WWW_AUTHENTICATE, value);
        }
        let wait = match &refusal {
            Refusal::Unavailable(unavailable) => Some(unavailable.retry_after()),
            Refusal::RateLimited(wait) => Some(*wait),
            Refusal::AnonymousBudgetExhausted => Some(Duration::from_secs(1)),
            _ => None,
        };
        if let Some(wait) = wait {
            // Rounded up: a client that waits this long must not be too early.
            let part = u64::from(wait.subsec_nanos() > 0);
            let seconds = wait.as_secs().saturating_add(part);
            let seconds = seconds.max(1);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(refusal);
        response
    }

    fn challenge(&self, parts: &ResponseParts<'_>, operation: &Scopes) -> Option<String> {
        let challenge = parts.challenge.as_ref()?;
        let mut text = self.prefix.clone();
        let mut parameter = |name: &str, value: &dyn Display| {
            // Writing to a `String` does not fail.
            let _ = write!(text, ", {name}=\"{value}\"");
        };
        // All scopes in one challenge: clients request those that it names, and no others.
        let scopes = self.base_scopes.union(operation);
        let scopes = match challenge {
            Challenge::Scopes(missing) => scopes.union(missing),
            Challenge::Plain | Challenge::Error | Challenge::Login(_) => scopes,
        };
        if !scopes.is_empty() {
            parameter("scope", &scopes);
        }
        if !matches!(challenge, Challenge::Plain) {
            parameter("error", &parts.error);
        }
        if let Challenge::Login(requirement) = challenge {
            if let Some(seconds) = requirement.max_age_seconds() {
                parameter("max_age", &seconds);
            }
            if !requirement.acr_values().is_empty() {
                parameter("acr_values", &requirement.acr_values().join(" "));
            }
        }
        if !matches!(challenge, Challenge::Plain) {
            parameter("error_description", &parts.description);
        }
        Some(text)
    }
}

/// The only place where a refusal becomes a status.
fn response_parts(refusal: &Refusal) -> ResponseParts<'_> {
    let mut json_rpc = None;
    let mut max_bytes = None;
    let (status, error, description, challenge) = match refusal {
        Refusal::NoCredentials => (
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "A bearer token is required",
            Some(Challenge::Plain),
        ),
        Refusal::MalformedCredentials(_) => (
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "The Authorization header is malformed",
            Some(Challenge::Error),
        ),
        Refusal::InvalidToken(_) => (
            StatusCode::UNAUTHORIZED,
            "invalid_token",
            "The access token is invalid or expired",
            Some(Challenge::Error),
        ),
        Refusal::TokenTooLong(invalid) => {
            max_bytes = invalid.max_bytes();
            (
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "The access token is too long",
                Some(Challenge::Error),
            )
        }
        Refusal::InsufficientScope(scopes) => (
            StatusCode::FORBIDDEN,
            "insufficient_scope",
            "The request needs a broader access token",
            Some(Challenge::Scopes(scopes)),
        ),
        Refusal::InsufficientUserAuthentication(requirement) => (
            StatusCode::UNAUTHORIZED,
            "insufficient_user_authentication",
            "A more recent or stronger login is required",
            Some(Challenge::Login(requirement)),
        ),
        Refusal::PolicyDenied(_) => (
            StatusCode::FORBIDDEN,
            "access_denied",
            "The caller is not allowed to do this",
            None,
        ),
        Refusal::RateLimited(_) => (
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "The caller has used up a quota",
            None,
        ),
        Refusal::HostNotAllowed(_) => (
            StatusCode::FORBIDDEN,
            "access_denied",
            "The host is not allowed",
            None,
        ),
        Refusal::UnclearOperation(error) => {
            let (status, code, description) = match error {
                OperationError::NotJson => (StatusCode::BAD_REQUEST, -32700, "Parse error"),
                OperationError::NotAMessage => (StatusCode::BAD_REQUEST, -32600, "Invalid request"),
                // MCP 2026-07-28, transports, HeaderMismatch.
                OperationError::HeaderMismatch => (
                    StatusCode::BAD_REQUEST,
                    -32020,
                    "Mcp-Method or Mcp-Name does not match the body",
                ),
                OperationError::TooLarge(_) => (
                    StatusCode::PAYLOAD_TOO_LARGE,
                    -32600,
                    "The body is too long",
                ),
                // Answered by its own variant; listed for completeness.
                OperationError::OverBudget => (
                    StatusCode::SERVICE_UNAVAILABLE,
                    -32603,
                    "Too many requests without a token",
                ),
                OperationError::Incomplete => {
                    (StatusCode::BAD_REQUEST, -32700, "The body did not arrive")
                }
            };
            json_rpc = Some(code);
            (status, "invalid_request", description, None)
        }
        Refusal::AmbiguousHeader(_) => {
            // MCP 2026-07-28, transports, HeaderMismatch.
            json_rpc = Some(-32020);
            (
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "A header that may be sent once only is duplicated or unreadable",
                None,
            )
        }
        Refusal::AnonymousBudgetExhausted => (
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            "Too many requests without a token",
            None,
        ),
        // Recorded only: the response had been sent already.
        Refusal::UnreadableList => (
            StatusCode::BAD_GATEWAY,
            "server_error",
            "The server's list cannot be read",
            None,
        ),
        Refusal::NoSuchSession => (
            StatusCode::NOT_FOUND,
            "not_found",
            "The session does not exist",
            None,
        ),
        Refusal::OriginNotAllowed(_) => (
            StatusCode::FORBIDDEN,
            "access_denied",
            "The origin is not allowed",
            None,
        ),
        Refusal::Unavailable(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            "The request cannot be decided now",
            None,
        ),
    };
    let description = match max_bytes {
        Some(bytes) => format!("The access token is longer than {bytes} bytes").into(),
        None => description.into(),
    };
    ResponseParts {
        status,
        error,
        description,
        json_rpc,
        challenge,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verifier::Unavailable;

    #[test]
    fn retry_after_is_rounded_up() {
        let challenges = ChallengeWriter::new("https://mcp.example.com", Scopes::default());
        for (name, wait, seconds) in [
            ("the control", Duration::from_secs(7), "7"),
            ("a nanosecond more", Duration::new(7, 1), "8"),
            ("a nanosecond less", Duration::new(6, 999_999_999), "7"),
            ("none", Duration::ZERO, "1"),
            ("less than one", Duration::from_millis(1), "1"),
            ("for ever", Duration::MAX, "18446744073709551615"),
        ] {
            let response =
                challenges.response(Refusal::Unavailable(Unavailable::new(wait)), Scopes::NONE);
            assert_eq!(response.headers()[RETRY_AFTER], seconds, "{name}");
        }
    }
}
