//! The signing keys: what is published, what signs, and what never is.

mod handle;
mod jwk;
mod odd;
mod ring;
mod signer;
mod test_key;

pub use handle::Keys;
pub(crate) use jwk::jwk;
pub use odd::OddKeySet;
pub(crate) use ring::SharedKeyRing;
pub(crate) use signer::Signer;
pub(crate) use test_key::TestKey;
#[cfg(feature = "cli")]
pub(crate) use test_key::has_public_key;
