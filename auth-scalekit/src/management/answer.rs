//! The status and the body of an answer, read within a limit.

use std::str;

use auth_core::support::json::{self, RawJson};
use bytes::Bytes;
use http::StatusCode;

use super::error::{ErrorCode, ManagementError, ManagementErrorKind, Problem};
use crate::remote::{self, json_body};

/// The code of gRPC in an answer with status 404. Another 404 comes from a proxy or from another server, and says
/// nothing about what the call names.
const NOT_FOUND: u64 = 5;

/// The JSON of a successful answer, not parsed yet.
pub(super) struct Answer {
    call: &'static str,
    json: Bytes,
}

impl Answer {
    /// Reads the body of an answer; `max_bytes` long at most.
    ///
    /// # Errors
    ///
    /// [`ManagementError`] for every status but 200 to 299, and for a body that is not JSON.
    pub(super) async fn read(
        call: &'static str,
        response: reqwest::Response,
        max_bytes: usize,
    ) -> Result<Self, ManagementError> {
        if !response.status().is_success() {
            return Err(of_status(call, response).await);
        }
        match json_body::read_up_to(max_bytes, response).await {
            Ok(json) => Ok(Self { call, json }),
            Err(problem) => Err(ManagementError::new(call, Problem::Body(problem))),
        }
    }

    /// The members of the answer, an object; `None` for one that is absent or null.
    ///
    /// # Errors
    ///
    /// [`ManagementError`] for a body that is not strictly a JSON object.
    pub(super) fn members<const N: usize>(
        &self,
        names: [&str; N],
    ) -> Result<[Option<RawJson<'_>>; N], ManagementError> {
        let text = str::from_utf8(&self.json).unwrap_or_default();
        members(text, names).ok_or_else(|| self.unreadable("no JSON object"))
    }

    /// The answer, an object.
    ///
    /// # Errors
    ///
    /// [`ManagementError`] for a body that is not strictly a JSON object.
    pub(super) fn object(&self) -> Result<&str, ManagementError> {
        let text = str::from_utf8(&self.json).unwrap_or_default();
        match json::members(text, []) {
            Ok([]) => Ok(text),
            Err(_) => Err(self.unreadable("no JSON object")),
        }
    }

    pub(super) fn unreadable(&self, part: &'static str) -> ManagementError {
        ManagementError::unreadable(self.call, part)
    }
}

/// The members of an object; `None` for one that is absent or null, which mean the same in the JSON of protobuf.
pub(super) fn members<'a, const N: usize>(
    object: &'a str,
    names: [&str; N],
) -> Option<[Option<RawJson<'a>>; N]> {
    let found = json::members(object, names).ok()?;
    Some(found.map(|value| value.filter(|value| value.as_str() != "null")))
}

/// The error of an answer with another status.
async fn of_status(call: &'static str, response: reqwest::Response) -> ManagementError {
    let (status, retry_after) = (response.status(), remote::retry_after(response.headers()));
    // Without a readable body there is no code.
    let body = json_body::read(response).await.unwrap_or_default();
    let (number, code) = error_codes(str::from_utf8(&body).unwrap_or_default());
    let kind = match status {
        StatusCode::NOT_FOUND if number == Some(NOT_FOUND) => ManagementErrorKind::NotFound,
        StatusCode::NOT_FOUND => ManagementErrorKind::Unavailable,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ManagementErrorKind::Refused,
        StatusCode::TOO_MANY_REQUESTS => ManagementErrorKind::RateLimited,
        // The gateway's number for a call that was cancelled, and a timeout of a proxy.
        _ if matches!(status.as_u16(), 408 | 499) => ManagementErrorKind::Unavailable,
        status if status.is_client_error() => ManagementErrorKind::BadRequest,
        _ => ManagementErrorKind::Unavailable,
    };
    let problem = Problem::Status { kind, status, code };
    ManagementError::new(call, problem).with_retry_after(retry_after)
}

/// The code of gRPC, and the name of the error: `{"code": 5, "details": [{"error_code": "…"}]}`.
fn error_codes(body: &str) -> (Option<u64>, Option<ErrorCode>) {
    let Some([number, details]) = members(body, ["code", "details"]) else {
        return (None, None);
    };
    let number = number.and_then(|number| number.number()?.as_u64());
    let mut details = details.and_then(RawJson::items).into_iter().flatten();
    let code = details.find_map(|detail| {
        let [code] = members(detail.as_str(), ["error_code"])?;
        ErrorCode::vetted(&code?.string()?.decode())
    });
    (number, code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_of_an_error() {
        let info = r#"{"@type":"type.googleapis.com/scalekit.v1.errdetails.ErrorInfo","error_code":"UNAUTHENTICATED"}"#;
        let documented = format!(r#"{{"code":16,"message":"Token empty","details":[{info}]}}"#);
        let second = format!(r#"{{"code":16,"details":[{{"@type":"x"}},{info}]}}"#);
        for (body, number, code) in [
            (&*documented, Some(16), Some("UNAUTHENTICATED")),
            (&second, Some(16), Some("UNAUTHENTICATED")),
            (r#"{"code":5}"#, Some(5), None),
            (r#"{"code":"5"}"#, None, None),
            (r#"{"code":5,"details":"x"}"#, Some(5), None),
            (r#"{"code":5,"details":[1]}"#, Some(5), None),
            (
                r#"{"code":5,"details":[{"error_code":"a b"}]}"#,
                Some(5),
                None,
            ),
            (r#"{"code":5,"code":16}"#, None, None),
            ("<html>", None, None),
            ("", None, None),
        ] {
            let found = error_codes(body);
            assert_eq!(found.0, number, "{body}");
            assert_eq!(found.1.as_ref().map(ErrorCode::as_str), code, "{body}");
        }
    }
}
