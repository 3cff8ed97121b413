//! Reads the response of a token endpoint: leniently where no security depends on it, and strictly where it does.
//!
//! | member | read |
//! |---|---|
//! | `access_token` | a string that fits a header; required |
//! | `token_type` | `Bearer`, or `DPoP` for a request with a proof, in any case; all others are refused (RFC 6749 section 7.1) |
//! | `expires_in` | a number, also with a fraction or as a string; absent when it cannot be read, or the token would expire at once |
//! | `refresh_token` | a string; an empty one is absent |
//! | `scope` | a string, or a list of strings |
//! | `error` | a refusal, also with a status of success |

use auth_core::support::json;
use http::StatusCode;
use serde_json::{Map, Value};

use crate::{
    error::ClientError,
    events::Granted,
    json_object::{self, text},
    redact,
};

/// The grant type of a refresh (RFC 6749 section 6).
pub(super) const REFRESH: &str = "refresh_token";

/// The grant type of a token exchange (RFC 8693 section 2.1).
pub(super) const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// A response that can be used.
#[derive(Debug)]
pub(super) struct TokenResponse {
    /// It as RFC 6749 section 5.1 writes it.
    pub(super) body: Vec<u8>,
    pub(super) granted: Granted,
    /// Whether `expires_in` was zero or negative. It is not passed on: whether the token is accepted is for the server
    /// to say.
    pub(super) expires_at_once: bool,
}

/// Whether an error code refuses the client itself (RFC 6749 sections 4.1.2.1 and 5.2).
pub(crate) fn refuses_client(code: &str) -> bool {
    matches!(code, "invalid_client" | "unauthorized_client")
}

/// Why there are no tokens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenFailure {
    /// The issuer refused: its `error` code, else the status (RFC 6749 section 5.2).
    #[error("{0}")]
    Refused(String),
    /// The issuer is out of order, limits requests, or cannot be reached.
    #[error("{0}")]
    Unavailable(String),
    /// The endpoint is at an address that metadata must not lead to: the host or the URL.
    #[error("{0} is at a private or reserved address")]
    Forbidden(String),
    /// The response is none that can be used.
    #[error("{0}")]
    Unusable(String),
}

impl TokenFailure {
    /// Whether the issuer refused the client itself rather than its grant.
    pub(crate) fn is_of_client(&self) -> bool {
        matches!(self, Self::Refused(code) if refuses_client(code))
    }

    /// The `error` code that rmcp gets to see. rmcp gives up a refresh token for `invalid_grant` alone. Issuers refuse
    /// one with many other codes, and a client that kept it could never log in again.
    fn code(&self, grant: &str) -> &str {
        match self {
            Self::Unavailable(_) | Self::Forbidden(_) => "temporarily_unavailable",
            Self::Refused(code) if is_transient(code) => code,
            _ if self.is_of_client() || grant != REFRESH => match self {
                Self::Refused(code) => code,
                _ => "invalid_response",
            },
            _ => "invalid_grant",
        }
    }

    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::Unavailable(_) | Self::Forbidden(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    pub(super) fn body(&self, grant: &str) -> Vec<u8> {
        let error = serde_json::json!({ "error": self.code(grant) });
        error.to_string().into_bytes()
    }
}

impl From<TokenFailure> for ClientError {
    fn from(failure: TokenFailure) -> Self {
        match failure {
            TokenFailure::Refused(code) => Self::Token(code),
            TokenFailure::Unavailable(reason) => Self::TokenUnavailable(reason),
            TokenFailure::Forbidden(place) => Self::ForbiddenAddress { place },
            TokenFailure::Unusable(why) => Self::TokenResponse(why),
        }
    }
}

/// Whether the same request may succeed later.
pub(crate) fn is_outage(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
        )
}

/// Reads a response; `with_proof` is whether the request had a DPoP proof.
///
/// # Errors
///
/// [`TokenFailure`].
pub(super) fn read(
    status: StatusCode,
    body: &[u8],
    with_proof: bool,
) -> Result<TokenResponse, TokenFailure> {
    if is_outage(status) {
        return Err(TokenFailure::Unavailable(format!(
            "HTTP {}",
            status.as_u16()
        )));
    }
    let object = json_object::read(body).map_err(|what| format!("it is {what}"));
    let refused = object
        .as_ref()
        .ok()
        .and_then(|object| text(object, "error"));
    if !status.is_success() {
        let code = refused.map_or_else(
            || format!("HTTP {}", status.as_u16()),
            |code| redact::printable(&code),
        );
        return Err(TokenFailure::Refused(code));
    }
    if let Some(code) = refused {
        return Err(TokenFailure::Refused(redact::printable(&code)));
    }
    let object = object.map_err(TokenFailure::Unusable)?;
    of_object(object, with_proof)
}

/// The codes of a refusal that says nothing about the grant: RFC 6749 section 4.1.2.1, RFC 8628 section 3.5, RFC 9449
/// sections 5 and 8.
fn is_transient(code: &str) -> bool {
    matches!(
        code,
        "temporarily_unavailable"
            | "server_error"
            | "slow_down"
            | "use_dpop_nonce"
            | "invalid_dpop_proof"
    )
}

fn of_object(
    mut object: Map<String, Value>,
    with_proof: bool,
) -> Result<TokenResponse, TokenFailure> {
    let unusable = |why: String| Err(TokenFailure::Unusable(why));
    let Some(token) = text(&object, "access_token") else {
        return unusable("it lacks `access_token`".into());
    };
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return unusable("`access_token` has characters that no header may have".into());
    }
    match object.get("token_type") {
        Some(Value::String(kind)) if kind.eq_ignore_ascii_case("bearer") => {}
        Some(Value::String(kind)) if kind.eq_ignore_ascii_case("dpop") && with_proof => {}
        Some(Value::String(kind)) => {
            return unusable(format!(
                "`token_type` is {:?}, which this client must not use (RFC 6749 section 7.1)",
                redact::printable(kind)
            ));
        }
        Some(_) => return unusable("`token_type` is not a string".into()),
        None => return unusable("it lacks `token_type`".into()),
    }
    let lifetime = object
        .remove("expires_in")
        .and_then(|value| seconds(&value));
    let expires_at_once = lifetime.is_some_and(|seconds| seconds <= 0);
    let lifetime = lifetime.and_then(|seconds| u64::try_from(seconds).ok());
    let lifetime = lifetime.filter(|seconds| *seconds > 0);
    let scope = scope(object.remove("scope"));
    let refresh_token = text(&object, "refresh_token");
    object.remove("refresh_token");
    object.retain(|_, value| !value.is_null());
    let granted = Granted {
        scope: scope.clone(),
        expires_in: lifetime,
        refresh_token: refresh_token.is_some(),
    };
    let members = [
        ("expires_in", lifetime.map(Value::from)),
        ("scope", scope.map(Value::from)),
        ("refresh_token", refresh_token.map(Value::from)),
    ];
    for (name, value) in members {
        if let Some(value) = value {
            object.insert(name.to_owned(), value);
        }
    }
    Ok(TokenResponse {
        body: Value::Object(object).to_string().into_bytes(),
        granted,
        expires_at_once,
    })
}

/// Whole seconds, also of a fraction or a string.
fn seconds(value: &Value) -> Option<i64> {
    let number = match value {
        Value::String(digits) => json::number(digits.trim())?,
        Value::Number(number) => number.clone(),
        _ => return None,
    };
    match (number.as_i64(), number.as_f64()) {
        (Some(seconds), _) => Some(seconds),
        // A hundred years are as good as more.
        #[allow(clippy::cast_possible_truncation, reason = "clamped")]
        (None, Some(seconds)) => Some(seconds.clamp(-1.0, 3_155_760_000.0).floor() as i64),
        (None, None) => None,
    }
}

fn scope(value: Option<Value>) -> Option<String> {
    let scope = match value? {
        Value::String(scope) => scope,
        Value::Array(listed) => {
            let listed: Option<Vec<&str>> = listed.iter().map(Value::as_str).collect();
            listed?.join(" ")
        }
        _ => return None,
    };
    (!scope.trim().is_empty()).then_some(scope)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::json;

    use super::*;

    fn good() -> Value {
        json!({ "access_token": "at", "token_type": "Bearer", "expires_in": 60, "refresh_token": "rt", "scope": "a b" })
    }

    fn with(member: &str, value: Value) -> Value {
        let mut response = good();
        match value {
            Value::Null => drop(response.as_object_mut().unwrap().remove(member)),
            value => response[member] = value,
        }
        response
    }

    fn read_ok(response: &Value) -> Result<TokenResponse, TokenFailure> {
        read(StatusCode::OK, response.to_string().as_bytes(), false)
    }

    #[test]
    fn what_no_security_depends_on_is_read_leniently() {
        let rows = [
            ("expires_in", json!("60"), Some(60), false),
            ("expires_in", json!(" 60 "), Some(60), false),
            ("expires_in", json!(60.9), Some(60), false),
            ("expires_in", json!("60.9"), Some(60), false),
            ("expires_in", json!(1e300), Some(3_155_760_000), false),
            ("expires_in", json!(0), None, true),
            ("expires_in", json!(0.5), None, true),
            ("expires_in", json!(-5), None, true),
            ("expires_in", json!("-5"), None, true),
            ("expires_in", json!("soon"), None, false),
            ("expires_in", json!([60]), None, false),
            ("expires_in", Value::Null, None, false),
            ("token_type", json!("bEARER"), Some(60), false),
        ];
        for (member, value, expires_in, at_once) in rows {
            let response = read_ok(&with(member, value.clone())).unwrap();
            assert_eq!(response.granted.expires_in, expires_in, "{member} {value}");
            assert_eq!(response.expires_at_once, at_once, "{member} {value}");
            let passed_on: Value = serde_json::from_slice(&response.body).unwrap();
            assert_eq!(
                passed_on.get("expires_in").and_then(Value::as_u64),
                expires_in
            );
        }
        for (value, scope) in [
            (json!(["a", "b"]), Some("a b")),
            (json!(""), None),
            (json!([]), None),
            (json!([1]), None),
            (json!(7), None),
        ] {
            let response = read_ok(&with("scope", value)).unwrap();
            assert_eq!(response.granted.scope.as_deref(), scope);
        }
        for value in [json!(""), json!(7), Value::Null] {
            let response = read_ok(&with("refresh_token", value)).unwrap();
            assert!(!response.granted.refresh_token);
            assert!(
                !String::from_utf8(response.body)
                    .unwrap()
                    .contains("refresh_token")
            );
        }
        let marked = format!("\u{feff}{}", good());
        assert!(read(StatusCode::CREATED, marked.as_bytes(), false).is_ok());
    }

    #[test]
    fn what_security_depends_on_is_refused() {
        assert!(read_ok(&good()).is_ok(), "the control");
        let rows = [
            ("access_token", Value::Null, "lacks `access_token`"),
            ("access_token", json!(""), "lacks `access_token`"),
            ("access_token", json!("a b"), "no header"),
            ("access_token", json!("a\r\nx: y"), "no header"),
            ("token_type", Value::Null, "lacks `token_type`"),
            ("token_type", json!(""), "is \"\""),
            ("token_type", json!("mac"), "is \"mac\""),
            ("token_type", json!("N_A"), "is \"N_A\""),
            ("token_type", json!("PoP"), "is \"PoP\""),
            ("token_type", json!("DPoP"), "is \"DPoP\""),
            ("token_type", json!(["Bearer"]), "not a string"),
        ];
        for (member, value, says) in rows {
            match read_ok(&with(member, value.clone())) {
                Err(TokenFailure::Unusable(why)) => assert!(why.contains(says), "{why}"),
                other => panic!("{member} {value}: {other:?}"),
            }
        }
        let bound = with("token_type", json!("dpop")).to_string();
        assert!(read(StatusCode::OK, bound.as_bytes(), true).is_ok());
        let twice = r#"{"access_token":"a","access_token":"b","token_type":"bearer"}"#;
        for body in [twice, "[]", "access_token=a&token_type=bearer", ""] {
            let read = read(StatusCode::OK, body.as_bytes(), false);
            assert!(matches!(read, Err(TokenFailure::Unusable(_))), "{body}");
        }
    }

    #[test]
    fn a_refusal_is_told_from_an_outage() {
        let refused = |code: &str| TokenFailure::Refused(code.into());
        let rows = [
            (
                400,
                r#"{"error":"invalid_scope"}"#,
                refused("invalid_scope"),
            ),
            (400, "<html>", refused("HTTP 400")),
            (404, "", refused("HTTP 404")),
            (302, "", refused("HTTP 302")),
            (
                200,
                r#"{"error":"invalid_grant"}"#,
                refused("invalid_grant"),
            ),
            (401, r#"{"error":7}"#, refused("HTTP 401")),
            (
                429,
                r#"{"error":"slow_down"}"#,
                TokenFailure::Unavailable("HTTP 429".into()),
            ),
            (408, "", TokenFailure::Unavailable("HTTP 408".into())),
            (
                500,
                r#"{"error":"invalid_grant"}"#,
                TokenFailure::Unavailable("HTTP 500".into()),
            ),
        ];
        for (status, body, failure) in rows {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(read(status, body.as_bytes(), false).unwrap_err(), failure);
        }
        // What rmcp is to do: give up the refresh token, keep it, or report the client.
        let code = |failure: &TokenFailure| failure.code(REFRESH).to_owned();
        assert_eq!(code(&refused("invalid_scope")), "invalid_grant");
        assert_eq!(code(&refused("HTTP 404")), "invalid_grant");
        for kept in ["temporarily_unavailable", "use_dpop_nonce"] {
            assert_eq!(code(&refused(kept)), kept);
        }
        assert_eq!(
            code(&TokenFailure::Unusable(String::new())),
            "invalid_grant"
        );
        assert_eq!(code(&refused("invalid_client")), "invalid_client");
        let outage = TokenFailure::Unavailable(String::new());
        assert_eq!(outage.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            refused("invalid_scope").code("authorization_code"),
            "invalid_scope"
        );
    }
}
