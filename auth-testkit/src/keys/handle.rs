//! The handle by which a test rotates the keys, step by step.

use jsonwebtoken::Algorithm;

use super::UnusualKeySet;
use super::ring::SharedKeyRing;

/// The issuer's keys; from [`MockScalekit::keys`](crate::MockScalekit::keys).
///
/// A careful issuer takes the steps in this order, so that no verifier ever gets a token of a key
/// that is not published; a careless one takes the second before the first:
///
/// ```
/// # async fn example() {
/// # let scalekit = auth_testkit::MockScalekit::start().await;
/// scalekit.keys().publish_next();
/// scalekit.keys().sign_with_next();
/// scalekit.keys().withdraw_old();
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Keys<'a>(&'a SharedKeyRing);

impl<'a> Keys<'a> {
    pub(crate) fn new(ring: &'a SharedKeyRing) -> Self {
        Self(ring)
    }

    /// The `kid` of the key that signs: `snk_` and digits, another one for each mock and rotation.
    #[must_use]
    pub fn kid(&self) -> String {
        self.0.lock().signer().kid.clone()
    }

    /// Whether the same key signs for both mocks, whatever its `kid`: the mocks of a process share a few keys.
    pub(crate) fn are_those_of(&self, other: &Keys<'_>) -> bool {
        let der = |keys: &Keys<'_>| keys.0.lock().signer().key.public_der();
        der(self) == der(other)
    }

    /// Publishes the key that will sign next, of the algorithm of the present one, and returns its
    /// `kid`. The old keys stay published.
    pub fn publish_next(&self) -> String {
        let mut ring = self.0.lock();
        let algorithm = ring.signer().key.algorithm;
        ring.publish_next(algorithm)
    }

    /// As [`publish_next`](Self::publish_next), of another algorithm.
    ///
    /// # Panics
    ///
    /// When it has no public key (`HS256` and its like).
    pub fn publish_next_of(&self, algorithm: Algorithm) -> String {
        self.0.lock().publish_next(algorithm)
    }

    /// Signs with the key that was published for it from now on; with one that is not published if
    /// there is none.
    pub fn sign_with_next(&self) {
        self.0.lock().sign_with_next();
    }

    /// Withdraws every key but the one that signs and the one that will.
    pub fn withdraw_old(&self) {
        self.0.lock().withdraw_old();
    }

    /// Publishes the next key and signs with it. The old keys stay published, so tokens that exist
    /// stay valid.
    pub fn rotate(&self) {
        self.publish_next();
        self.sign_with_next();
    }

    /// Puts another key in the place of the one that signs, under the same `kid`: a mistake that
    /// issuers which start anew make.
    pub fn replace_under_same_kid(&self) {
        self.0.lock().replace_under_same_kid();
    }

    /// Serves this key set instead of the issuer's, until [`serve_normally`](Self::serve_normally).
    pub fn serve_instead(&self, set: UnusualKeySet) {
        self.0.lock().serve_instead(Some(set));
    }

    /// Serves the key set of the published keys, as at the start.
    pub fn serve_normally(&self) {
        self.0.lock().serve_instead(None);
    }
}
