//! Signed webhooks: every event goes to the endpoints that were added, signed by Standard Webhooks, with retries, and
//! delivered as badly as a test wants.
//!
//! | file | what it does |
//! |---|---|
//! | `secret`, `signature` | the secret of an endpoint, and what is signed with it |
//! | `delivery_mode` | the ways to deliver an event, by name |
//! | `message` | the request of one attempt, altered as the mode has it |
//! | `delivery` | what has become of an event at an endpoint |
//! | `outbox`, `queue` | endpoints, deliveries, and what is due when |
//! | `shuffle` | the order of what was held back |
//! | `sender` | sends what is due, as the clock of the mock has it |
//! | `handle` | what a test calls |

mod delivery;
mod delivery_mode;
mod handle;
mod message;
mod outbox;
mod queue;
mod secret;
mod sender;
mod shuffle;
mod signature;

pub use delivery::{Attempt, Delivery, DeliveryState};
pub use delivery_mode::DeliveryMode;
pub use handle::Webhooks;
pub(crate) use outbox::Outbox;
pub use secret::{InvalidWebhookSecret, WebhookSecret};
pub(crate) use sender::run;
