//! Signing (RFC 7515 section 5.1) with aws-lc-rs itself.
//!
//! Not through jsonwebtoken: its encoder asks for a process-wide crypto provider, and panics when
//! another crate of the build has enabled a second one. A dev-dependency must not cause that.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;

use crate::keys::{Signer, TestKey};
use crate::values::OrderedObject;

/// How the third part of a token is made.
#[derive(Debug, Clone)]
pub(crate) enum Signature {
    Key(TestKey, Algorithm),
    /// HMAC-SHA-256 keyed with what the public key of this pair looks like in some form.
    Hmac(TestKey, PublicForm),
    /// No bytes at all.
    Empty,
    /// As many zeros as the key's signatures have bytes.
    Zeros(TestKey),
}

/// What a verifier that mixes up algorithms takes for the secret of an HMAC (RFC 8725 section 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PublicForm {
    /// PEM text, as most libraries take it.
    Pem,
    /// `SubjectPublicKeyInfo`.
    Der,
    /// No key at all.
    Nothing,
}

/// Signs claims as Scalekit does: with type `JWT`.
pub(crate) fn sign(claims: &OrderedObject, signer: &Signer) -> String {
    signed(&header(signer), claims, signer)
}

/// Signs a header and claims with the key's own algorithm.
pub(crate) fn signed(header: &OrderedObject, claims: &OrderedObject, signer: &Signer) -> String {
    let signature = Signature::Key(signer.key.clone(), signer.key.algorithm);
    compact(&header.to_json(), &claims.to_json(), &signature).join(".")
}

pub(crate) fn header(signer: &Signer) -> OrderedObject {
    let mut header = OrderedObject::default();
    header.push("alg", signer.key.name());
    header.push("kid", signer.kid.as_str());
    header.push("typ", "JWT");
    header
}

/// The three parts of the compact serialization.
pub(crate) fn compact(header: &[u8], claims: &[u8], signature: &Signature) -> [String; 3] {
    let header = URL_SAFE_NO_PAD.encode(header);
    let claims = URL_SAFE_NO_PAD.encode(claims);
    let input = format!("{header}.{claims}");
    let bytes = signature.over(input.as_bytes());
    [header, claims, URL_SAFE_NO_PAD.encode(bytes)]
}

impl Signature {
    fn over(&self, input: &[u8]) -> Vec<u8> {
        match self {
            Self::Key(key, algorithm) => key.sign(*algorithm, input),
            Self::Hmac(key, form) => {
                let secret = match form {
                    PublicForm::Pem => key.public_pem().into_bytes(),
                    PublicForm::Der => key.public_der(),
                    PublicForm::Nothing => Vec::new(),
                };
                let secret = hmac::Key::new(hmac::HMAC_SHA256, &secret);
                hmac::sign(&secret, input).as_ref().to_vec()
            }
            Self::Empty => Vec::new(),
            Self::Zeros(key) => vec![0; key.sign(key.algorithm, input).len()],
        }
    }
}
