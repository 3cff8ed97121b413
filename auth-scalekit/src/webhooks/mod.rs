//! Webhooks of Scalekit: what has changed there takes effect here before tokens expire.

pub mod event;

pub use event::{EventData, EventError, EventType, WebhookEvent};
