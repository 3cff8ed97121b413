//! The nonce that a server requires in the next proof (RFC 9449 sections 8 and 9).

use http::{HeaderMap, HeaderName, Response};
use serde_json::Value;

/// The response header that provides a nonce.
pub(crate) const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// The error code of a request whose proof has no nonce, or an old one.
pub(crate) const USE_DPOP_NONCE: &str = "use_dpop_nonce";

/// No server needs a longer one, and each request would carry it.
const MAX_BYTES: usize = 1024;

/// A nonce with permitted characters and length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Nonce(String);

impl Nonce {
    /// The nonce of a response; none when there is none, or it may not be used.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let nonce = headers.get(DPOP_NONCE)?.to_str().ok()?;
        // NQCHAR (RFC 6749 appendix A), as RFC 9449 section 8.1 requires.
        let fits = |byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        let fit = (1..=MAX_BYTES).contains(&nonce.len()) && nonce.bytes().all(fits);
        fit.then(|| Self(nonce.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether the token endpoint refused a request only because of its nonce (RFC 9449 section 8).
pub(crate) fn is_required_by_issuer(response: &Response<Vec<u8>>) -> bool {
    let body: Value = match response.status().is_client_error() {
        true => serde_json::from_slice(response.body()).unwrap_or_default(),
        false => return false,
    };
    body.get("error").and_then(Value::as_str) == Some(USE_DPOP_NONCE)
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, StatusCode};

    use super::*;

    #[test]
    fn only_a_nonce_by_the_book_is_used() {
        let longest = "n".repeat(MAX_BYTES);
        let longer = "n".repeat(MAX_BYTES + 1);
        let rows: [(&[u8], bool); 9] = [
            (b"eyJ7S_zG.eyJH0-Z.HX4w-7v", true),
            (b"!#[]~", true),
            (longest.as_bytes(), true),
            (longer.as_bytes(), false),
            (b"", false),
            (b"two words", false),
            (b"a\"quote", false),
            (b"a\\slash", false),
            ("nön".as_bytes(), false),
        ];
        for (text, used) in rows {
            let Ok(value) = HeaderValue::from_bytes(text) else {
                unreachable!("{text:?}")
            };
            let found = Nonce::of(&HeaderMap::from_iter([(DPOP_NONCE, value)]));
            assert_eq!(found.is_some(), used, "{:?}", String::from_utf8_lossy(text));
            assert!(found.is_none_or(|nonce| nonce.as_str().as_bytes() == text));
        }
        assert_eq!(Nonce::of(&HeaderMap::new()), None);
    }

    #[test]
    fn a_refusal_that_asks_for_a_nonce_is_distinguished_from_others() {
        let rows = [
            (
                StatusCode::BAD_REQUEST,
                r#"{"error":"use_dpop_nonce"}"#,
                true,
            ),
            (
                StatusCode::BAD_REQUEST,
                r#"{"error":"invalid_dpop_proof"}"#,
                false,
            ),
            (StatusCode::BAD_REQUEST, "use_dpop_nonce", false),
            (StatusCode::OK, r#"{"error":"use_dpop_nonce"}"#, false),
        ];
        for (status, body, wanted) in rows {
            let mut response = Response::new(body.as_bytes().to_vec());
            *response.status_mut() = status;
            assert_eq!(is_required_by_issuer(&response), wanted, "{status} {body}");
        }
    }
}
