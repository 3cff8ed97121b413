//! The status and the body of an answer, read within a limit.

use std::str;

use bytes::Bytes;
use http::StatusCode;

use super::error::{ManagementError, ManagementErrorKind, Problem};
use super::error_details::ErrorDetails;
use super::fields::{Fields, Malformed};
use crate::remote::{self, json_body};

/// The code of gRPC in an answer with status 404. Another 404 comes from a proxy or from another server, and says
/// nothing about what the call names.
const NOT_FOUND: u64 = 5;

/// The JSON of a successful answer, not parsed yet.
pub(crate) struct Answer {
    call: &'static str,
    json: Bytes,
}

impl Answer {
    /// Reads the body of an answer, `max_bytes` long at most; `{}` stands for one that is not read.
    ///
    /// # Errors
    ///
    /// [`ManagementError`] for every status but 200 to 299, and for a body that is not JSON.
    pub(super) async fn read(
        call: &'static str,
        response: reqwest::Response,
        max_bytes: Option<usize>,
    ) -> Result<Self, ManagementError> {
        if !response.status().is_success() {
            return Err(of_status(call, response).await);
        }
        let Some(max_bytes) = max_bytes else {
            let json = Bytes::from_static(b"{}");
            return Ok(Self { call, json });
        };
        match json_body::read_up_to(max_bytes, response).await {
            Ok(json) => Ok(Self { call, json }),
            Err(problem) => Err(ManagementError::new(call, Problem::Body(problem))),
        }
    }

    /// Reads the answer, an object.
    ///
    /// # Errors
    ///
    /// [`ManagementError`] for a body that is not strictly a JSON object, and for a member that is malformed.
    pub(crate) fn read_fields<T>(
        &self,
        read: impl FnOnce(&Fields<'_>) -> Result<T, Malformed>,
    ) -> Result<T, ManagementError> {
        let text = str::from_utf8(&self.json).unwrap_or_default();
        let fields = Fields::read(text).ok_or_else(|| self.unreadable("no JSON object"))?;
        read(&fields).map_err(|Malformed(member)| {
            ManagementError::new(self.call, Problem::Malformed(member))
        })
    }

    /// The answer, an object.
    ///
    /// # Errors
    ///
    /// [`ManagementError`] for a body that is not strictly a JSON object.
    pub(crate) fn object(&self) -> Result<&str, ManagementError> {
        self.read_fields(|_| Ok(()))?;
        Ok(str::from_utf8(&self.json).unwrap_or_default())
    }

    pub(crate) fn unreadable(&self, part: &'static str) -> ManagementError {
        ManagementError::unreadable(self.call, part)
    }
}

/// The error of an answer with another status.
async fn of_status(call: &'static str, response: reqwest::Response) -> ManagementError {
    let (status, retry_after) = (response.status(), remote::retry_after(response.headers()));
    // Without a readable body there is no code.
    let body = json_body::read(response).await.unwrap_or_default();
    let details = ErrorDetails::read(&body);
    let kind = match status {
        StatusCode::NOT_FOUND if details.grpc_code == Some(NOT_FOUND) => {
            ManagementErrorKind::NotFound
        }
        StatusCode::NOT_FOUND => ManagementErrorKind::Unavailable,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ManagementErrorKind::Refused,
        StatusCode::TOO_MANY_REQUESTS => ManagementErrorKind::RateLimited,
        // The gateway's number for a call that was cancelled, and a timeout of a proxy.
        _ if matches!(status.as_u16(), 408 | 499) => ManagementErrorKind::Unavailable,
        status if status.is_client_error() => ManagementErrorKind::BadRequest,
        _ => ManagementErrorKind::Unavailable,
    };
    let problem = Problem::status(kind, status, details);
    ManagementError::new(call, problem).with_retry_after(retry_after)
}
