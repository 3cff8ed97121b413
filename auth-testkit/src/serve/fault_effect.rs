//! Applies the effect of a fault to a reply and its connection.

use std::sync::Arc;

use auth_core::support::Clock;
use bytes::Bytes;
use http::{Response, Version};

use super::body::ReplyBody;
use super::wire::{Damage, Wire};
use crate::fault::{Effect, Loss, Replacement};

/// A reply that does not come from the issuer.
pub(super) fn replaced(replacement: Replacement) -> Response<ReplyBody> {
    match replacement.is_endless {
        true => replacement.reply.map(|_| ReplyBody::Endless),
        false => replacement.reply.map(ReplyBody::whole),
    }
}

/// The issuer's reply, delivered as the effect has it; as it is without one.
pub(super) async fn delivered(
    effect: Option<Effect>,
    reply: Response<Bytes>,
    version: Version,
    (wire, clock): (&Wire, &Arc<dyn Clock>),
) -> Response<ReplyBody> {
    match effect {
        None => {}
        Some(Effect::Instead(replacement)) => return replaced(replacement),
        Some(Effect::Late(delay)) => delay.await,
        // Over HTTP/2 the connection may carry other replies; only this stream ends.
        Some(Effect::CutBody(keep)) if version == Version::HTTP_2 => {
            return reply.map(|body| ReplyBody::cut(&body, keep));
        }
        Some(Effect::CutBody(left)) => wire.set(Damage::CutBody { left, matched: 0 }),
        Some(Effect::Dribble(every)) => wire.set(Damage::Dribble {
            every,
            clock: Arc::clone(clock),
            wait: None,
        }),
        Some(Effect::Lost(loss)) => wire.set(match loss {
            Loss::Garbage => Damage::Garbage,
            Loss::Reset => Damage::Reset,
            Loss::Close => Damage::Close,
        }),
    }
    reply.map(ReplyBody::whole)
}
