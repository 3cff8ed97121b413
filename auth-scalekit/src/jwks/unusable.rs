//! Why a key, or a whole key set, cannot be used.

use thiserror::Error;

/// Why a key of the set is left out. The others are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Unusable {
    #[error("it is not a JSON Web Key")]
    NotAKey,
    #[error("it is not for signatures")]
    NotForSignatures,
    #[error("its algorithm is not accepted")]
    Algorithm,
    #[error("its type is not accepted")]
    Type,
    #[error("its size is not accepted")]
    Size,
    #[error("its numbers are not those of a public key")]
    Numbers,
    #[error("it is of the ROCA kind, whose private part can be computed")]
    Roca,
}

/// A document that is not a usable key set; it never replaces one that is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum BadKeySet {
    #[error("the key set is not a JSON object with a list named keys")]
    NotAKeySet,
    #[error("the key set has no key that can be used")]
    NoUsableKey,
}
