//! The issuer's keys. Nothing here knows Scalekit.

mod key;
mod key_set;
mod source;

pub(crate) use key_set::KeySet;
pub(crate) use source::{KeySource, Lookup};
