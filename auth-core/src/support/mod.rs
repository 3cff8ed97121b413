//! Building blocks for providers, servers and tests.
//!
//! | file | job |
//! |---|---|
//! | `clock` | [`Clock`]: time as an input |
//! | [`json`] | JSON from other parties, read strictly and with limits |
//! | [`private_file`] | files that only their owner can read |
//! | [`reload`] | files that take effect without a restart |
//! | `address` | [`AddressClass`]: whether an IP address is on the public internet, and where else |
//! | `loopback_host` | [`is_loopback_host`]: whether the host of a URL is this machine |
//! | `random` | random bytes for keys |
//! | `box_future` | [`BoxFuture`]: a future as a trait object |
//! | `join_all` | waits for several futures concurrently |
//! | `full_body` | a body of one frame |

mod address;
mod box_future;
mod clock;
mod full_body;
mod join_all;
pub mod json;
mod loopback_host;
#[cfg(test)]
mod numbers;
pub mod private_file;
pub(crate) mod random;
pub mod reload;

/// The attribute for implementations of [`TokenVerifier`](crate::verifier::TokenVerifier) and the other asynchronous
/// traits.
pub use async_trait::async_trait;

pub use address::{AddressClass, embedded_ipv4, is_public_address};
pub use box_future::BoxFuture;
pub use clock::{Clock, Sleep, SystemClock};
pub(crate) use full_body::FullBody;
pub(crate) use join_all::join_all;
pub use loopback_host::is_loopback_host;
#[cfg(test)]
pub(crate) use numbers::Numbers;
pub use random::NoRandomBytes;
