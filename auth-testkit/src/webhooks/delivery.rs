//! What has become of an event at an endpoint.

use std::time::SystemTime;

use super::DeliveryMode;
use crate::event::EventType;

/// The delivery of an event to an endpoint, with all attempts until now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivery {
    /// The id in the envelope: `evt_` and digits.
    pub event: String,
    /// The type of the event.
    pub event_type: EventType,
    /// The header `webhook-id`: `msg_` and digits, the same in all deliveries of an event.
    pub webhook_id: String,
    /// The URL that it is sent to.
    pub url: String,
    /// How it is delivered.
    pub mode: DeliveryMode,
    /// What has become of it.
    pub state: DeliveryState,
    /// The oldest first.
    pub attempts: Vec<Attempt>,
}

/// What has become of a delivery. Scalekit's dashboard has the states `Success`, `Queued`, `Failed` and `Retrying`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeliveryState {
    /// It waits to be sent, or is being sent.
    Queued,
    /// It is held back until it is released.
    Held,
    /// The receiver has answered with 2xx.
    Success,
    /// It was not, and will be sent again.
    Retrying,
    /// It was not, and will not be sent again.
    Failed,
    /// It is not sent, on purpose.
    Withheld,
}

impl DeliveryState {
    /// A short name in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Held => "held",
            Self::Success => "success",
            Self::Retrying => "retrying",
            Self::Failed => "failed",
            Self::Withheld => "withheld",
        }
    }
}

/// One request to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// When it was sent, by the mock's clock.
    pub at: SystemTime,
    /// The HTTP status of the answer; `None`: there was none.
    pub status: Option<u16>,
}

impl Attempt {
    pub(super) fn is_success(&self) -> bool {
        self.status
            .is_some_and(|status| (200..300).contains(&status))
    }
}
