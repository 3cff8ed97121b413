//! The body of a response that must be JSON: its content type is checked first, and it is read up to a limit.

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use thiserror::Error;

/// Nimbus allows 50 KiB for a key set; ten RSA-4096 keys with certificates fit.
const MAX_BYTES: usize = 64 * 1024;
/// How much of a wrong content type an error shows, in characters.
const MAX_SHOWN: usize = 60;

/// Why there is no JSON body.
#[derive(Debug, Clone, Error)]
pub(crate) enum BodyProblem {
    #[error("no response ({0})")]
    Transport(String),
    #[error("content type {0:?} is not JSON")]
    ContentType(String),
    #[error("longer than {0} bytes")]
    TooLarge(usize),
}

impl BodyProblem {
    /// The error of a request, without its URL, which the enclosing error has.
    pub(crate) fn transport(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if error.is_timeout() {
            return Self::Transport("timed out".into());
        }
        // The innermost cause is the most specific: "connection refused", "certificate has expired".
        let mut cause: &dyn std::error::Error = &error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        Self::Transport(cause.to_string())
    }
}

/// The body of `response`, after decoding: up to 64 KiB.
pub(crate) async fn read(response: reqwest::Response) -> Result<Bytes, BodyProblem> {
    read_up_to(MAX_BYTES, response).await
}

/// The same up to `max_bytes`.
pub(crate) async fn read_up_to(
    max_bytes: usize,
    mut response: reqwest::Response,
) -> Result<Bytes, BodyProblem> {
    json_content_type(response.headers())?;
    let mut json = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(BodyProblem::transport)? {
        if json.len() + chunk.len() > max_bytes {
            return Err(BodyProblem::TooLarge(max_bytes));
        }
        json.extend_from_slice(&chunk);
    }
    Ok(json.freeze())
}

/// `application/json`, or a type that ends with `+json`. The signed answers of RFC 9701 end with
/// `+jwt` and are not requested.
fn json_content_type(headers: &HeaderMap) -> Result<(), BodyProblem> {
    let value = headers.get(CONTENT_TYPE);
    let text = value.map_or("", |value| value.to_str().unwrap_or("not text"));
    let essence = text.split(';').next().unwrap_or(text).trim();
    let essence = essence.to_ascii_lowercase();
    if essence == "application/json" || essence.ends_with("+json") {
        Ok(())
    } else {
        Err(BodyProblem::ContentType(
            text.chars().take(MAX_SHOWN).collect(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn content_types() {
        for (text, json) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/jwk-set+json", true),
            ("application/token-introspection+jwt", false),
            ("text/html", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(text));
            assert_eq!(json_content_type(&headers).is_ok(), json, "{text:?}");
        }
    }
}
