//! Key sets (JWKS) of issuers: fetched and renewed by `remote`, parsed key by key. Independent of the issuer.
//!
//! | file | job |
//! |---|---|
//! | `source` | the key for a token, from the cached set or a newer one |
//! | `key_set`, `members` | a key set, parsed key by key |
//! | `key`, `public_key`, `roca` | one key, validated and prepared |
//! | `algorithm` | the algorithm that a key is for |
//! | `unusable` | why a key or a set cannot be used |
//! | `status` | [`KeySetStatus`], for status pages and metrics |

pub(crate) mod algorithm;
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
