//! Building blocks that providers, servers and tests share.
//!
//! | file | job |
//! |---|---|
//! | `clock` | [`Clock`]: the time, injected |
//! | [`json`] | JSON of other parties, read with bounds |
//! | [`private_file`] | files that only their owner may read |
//! | `address` | whether an IP address belongs to the public internet |
//! | `random` | [`NoRandomBytes`] |
//! | `box_future` | [`BoxFuture`] |

mod address;
mod box_future;
mod clock;
pub mod json;
pub mod private_file;
pub(crate) mod random;

/// For implementing [`TokenVerifier`](crate::verifier::TokenVerifier) and the other asynchronous traits.
pub use async_trait::async_trait;

pub use address::{embedded_ipv4, is_public_address};
pub use box_future::BoxFuture;
pub use clock::{Clock, Sleep, SystemClock};
pub use random::NoRandomBytes;
