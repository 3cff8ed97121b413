//! The request of one attempt.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::{DeliveryMode, WebhookSecret, signature};
use crate::event::Event;
use crate::values::id;

/// Twice the tolerance of Standard Webhooks, so that a receiver whose clock is not exact refuses it, too.
const TOO_FAR: Duration = Duration::from_secs(600);

/// Headers and body, ready to be sent.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) timestamp: u64,
    /// Entries, separated by spaces.
    pub(super) signature: String,
    pub(super) body: Vec<u8>,
}

/// The header `webhook-id` of an event. Not its own id: a receiver must take that from the envelope.
pub(super) fn webhook_id(event: &Event) -> String {
    id::derived("msg", &event.id)
}

impl Message {
    /// The event, signed with each of the secrets.
    pub(super) fn new(
        event: &Event,
        secrets: &[WebhookSecret],
        mode: DeliveryMode,
        now: SystemTime,
    ) -> Self {
        let time = match mode {
            DeliveryMode::StaleTimestamp => now - TOO_FAR,
            DeliveryMode::FutureTimestamp => now + TOO_FAR,
            _ => now,
        };
        let since = time.duration_since(SystemTime::UNIX_EPOCH);
        let timestamp = since.unwrap_or_default().as_secs();
        let id = webhook_id(event);
        let body = event.body.to_string().into_bytes();
        let signed = |secret: &WebhookSecret| signature::of(&secret.key(), &id, timestamp, &body);
        let signature = match mode {
            DeliveryMode::ForgedSignature => forged(),
            DeliveryMode::WrongSecret => signed(&WebhookSecret::generate()),
            _ => secrets.iter().map(signed).collect::<Vec<_>>().join(" "),
        };
        Self {
            body: match mode {
                DeliveryMode::AlteredBody => altered(&event.body),
                _ => body,
            },
            id,
            timestamp,
            signature,
        }
    }
}

fn forged() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    signature::entry(&bytes)
}

/// Still an event: a receiver that does not verify it would take it for one.
fn altered(body: &Value) -> Vec<u8> {
    let mut altered = body.clone();
    altered["altered"] = true.into();
    altered.to_string().into_bytes()
}
