//! Errors of Scalekit's management API: gRPC codes, as JSON.

use http::StatusCode;
use http::header::RETRY_AFTER;
use serde_json::{Value, json};

use crate::oauth::reply::{self, Reply};

/// Why a call is refused.
#[derive(Debug)]
pub(crate) struct ApiError {
    kind: Kind,
    message: String,
    /// The member of the body that is at fault, and the rule that it breaks.
    violation: Option<(&'static str, &'static str)>,
    /// What the client of the token may not do.
    required_permission: Option<&'static str>,
    /// Seconds after which the call may be repeated.
    retry_after: Option<u64>,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    InvalidArgument,
    NotFound,
    AlreadyExists,
    PermissionDenied,
    RateLimited,
    FailedPrecondition,
    Unauthenticated,
}

impl Kind {
    /// The code of gRPC, its name, and the status that a gateway makes of it.
    fn code(self) -> (u8, &'static str, StatusCode) {
        match self {
            Self::InvalidArgument => (3, "INVALID_ARGUMENT", StatusCode::BAD_REQUEST),
            Self::NotFound => (5, "NOT_FOUND", StatusCode::NOT_FOUND),
            Self::AlreadyExists => (6, "ALREADY_EXISTS", StatusCode::CONFLICT),
            Self::PermissionDenied => (7, "PERMISSION_DENIED", StatusCode::FORBIDDEN),
            Self::RateLimited => (8, "RATE_LIMITED", StatusCode::TOO_MANY_REQUESTS),
            Self::FailedPrecondition => (9, "FAILED_PRECONDITION", StatusCode::BAD_REQUEST),
            Self::Unauthenticated => (16, "UNAUTHENTICATED", StatusCode::UNAUTHORIZED),
        }
    }
}

impl ApiError {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            violation: None,
            required_permission: None,
            retry_after: None,
        }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::InvalidArgument, message)
    }

    pub(crate) fn violation(field: &'static str, constraint: &'static str, message: &str) -> Self {
        Self {
            violation: Some((field, constraint)),
            ..Self::invalid(message)
        }
    }

    pub(crate) fn not_found(message: &str) -> Self {
        Self::new(Kind::NotFound, message)
    }

    pub(crate) fn permission_denied(message: &str) -> Self {
        Self::new(Kind::PermissionDenied, message)
    }

    /// The client of the token lacks this permission.
    pub(crate) fn missing_permission(permission: &'static str) -> Self {
        Self {
            required_permission: Some(permission),
            ..Self::permission_denied("the client of the token does not have the permission")
        }
    }

    /// There were too many calls; the seconds after which the next may come, if the reply states them.
    pub(crate) fn rate_limited(retry_after: Option<u64>) -> Self {
        Self {
            retry_after,
            ..Self::new(Kind::RateLimited, "rate limit exceeded")
        }
    }

    pub(crate) fn already_exists(message: &str) -> Self {
        Self::new(Kind::AlreadyExists, message)
    }

    pub(crate) fn failed_precondition(message: &str) -> Self {
        Self::new(Kind::FailedPrecondition, message)
    }

    pub(crate) fn unauthenticated(message: &str) -> Self {
        Self::new(Kind::Unauthenticated, message)
    }

    /// The login request is unknown, malformed or has expired, which the API does not distinguish.
    pub(crate) fn unknown_login_request() -> Self {
        Self::invalid("invalid login request id: it is malformed, unknown or has expired")
    }

    pub(crate) fn into_reply(self) -> Reply {
        let (code, name, status) = self.kind.code();
        let mut detail = detail(name);
        if let Some((field, constraint)) = self.violation {
            let violation = json!({
                "field": field,
                "description": self.message,
                "constraint": constraint,
            });
            detail["validation_error_info"] = json!({ "field_violations": [violation] });
        }
        if let Some(permission) = self.required_permission {
            detail["resource_info"] = json!({ "required_permissions": [permission] });
        }
        let body = json!({ "code": code, "message": self.message, "details": [detail] });
        let reply = reply::no_store(reply::json(status, &body));
        match self.retry_after {
            None => reply,
            Some(seconds) => reply::with_header(reply, (RETRY_AFTER, &seconds.to_string())),
        }
    }
}

/// A reply with an error status that a test has asked for, in the format of the API.
pub(crate) fn in_format(reply: Reply) -> Reply {
    let (code, name) = match reply.status().as_u16() {
        400 => (3, "INVALID_ARGUMENT"),
        401 => (16, "UNAUTHENTICATED"),
        403 => (7, "PERMISSION_DENIED"),
        404 => (5, "NOT_FOUND"),
        409 => (6, "ALREADY_EXISTS"),
        429 => (8, "RATE_LIMITED"),
        500 => (13, "INTERNAL"),
        501 => (12, "UNIMPLEMENTED"),
        503 => (14, "UNAVAILABLE"),
        504 => (4, "DEADLINE_EXCEEDED"),
        _ => (2, "UNKNOWN"),
    };
    let message = "the test asked for this answer";
    let body = json!({ "code": code, "message": message, "details": [detail(name)] });
    let (mut head, _) = reply.into_parts();
    let (of_body, bytes) = reply::json(head.status, &body).into_parts();
    head.headers.extend(of_body.headers);
    Reply::from_parts(head, bytes)
}

fn detail(name: &str) -> Value {
    json!({
        "@type": "type.googleapis.com/scalekit.v1.errdetails.ErrorInfo",
        "error_code": name,
    })
}

/// The reply to a call of the API, whose success has this status.
pub(crate) fn reply(success: StatusCode, outcome: Result<Value, ApiError>) -> Reply {
    match outcome {
        Ok(body) => reply::no_store(reply::json(success, &body)),
        Err(error) => error.into_reply(),
    }
}
