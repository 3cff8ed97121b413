//! Which keys are published, and which one signs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jsonwebtoken::Algorithm;

use super::{Signer, UnusualKeySet, jwk};
use crate::values::OrderedObject;

/// Mocks that run side by side start with different keys, so that a verifier which mixes up two
/// issuers' key sets is caught.
static FIRST_KEY: AtomicUsize = AtomicUsize::new(0);

/// The key ring of an issuer, for the issuer itself and for the test that rotates the keys.
#[derive(Debug, Clone)]
pub(crate) struct SharedKeyRing(Arc<Mutex<KeyRing>>);

impl SharedKeyRing {
    /// # Panics
    ///
    /// When the algorithm has no public key (`HS256` and its like).
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        Self(Arc::new(Mutex::new(KeyRing::new(algorithm))))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, KeyRing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The published keys, the one that signs and the one that will sign next.
#[derive(Debug)]
pub(crate) struct KeyRing {
    published: Vec<Signer>,
    signer: Signer,
    next: Option<Signer>,
    number: usize,
    instead: Option<UnusualKeySet>,
}

impl KeyRing {
    fn new(algorithm: Algorithm) -> Self {
        let number = FIRST_KEY.fetch_add(1, Ordering::Relaxed);
        let signer = Signer::new(algorithm, number);
        Self {
            published: vec![signer.clone()],
            signer,
            next: None,
            number,
            instead: None,
        }
    }

    pub(crate) fn signer(&self) -> &Signer {
        &self.signer
    }

    pub(crate) fn published(&self) -> &[Signer] {
        &self.published
    }

    /// Publishes the key that will sign next, and returns its id.
    pub(crate) fn publish_next(&mut self, algorithm: Algorithm) -> String {
        let next = self.make(algorithm);
        let kid = next.kid.clone();
        self.published.push(next.clone());
        self.next = Some(next);
        kid
    }

    /// Signs with the key that was published for that, or with one that is not published.
    pub(crate) fn sign_with_next(&mut self) {
        self.signer = match self.next.take() {
            Some(next) => next,
            None => self.make(self.signer.key.algorithm),
        };
    }

    /// Publishes only the key that signs and the one that will.
    pub(crate) fn withdraw_old(&mut self) {
        let next = self.next.as_ref().map(|next| next.kid.clone());
        let signing = self.signer.kid.clone();
        self.published
            .retain(|known| known.kid == signing || Some(&known.kid) == next.as_ref());
    }

    /// Another key in the place of the one that signs, under the same id.
    pub(crate) fn replace_under_same_kid(&mut self) {
        let kid = self.signer.kid.clone();
        let next = self.make(self.signer.key.algorithm);
        self.signer = Signer {
            kid: kid.clone(),
            key: next.key,
        };
        if let Some(known) = self.published.iter_mut().find(|known| known.kid == kid) {
            *known = self.signer.clone();
        }
    }

    pub(crate) fn serve_instead(&mut self, set: Option<UnusualKeySet>) {
        self.instead = set;
    }

    /// The key set (RFC 7517 section 5) as it is served.
    pub(crate) fn document(&self) -> Vec<u8> {
        let keys: Vec<OrderedObject> = self.published.iter().map(Signer::jwk).collect();
        match self.instead {
            None => jwk::document(&keys),
            Some(set) => set.of(&keys, &self.signer),
        }
    }

    fn make(&mut self, algorithm: Algorithm) -> Signer {
        self.number = self.number.wrapping_add(1);
        Signer::new(algorithm, self.number)
    }
}
