//! A signing key with the id under which it is published.

use jsonwebtoken::Algorithm;

use super::{TestKey, jwk};
use crate::values::{OrderedObject, id};

/// A key and the id under which it is published.
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    pub(crate) kid: String,
    pub(crate) key: TestKey,
}

impl Signer {
    pub(super) fn new(algorithm: Algorithm, number: usize) -> Self {
        Self {
            kid: id::fresh("snk"),
            key: TestKey::published(algorithm, number),
        }
    }

    pub(crate) fn jwk(&self) -> OrderedObject {
        jwk(&self.kid, &self.key)
    }
}
