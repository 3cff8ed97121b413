//! What a fault does to an answer.

use std::sync::Arc;
use std::time::Duration;

use auth_core::Clock;
use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{Response, StatusCode, Version};

use super::body::AnswerBody;
use super::wire::{Damage, Wire};
use crate::fault::Fault;
use crate::oauth::reply;

/// What a request gets.
pub(super) enum Answer {
    True,
    /// Not asked of the issuer.
    Instead(Response<AnswerBody>),
    Later(Duration),
    Cut(usize),
    Dribbled(Duration),
    /// The issuer has handled the request, and nobody hears of it.
    Lost(Damage),
}

impl From<Fault> for Answer {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Status(status) => Self::Instead(refusal(status)),
            Fault::Body(bytes) => {
                let reply = reply::json_bytes(StatusCode::OK, bytes);
                Self::Instead(reply.map(AnswerBody::whole))
            }
            Fault::Redirect(location) => {
                Self::Instead(reply::redirect(StatusCode::FOUND, &location).map(AnswerBody::whole))
            }
            Fault::Endless => {
                let reply = reply::json_bytes(StatusCode::OK, Vec::new());
                Self::Instead(reply.map(|_| AnswerBody::Endless))
            }
            Fault::Delay(delay) => Self::Later(delay),
            Fault::Truncate(keep) => Self::Cut(keep),
            Fault::Dribble(every) => Self::Dribbled(every),
            Fault::Garbage => Self::Lost(Damage::Garbage),
            Fault::Reset => Self::Lost(Damage::Reset),
            Fault::Close => Self::Lost(Damage::Close),
        }
    }
}

/// The true answer, delivered as it has to be.
pub(super) async fn damaged(
    answer: Answer,
    reply: Response<Bytes>,
    version: Version,
    (wire, clock): (&Wire, &Arc<dyn Clock>),
) -> Response<AnswerBody> {
    match answer {
        Answer::True | Answer::Instead(_) => {}
        Answer::Later(delay) => clock.sleep(delay).await,
        // Over HTTP/2 the connection may carry other answers; only this stream ends.
        Answer::Cut(keep) if version == Version::HTTP_2 => {
            return reply.map(|body| AnswerBody::cut(&body, keep));
        }
        Answer::Cut(left) => wire.set(Damage::CutBody { left, matched: 0 }),
        Answer::Dribbled(every) => wire.set(Damage::Dribble {
            every,
            clock: Arc::clone(clock),
            wait: None,
        }),
        Answer::Lost(damage) => wire.set(damage),
    }
    reply.map(AnswerBody::whole)
}

fn refusal(status: u16) -> Response<AnswerBody> {
    let status = StatusCode::from_u16(status).expect("vetted when the fault was set");
    let reply = reply::text(status, "the test asked for this answer");
    let reply = match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            reply::with_header(reply, (RETRY_AFTER, "1"))
        }
        _ => reply,
    };
    reply.map(AnswerBody::whole)
}
