//! [`Reply`]: what a sender is answered. The texts are constant: a stranger learns nothing from them.

use std::time::Duration;

use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode, Version};

use super::signature::SignatureError;

/// Each with one status and one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// The effects are stored, now or before.
    Stored,
    NotPost,
    /// The headers, or the body of a signed webhook, are malformed, or the timestamp is not current.
    Malformed,
    NotSigned,
    TooLong,
    TooSlow,
    /// The effects cannot be stored now, or the body found no room.
    Later(Duration),
}

impl Reply {
    pub(super) fn of(error: SignatureError) -> Self {
        match error {
            SignatureError::Invalid => Self::NotSigned,
            _ => Self::Malformed,
        }
    }

    fn parts(self) -> (StatusCode, &'static str) {
        match self {
            Self::Stored => (StatusCode::CREATED, "{}"),
            Self::NotPost => (
                StatusCode::METHOD_NOT_ALLOWED,
                r#"{"error":"method_not_allowed"}"#,
            ),
            Self::Malformed => (StatusCode::BAD_REQUEST, r#"{"error":"invalid_webhook"}"#),
            Self::NotSigned => (StatusCode::UNAUTHORIZED, r#"{"error":"invalid_signature"}"#),
            Self::TooLong => (
                StatusCode::PAYLOAD_TOO_LARGE,
                r#"{"error":"body_too_long"}"#,
            ),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, r#"{"error":"body_too_slow"}"#),
            Self::Later(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                r#"{"error":"temporarily_unavailable"}"#,
            ),
        }
    }

    /// The response. `is_body_read` is whether the request was read to its end: if not, its connection cannot be used
    /// again (HTTP/1.1).
    pub(super) fn response(self, version: Version, is_body_read: bool) -> Response<String> {
        let (status, text) = self.parts();
        let mut response = Response::new(String::from(text));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        match self {
            Self::NotPost => {
                headers.insert(ALLOW, HeaderValue::from_static("POST"));
            }
            // RFC 9110 section 15.5.2 requires a challenge.
            Self::NotSigned => {
                let challenge = HeaderValue::from_static("StandardWebhooks");
                headers.insert(WWW_AUTHENTICATE, challenge);
            }
            Self::Later(wait) => {
                // A part of a second is a whole one here.
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
            }
            Self::Stored | Self::Malformed | Self::TooLong | Self::TooSlow => {}
        }
        if !is_body_read && version < Version::HTTP_2 {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
