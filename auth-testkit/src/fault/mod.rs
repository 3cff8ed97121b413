//! Failing on purpose: what goes wrong, where and how often.

mod gate;
mod guard;
mod plan;

use std::time::Duration;

pub use gate::Gate;
pub use guard::FaultGuard;
pub(crate) use plan::Plan;

/// What goes wrong with the answer of an endpoint; set by
/// [`MockScalekit::fail`](crate::MockScalekit::fail).
///
/// | | the issuer handles the request | the client gets |
/// |---|---|---|
/// | [`Status`](Self::Status), [`Body`](Self::Body), [`Redirect`](Self::Redirect), [`Endless`](Self::Endless) | no | another answer |
/// | [`Delay`](Self::Delay) | afterwards | the true answer, later |
/// | [`Truncate`](Self::Truncate), [`Dribble`](Self::Dribble) | yes | the true answer, badly delivered |
/// | [`Garbage`](Self::Garbage), [`Reset`](Self::Reset), [`Close`](Self::Close) | yes | no answer: a code is used up and nobody has the tokens |
///
/// Times are by the issuer's clock: with a [`TestClock`](crate::TestClock) a delay ends when the
/// clock is moved.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// This HTTP status, 200 to 599, and a body of plain text. A 429 or 503 has `Retry-After: 1`.
    Status(u16),
    /// Status 200, `Content-Type: application/json`, and these bytes, which need not be JSON.
    Body(Vec<u8>),
    /// Status 302 to this URL.
    Redirect(String),
    /// Status 200 and a body of JSON that never ends, as fast as the client takes it.
    Endless,
    /// The true answer after this time.
    Delay(Duration),
    /// The true answer's head, and so many bytes of its body; then the connection closes.
    Truncate(usize),
    /// The true answer byte by byte, with this time between two of them.
    Dribble(Duration),
    /// Bytes that are not HTTP, then the connection closes.
    Garbage,
    /// The connection is reset (TCP RST) instead of an answer.
    Reset,
    /// The connection is closed (TCP FIN) instead of an answer.
    Close,
}

impl Fault {
    /// # Errors
    ///
    /// What cannot be an answer.
    pub(crate) fn vet(&self) -> Result<(), String> {
        match self {
            Self::Status(status) if !(200..=599).contains(status) => Err(format!(
                "a final http status is from 200 to 599; got {status}"
            )),
            Self::Redirect(url) if http::HeaderValue::from_str(url).is_err() => {
                Err(format!("a redirect goes to a url; got {url:?}"))
            }
            _ => Ok(()),
        }
    }
}
