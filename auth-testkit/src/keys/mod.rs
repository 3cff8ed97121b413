//! The signing keys: those that are published, the one that signs, and the key sets that are served.

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
