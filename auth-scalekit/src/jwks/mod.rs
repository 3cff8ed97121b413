//! The issuer's keys. Nothing here knows Scalekit.

mod key;
mod key_set;
pub(crate) mod members;
mod public_key;
mod roca;
mod source;
mod status;
mod unusable;

#[cfg(feature = "diagnose")]
pub(crate) use key::Key;
pub(crate) use key_set::KeySet;
pub(crate) use source::{FoundKey, KeySource, KeysInUse, Lookup};
pub use status::KeySetStatus;
#[cfg(test)]
pub(crate) use unusable::Unusable;
