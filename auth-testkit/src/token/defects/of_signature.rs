//! Signatures that are wrong, missing, or of the wrong key or algorithm.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::json;

use crate::id;
use crate::keys::{Jwk, TestKey};
use crate::token::TokenBuilder;
use crate::token::jws::Signature;

/// # Defects of the signature and its key (RFC 8725 section 3)
impl TokenBuilder {
    /// `alg` is `none` and the signature is empty.
    #[must_use]
    pub fn alg_none(self) -> Self {
        self.header("alg", "none").empty_signature()
    }

    /// `alg` is `HS256`, keyed with the PEM text of the published public key (RFC 8725 section 2.1).
    #[must_use]
    pub fn hs256_with_public_key(mut self) -> Self {
        self.signature = Signature::HmacOfPublicKey(self.signer.key);
        self.header("alg", "HS256")
    }

    /// Rightly signed with the published key, but by an algorithm Scalekit does not use.
    ///
    /// # Panics
    ///
    /// [`sign`](Self::sign) panics unless it is one of the `RS` and `PS` algorithms: the key is RSA.
    #[must_use]
    pub fn wrong_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.signature = Signature::Rsa(self.signer.key, algorithm);
        self.header("alg", format!("{algorithm:?}"))
    }

    /// The `kid` of the published key, the signature of another key.
    #[must_use]
    pub fn wrong_key(mut self) -> Self {
        self.signature = Signature::Rsa(TestKey::attacker(), Algorithm::RS256);
        self
    }

    /// A `kid` that is not published; the signature is that of the published key.
    #[must_use]
    pub fn unknown_kid(self) -> Self {
        self.header("kid", id::fresh("snk"))
    }

    /// No `kid`.
    #[must_use]
    pub fn without_kid(self) -> Self {
        self.without_header("kid")
    }

    /// The key is in the token itself (`jwk`) and signs it: an attacker's.
    #[must_use]
    pub fn embedded_jwk(self) -> Self {
        let kid = self.header.text("kid").unwrap_or_default();
        let jwk = json!(Jwk::new(kid, TestKey::attacker()));
        self.wrong_key().header("jwk", jwk)
    }

    /// One bit in the middle of the signature is flipped.
    #[must_use]
    pub fn corrupt_signature(mut self) -> Self {
        self.finish = |[header, claims, signature]| {
            let mut bytes = URL_SAFE_NO_PAD
                .decode(signature)
                .expect("a signature is base64url");
            let middle = bytes.len() / 2;
            if let Some(byte) = bytes.get_mut(middle) {
                *byte ^= 1;
            }
            format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(bytes))
        };
        self
    }

    /// The signature has no bytes; `alg` still says `RS256`.
    #[must_use]
    pub fn empty_signature(mut self) -> Self {
        self.signature = Signature::Empty;
        self
    }
}
