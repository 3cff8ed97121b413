//! What a fault does to the exchange of a request and its reply, as data: `serve/fault_effect.rs` applies it.

use std::time::Duration;

use auth_core::support::Sleep;

use crate::oauth::reply::Reply;

/// What becomes of a reply.
pub(crate) enum Effect {
    /// The issuer is not asked, and the client gets this.
    Instead(Replacement),
    /// The issuer's reply is sent when this has ended.
    Late(Sleep),
    /// The connection closes after this number of bytes of the body.
    CutBody(usize),
    /// The issuer's reply is sent byte by byte, with this time between two bytes.
    Dribble(Duration),
    /// The issuer handles the request, and its reply is lost.
    Lost(Loss),
}

/// What the client sees in place of a reply that is lost.
#[derive(Debug)]
pub(crate) enum Loss {
    /// Bytes that are not HTTP.
    Garbage,
    /// TCP RST.
    Reset,
    /// The end of the connection.
    Close,
}

/// A reply that does not come from the issuer.
#[derive(Debug)]
pub(crate) struct Replacement {
    pub(crate) reply: Reply,
    /// Whether the body never ends; the one of `reply` is not sent then.
    pub(crate) is_endless: bool,
}

/// Replies that replace the issuer's.
pub(super) mod replacement {
    use http::StatusCode;
    use http::header::RETRY_AFTER;

    use super::Replacement;
    use crate::oauth::reply::{self, Reply};

    /// # Panics
    ///
    /// When it is no HTTP status; [`Fault::check`](crate::Fault) has refused those.
    pub(in crate::fault) fn status(status: u16) -> Replacement {
        let status = StatusCode::from_u16(status).expect("checked when the fault was set");
        let text = reply::text(status, "the test asked for this answer");
        whole(match status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                reply::with_header(text, (RETRY_AFTER, "1"))
            }
            _ => text,
        })
    }

    pub(in crate::fault) fn body(bytes: Vec<u8>) -> Replacement {
        whole(reply::json_bytes(StatusCode::OK, bytes))
    }

    pub(in crate::fault) fn redirect(location: &str) -> Replacement {
        whole(reply::redirect(StatusCode::FOUND, location))
    }

    pub(in crate::fault) fn endless() -> Replacement {
        Replacement {
            reply: reply::json_bytes(StatusCode::OK, Vec::new()),
            is_endless: true,
        }
    }

    fn whole(reply: Reply) -> Replacement {
        Replacement {
            reply,
            is_endless: false,
        }
    }
}
