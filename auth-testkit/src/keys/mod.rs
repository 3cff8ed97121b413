//! The signing keys: those that are published, the one that signs, and the key sets that are served.

mod handle;
mod jwk;
mod ring;
mod signer;
mod test_key;
mod unusual_key_set;

pub use handle::Keys;
pub(crate) use jwk::jwk;
pub(crate) use ring::SharedKeyRing;
pub(crate) use signer::Signer;
pub(crate) use test_key::TestKey;
#[cfg(feature = "cli")]
pub(crate) use test_key::has_public_key;
pub use unusual_key_set::UnusualKeySet;
