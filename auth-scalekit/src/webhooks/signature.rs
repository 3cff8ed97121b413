//! Signatures of [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md):
//! HMAC-SHA256 of id, timestamp and body.
//!
//! The crate `standardwebhooks` computes them. Its `verify` is not used: it reads the clock of the operating system,
//! takes the first of several header lines, and signs `+1` and `01` as `1`.

use std::time::{Duration, SystemTime};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use http::HeaderMap;
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP};
use thiserror::Error;

use super::secrets::WebhookSecrets;

/// How far the timestamp may be from now, in both directions: what Scalekit's SDKs accept.
pub(super) const TOLERANCE: Duration = Duration::from_secs(300);
/// The longest id, in bytes. Svix has 31.
const MAX_ID_BYTES: usize = 256;
/// The longest list of signatures, in bytes. One has 47, and an endpoint has few secrets.
const MAX_SIGNATURES_BYTES: usize = 2048;

/// Why a webhook was not signed by Scalekit, or not now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// A header is absent.
    #[error("no header {0}")]
    Missing(&'static str),
    /// A header has several lines.
    #[error("several lines of header {0}")]
    Duplicate(&'static str),
    /// A header has a value of another form, or is too long.
    #[error("header {0} is malformed")]
    Malformed(&'static str),
    /// The timestamp is more than 300 s ago.
    #[error("the timestamp is too old")]
    TooOld,
    /// The timestamp is more than 300 s in the future.
    #[error("the timestamp is in the future")]
    InFuture,
    /// No signature is one by any of the secrets.
    #[error("no signature is valid")]
    Invalid,
}

/// The headers of a webhook, whose form and time are valid. They are not authenticated yet.
pub(super) struct SignedHeaders {
    id: Box<str>,
    timestamp: i64,
    signatures: Box<str>,
}

impl SignedHeaders {
    pub(super) fn read(headers: &HeaderMap, now: SystemTime) -> Result<Self, SignatureError> {
        let id = one(headers, HEADER_WEBHOOK_ID, MAX_ID_BYTES)?;
        let signatures = one(headers, HEADER_WEBHOOK_SIGNATURE, MAX_SIGNATURES_BYTES)?;
        let timestamp = one(headers, HEADER_WEBHOOK_TIMESTAMP, 20)?;
        let malformed = SignatureError::Malformed(HEADER_WEBHOOK_TIMESTAMP);
        let seconds: u64 = timestamp.parse().map_err(|_| malformed)?;
        // What is signed is the number as it is printed, so it must have been sent like that.
        if seconds.to_string() != timestamp {
            return Err(malformed);
        }
        let sent_at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
        let sent_at = sent_at.ok_or(malformed)?;
        if now.duration_since(sent_at).is_ok_and(|age| age > TOLERANCE) {
            return Err(SignatureError::TooOld);
        }
        if sent_at
            .duration_since(now)
            .is_ok_and(|lead| lead > TOLERANCE)
        {
            return Err(SignatureError::InFuture);
        }
        Ok(Self {
            id: id.into(),
            timestamp: seconds.try_into().map_err(|_| malformed)?,
            signatures: signatures.into(),
        })
    }

    /// The header `webhook-id`: visible ASCII characters, at most 256.
    pub(super) fn id(&self) -> &str {
        &self.id
    }
}

impl WebhookSecrets {
    /// Checks that the webhook was signed with one of the secrets, at most 300 s from `now`. For routes that do not
    /// use [`WebhookService`](super::WebhookService); the body must be the bytes as they were received.
    ///
    /// # Errors
    ///
    /// [`SignatureError`], for the logs: nothing of it should be sent to a sender that is not known.
    pub fn verify(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: SystemTime,
    ) -> Result<(), SignatureError> {
        self.verify_body(&SignedHeaders::read(headers, now)?, body)
    }

    pub(super) fn verify_body(
        &self,
        headers: &SignedHeaders,
        body: &[u8],
    ) -> Result<(), SignatureError> {
        let is_valid = self.keys().iter().any(|key| {
            // Fails for a body that is not UTF-8, which is no JSON either.
            let expected = key.sign(&headers.id, headers.timestamp, body);
            expected.is_ok_and(|expected| {
                let mut signatures = headers.signatures.split(' ');
                signatures.any(|signature| {
                    verify_slices_are_equal(signature.as_bytes(), expected.as_bytes()).is_ok()
                })
            })
        });
        is_valid.then_some(()).ok_or(SignatureError::Invalid)
    }
}

/// The only line of a header, of visible ASCII characters and spaces.
fn one<'a>(
    headers: &'a HeaderMap,
    name: &'static str,
    max_bytes: usize,
) -> Result<&'a str, SignatureError> {
    let mut lines = headers.get_all(name).iter();
    let line = lines.next().ok_or(SignatureError::Missing(name))?;
    if lines.next().is_some() {
        return Err(SignatureError::Duplicate(name));
    }
    let text = line.to_str().ok();
    let text = text.filter(|text| (1..=max_bytes).contains(&text.len()) && !text.contains('\t'));
    text.ok_or(SignatureError::Malformed(name))
}
