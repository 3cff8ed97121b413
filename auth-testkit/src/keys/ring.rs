//! Key rotation: publish the next key and sign with it, then withdraw the old one.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Jwk, JwkSet, TestKey};
use crate::id;

/// Mocks that live side by side start with different keys, so that a verifier which mixes up two
/// issuers' key sets is caught.
static FIRST_KEY: AtomicUsize = AtomicUsize::new(0);

/// A key and the id under which it is published.
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    pub(crate) kid: String,
    pub(crate) key: &'static TestKey,
}

impl Signer {
    fn new(number: usize) -> Self {
        Self {
            kid: id::fresh("snk"),
            key: TestKey::published(number),
        }
    }
}

#[derive(Debug)]
pub(crate) struct KeyRing {
    /// Never empty; the last one signs.
    published: Vec<Signer>,
    number: usize,
}

impl KeyRing {
    pub(crate) fn new() -> Self {
        let number = FIRST_KEY.fetch_add(1, Ordering::Relaxed);
        Self {
            published: vec![Signer::new(number)],
            number,
        }
    }

    pub(crate) fn signer(&self) -> &Signer {
        self.published.last().expect("a ring is never empty")
    }

    pub(crate) fn rotate(&mut self) {
        self.number = self.number.wrapping_add(1);
        self.published.push(Signer::new(self.number));
    }

    /// Withdraws every key but the one that signs.
    pub(crate) fn withdraw_old(&mut self) {
        self.published.drain(..self.published.len() - 1);
    }

    pub(crate) fn jwks(&self) -> JwkSet {
        let keys = self.published.iter();
        JwkSet {
            keys: keys
                .map(|signer| Jwk::new(&signer.kid, signer.key))
                .collect(),
        }
    }
}
