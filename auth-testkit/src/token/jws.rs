//! Signing (RFC 7515 section 5.1) with aws-lc-rs itself.
//!
//! Not through jsonwebtoken: its encoder asks for a process-wide crypto provider, and panics when
//! another crate of the build has enabled a second one. A dev-dependency must not cause that.

use aws_lc_rs::signature::{
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding,
};
use aws_lc_rs::{hmac, signature};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;

use super::members::Members;
use crate::keys::{Signer, TestKey};

/// How the third part of a token is made.
#[derive(Debug, Clone)]
pub(crate) enum Signature {
    Rsa(&'static TestKey, Algorithm),
    /// HMAC-SHA-256 keyed with the text of a public key.
    HmacOfPublicKey(&'static TestKey),
    /// No bytes at all.
    Empty,
}

/// Signs claims as Scalekit does: RS256, type `JWT`.
pub(crate) fn sign(claims: &Members, signer: &Signer) -> String {
    let signature = Signature::Rsa(signer.key, Algorithm::RS256);
    compact(
        &header(&signer.kid).to_json(),
        &claims.to_json(),
        &signature,
    )
    .join(".")
}

pub(crate) fn header(kid: &str) -> Members {
    let mut header = Members::default();
    header.push("alg", "RS256");
    header.push("kid", kid);
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
            Self::Rsa(key, algorithm) => key.sign(encoding(*algorithm), input),
            Self::HmacOfPublicKey(key) => {
                let secret = hmac::Key::new(hmac::HMAC_SHA256, key.public_pem().as_bytes());
                hmac::sign(&secret, input).as_ref().to_vec()
            }
            Self::Empty => Vec::new(),
        }
    }
}

fn encoding(algorithm: Algorithm) -> &'static dyn RsaEncoding {
    let encoding: &'static signature::RsaSignatureEncoding = match algorithm {
        Algorithm::RS256 => &RSA_PKCS1_SHA256,
        Algorithm::RS384 => &RSA_PKCS1_SHA384,
        Algorithm::RS512 => &RSA_PKCS1_SHA512,
        Algorithm::PS256 => &RSA_PSS_SHA256,
        Algorithm::PS384 => &RSA_PSS_SHA384,
        Algorithm::PS512 => &RSA_PSS_SHA512,
        other => panic!(
            "an RSA key cannot sign {other:?}; choose RS256, RS384, RS512, PS256, PS384 or PS512, \
             or write only the header with header(\"alg\", ..)"
        ),
    };
    encoding
}
