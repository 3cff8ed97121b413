//! `{"error","error_description"}` (RFC 6749 section 5.2) and the refusals that reuse it.

use http::StatusCode;
use http::header::WWW_AUTHENTICATE;
use serde_json::json;

use super::reply::{self, Reply};

/// Why a request is refused: an error code of a registry, and a text for the developer.
#[derive(Debug, Clone)]
pub(crate) struct OAuthError {
    pub(crate) code: String,
    pub(crate) description: String,
}

impl OAuthError {
    pub(crate) fn new(code: &str, description: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            description: description.into(),
        }
    }

    pub(crate) fn invalid_request(description: impl Into<String>) -> Self {
        Self::new("invalid_request", description)
    }

    pub(crate) fn invalid_grant(description: impl Into<String>) -> Self {
        Self::new("invalid_grant", description)
    }

    /// As JSON: 400, or 401 with a challenge when the client did not authenticate.
    pub(crate) fn into_reply(self) -> Reply {
        let body = json!({ "error": self.code, "error_description": self.description });
        if self.code == "invalid_client" {
            let challenge = (WWW_AUTHENTICATE, "Basic realm=\"OAuth\"");
            return reply::with_header(reply::json(StatusCode::UNAUTHORIZED, &body), challenge);
        }
        reply::json(StatusCode::BAD_REQUEST, &body)
    }
}
