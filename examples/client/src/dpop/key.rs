//! The key that tokens are bound to.

use std::fmt;

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::error::ClientError;

/// The length of a coordinate on P-256.
const COORDINATE: usize = 32;

/// A key on P-256, for `ES256`. It never leaves this client: a proof contains the public half.
pub(crate) struct ProofKey {
    pair: EcdsaKeyPair,
    x: String,
    y: String,
}

impl ProofKey {
    /// Generates a key.
    ///
    /// # Errors
    ///
    /// [`ClientError::Key`] when the system has no random bytes.
    pub(crate) fn generate() -> Result<Self, ClientError> {
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .ok()
            .and_then(Self::new)
            .ok_or_else(|| failed("cannot be generated"))
    }

    /// Reads a key that [`Self::to_base64`] returned.
    ///
    /// # Errors
    ///
    /// [`ClientError::Key`], which does not repeat the value.
    pub(crate) fn from_base64(text: &str) -> Result<Self, ClientError> {
        let pkcs8 = URL_SAFE_NO_PAD.decode(text).ok();
        let pair = pkcs8.and_then(|pkcs8| {
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8).ok()
        });
        pair.and_then(Self::new).ok_or_else(|| {
            failed("in the token file is damaged; `client tokens clear` removes it and the tokens")
        })
    }

    /// The private key (PKCS #8, base64url), to be stored with the tokens.
    ///
    /// # Errors
    ///
    /// [`ClientError::Key`] when it cannot be encoded.
    pub(crate) fn to_base64(&self) -> Result<String, ClientError> {
        let pkcs8 = self.pair.to_pkcs8v1();
        let pkcs8 = pkcs8.map_err(|_| failed("cannot be encoded"))?;
        Ok(URL_SAFE_NO_PAD.encode(pkcs8))
    }

    fn new(pair: EcdsaKeyPair) -> Option<Self> {
        // Uncompressed (SEC 1 section 2.3.3): 4, x, y.
        let point = pair.public_key().as_ref().strip_prefix(&[4])?;
        let (x, y) = point.split_at_checked(COORDINATE)?;
        let [x, y] = [x, y].map(|number| URL_SAFE_NO_PAD.encode(number));
        Some(Self { pair, x, y })
    }

    /// The public half (RFC 7518 section 6.2.1).
    pub(crate) fn public_jwk(&self) -> Value {
        json!({ "kty": "EC", "crv": "P-256", "x": self.x, "y": self.y })
    }

    /// The thumbprint (RFC 7638), which the authorization server binds tokens to.
    pub(crate) fn thumbprint(&self) -> String {
        thumbprint(&self.x, &self.y)
    }

    /// Signs a JWT (RFC 7515 section 5.1).
    ///
    /// # Errors
    ///
    /// [`ClientError::Key`] when the key does not sign.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> Result<String, ClientError> {
        let [header, claims] =
            [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{header}.{claims}");
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes());
        let signature = signature.map_err(|_| failed("does not sign"))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProofKey")
            .field("thumbprint", &self.thumbprint())
            .finish_non_exhaustive()
    }
}

/// The hash of the required members, in this order and without spaces (RFC 7638 section 3).
fn thumbprint(x: &str, y: &str) -> String {
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes()))
}

fn failed(why: &str) -> ClientError {
    ClientError::Key(format!("the proof key {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_the_one_of_the_rfc() {
        // RFC 9449 section 6.1 has the thumbprint of the key of its section 4.1.
        assert_eq!(
            thumbprint(
                "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
                "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"
            ),
            "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
        );
    }

    #[test]
    fn a_stored_key_is_read_back_and_never_shown() -> Result<(), ClientError> {
        let key = ProofKey::generate()?;
        let text = key.to_base64()?;
        let again = ProofKey::from_base64(&text)?;
        assert_eq!(again.public_jwk(), key.public_jwk());
        assert_eq!(again.to_base64()?, text);
        assert_ne!(
            ProofKey::generate()?.thumbprint(),
            key.thumbprint(),
            "each key is new"
        );
        assert_eq!(
            format!("{key:?}"),
            format!("ProofKey {{ thumbprint: {:?}, .. }}", key.thumbprint())
        );
        let public = key.public_jwk();
        let names: Vec<_> = public.as_object().into_iter().flatten().collect();
        assert_eq!(names.len(), 4, "{public}: not the private d");
        // The same string, and one character less.
        let cut = text.get(..text.len() - 1).unwrap_or_default();
        for damaged in [cut, "", "eyJ9"] {
            let refused = ProofKey::from_base64(damaged).map_err(|error| error.to_string());
            let Err(message) = refused else {
                unreachable!()
            };
            assert!(
                message.contains("the proof key in the token file is damaged"),
                "{message}"
            );
            assert!(
                damaged.is_empty() || !message.contains(damaged),
                "the key is shown"
            );
        }
        Ok(())
    }
}
