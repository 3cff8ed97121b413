//! What has happened in the environment, as Scalekit's events describe it. They go to webhooks and are listed by the
//! events API.
//!
//! | file | what it does |
//! |---|---|
//! | `event_type` | the 41 types |
//! | `envelope` | an event on the wire |
//! | `payload/` | what it says of its object, a file for each shape |
//! | `draft` | an event that a test asks for |
//! | `log` | keeps the events and passes them to those who listen |

mod draft;
mod envelope;
mod event_type;
mod log;
mod payload;

pub use draft::EventDraft;
pub(crate) use envelope::Event;
pub use event_type::EventType;
pub(crate) use log::{Events, Listener};
pub(crate) use payload::{Facts, organization_shown};
