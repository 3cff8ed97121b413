//! Catch-up: events whose webhooks did not arrive, because this server or its network was down for longer than the
//! sender tries again.
//!
//! | file | job |
//! |---|---|
//! | `runner` | [`CatchUp`]: when events are read, from when on, and what failures change |
//! | `pass` | one pass over all pages |
//! | `builder` | [`CatchUpBuilder`]: the settings |
//! | `source` | [`EventSource`]: where events are read |

mod builder;
mod pass;
mod runner;
mod source;

pub use builder::CatchUpBuilder;
pub use pass::{CatchUpError, CatchUpReport};
pub use runner::{CatchUp, CatchUpState};
pub use source::{EventPage, EventQuery, EventSource};
