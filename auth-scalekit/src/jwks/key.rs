//! One key, vetted and prepared once, when the key set is read.

use std::fmt;

use aws_lc_rs::signature::{self, ParsedPublicKey, RsaPublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, KeyOperations, PublicKeyUse};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::jwt::Algorithm;

/// Accepted RSA moduli, in bits. Below is weak (RFC 7518 section 3.3); above makes every forged
/// signature cost us 0.2 ms.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// A public key that verifies with exactly one algorithm (RFC 8725 section 3.1).
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) id: Option<String>,
    pub(crate) algorithm: Algorithm,
    public: ParsedPublicKey,
}

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
}

impl Key {
    /// Vets one member of `keys`: [RFC 7517 section 4](https://www.rfc-editor.org/rfc/rfc7517#section-4).
    pub(crate) fn prepare(value: &Value, accepted: &[Algorithm]) -> Result<Vec<Self>, Unusable> {
        let jwk = Jwk::deserialize(value).map_err(|_| Unusable::NotAKey)?;
        for_signatures(&jwk)?;
        let (modulus, exponent) = match &jwk.algorithm {
            AlgorithmParameters::RSA(rsa) => (number(&rsa.n)?, number(&rsa.e)?),
            _ => return Err(Unusable::Type),
        };
        if !RSA_BITS.contains(&bits(&modulus)) {
            return Err(Unusable::Size);
        }
        let fits = |algorithm: &&Algorithm| match &jwk.common.key_algorithm {
            Some(own) => own.to_string() == algorithm.name(),
            None => true,
        };
        let keys: Vec<_> = accepted
            .iter()
            .filter(fits)
            .map(|algorithm| {
                let parameters = match algorithm {
                    Algorithm::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
                };
                let components = RsaPublicKeyComponents {
                    n: &modulus,
                    e: &exponent,
                };
                let public = components
                    .to_parsed_public_key(parameters)
                    .map_err(|_| Unusable::Numbers)?;
                Ok(Self {
                    id: jwk.common.key_id.clone(),
                    algorithm: *algorithm,
                    public,
                })
            })
            .collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Err(Unusable::Algorithm);
        }
        Ok(keys)
    }

    /// Whether this key made `signature` over `message`.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.public.verify_sig(message, signature).is_ok()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("id", &self.id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// `use` is absent or `sig`, `key_ops` is absent or holds `verify`
/// ([RFC 7517 sections 4.2 and 4.3](https://www.rfc-editor.org/rfc/rfc7517#section-4.2)).
fn for_signatures(jwk: &Jwk) -> Result<(), Unusable> {
    let by_use = match &jwk.common.public_key_use {
        None | Some(PublicKeyUse::Signature) => true,
        Some(_) => false,
    };
    let by_operations = jwk
        .common
        .key_operations
        .as_ref()
        .is_none_or(|operations| operations.contains(&KeyOperations::Verify));
    if by_use && by_operations {
        Ok(())
    } else {
        Err(Unusable::NotForSignatures)
    }
}

/// `Base64urlUInt` of [RFC 7518 section 2](https://www.rfc-editor.org/rfc/rfc7518#section-2).
fn number(text: &str) -> Result<Vec<u8>, Unusable> {
    let bytes = URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| Unusable::Numbers)?;
    match bytes.first() {
        None | Some(0) => Err(Unusable::Numbers),
        Some(_) => Ok(bytes),
    }
}

/// The length of a big-endian number without leading zeros.
fn bits(number: &[u8]) -> usize {
    let first = number
        .first()
        .map_or(0, |byte| byte.leading_zeros() as usize);
    (number.len() * 8).saturating_sub(first)
}
