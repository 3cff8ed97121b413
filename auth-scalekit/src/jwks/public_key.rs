//! The numbers of a JSON Web Key, vetted and prepared for one algorithm.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaPublicKeyComponents, VerificationAlgorithm,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve};

use super::key::Unusable;
use super::roca;
use crate::jwt::Algorithm;

/// Accepted RSA moduli, in bits. Below is weak (RFC 7518 section 3.3); above makes every forged
/// signature cost us 0.2 ms.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// Longest public exponent, in bytes. Real ones are 65537; a long one makes verifying slow.
const MAX_EXPONENT_BYTES: usize = 4;

/// The numbers of a public key, of one type.
pub(crate) enum PublicKey {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    P256 { point: Vec<u8> },
    P384 { point: Vec<u8> },
    Ed25519 { point: Vec<u8> },
}

impl PublicKey {
    /// Reads the members of the key's own type
    /// ([RFC 7518 section 6](https://www.rfc-editor.org/rfc/rfc7518#section-6),
    /// [RFC 8037 section 2](https://www.rfc-editor.org/rfc/rfc8037#section-2)).
    pub(crate) fn read(parameters: &AlgorithmParameters) -> Result<Self, Unusable> {
        match parameters {
            AlgorithmParameters::RSA(key) => rsa(&key.n, &key.e),
            AlgorithmParameters::EllipticCurve(key) => match key.curve {
                EllipticCurve::P256 => Ok(Self::P256 {
                    point: point::<32>(&key.x, &key.y)?,
                }),
                EllipticCurve::P384 => Ok(Self::P384 {
                    point: point::<48>(&key.x, &key.y)?,
                }),
                _ => Err(Unusable::Type),
            },
            AlgorithmParameters::OctetKeyPair(key) => match key.curve {
                EllipticCurve::Ed25519 => Ok(Self::Ed25519 {
                    point: exactly::<32>(&key.x)?,
                }),
                _ => Err(Unusable::Type),
            },
            // Above all no symmetric key: whoever can read it can sign with it.
            _ => Err(Unusable::Type),
        }
    }

    /// Prepares the key for `algorithm`; `None` when it is a key for others.
    pub(crate) fn prepare(
        &self,
        algorithm: Algorithm,
    ) -> Option<Result<ParsedPublicKey, Unusable>> {
        let fixed = |algorithm: &'static dyn VerificationAlgorithm, point: &[u8]| {
            ParsedPublicKey::new(algorithm, point).map_err(|_| Unusable::Numbers)
        };
        match (self, algorithm) {
            (Self::Rsa { modulus, exponent }, _) => {
                let parameters = match algorithm {
                    Algorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
                    Algorithm::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
                    Algorithm::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
                    Algorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
                    Algorithm::Ps384 => &RSA_PSS_2048_8192_SHA384,
                    Algorithm::Ps512 => &RSA_PSS_2048_8192_SHA512,
                    Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa => return None,
                };
                let components = RsaPublicKeyComponents {
                    n: modulus,
                    e: exponent,
                };
                Some(
                    components
                        .to_parsed_public_key(parameters)
                        .map_err(|_| Unusable::Numbers),
                )
            }
            (Self::P256 { point }, Algorithm::Es256) => {
                Some(fixed(&ECDSA_P256_SHA256_FIXED, point))
            }
            (Self::P384 { point }, Algorithm::Es384) => {
                Some(fixed(&ECDSA_P384_SHA384_FIXED, point))
            }
            (Self::Ed25519 { point }, Algorithm::EdDsa) => Some(fixed(&ED25519, point)),
            _ => None,
        }
    }
}

fn rsa(n: &str, e: &str) -> Result<PublicKey, Unusable> {
    let (modulus, exponent) = (number(n)?, number(e)?);
    if !RSA_BITS.contains(&bits(&modulus)) {
        return Err(Unusable::Size);
    }
    // A modulus of two primes is odd; an even exponent has no inverse, and 1 makes every text its
    // own signature. aws-lc would say so only when it verifies, and then of every token.
    let odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
    if !odd(&modulus) || !odd(&exponent) || exponent == [1] || exponent.len() > MAX_EXPONENT_BYTES {
        return Err(Unusable::Numbers);
    }
    if roca::is_vulnerable(&modulus) {
        return Err(Unusable::Roca);
    }
    Ok(PublicKey::Rsa { modulus, exponent })
}

/// An uncompressed point (SEC 1 section 2.3.3), of coordinates in their full length (RFC 7518
/// section 6.2.1.2). Whether it is on the curve, aws-lc checks.
fn point<const LENGTH: usize>(x: &str, y: &str) -> Result<Vec<u8>, Unusable> {
    let mut point = vec![4];
    point.extend(exactly::<LENGTH>(x)?);
    point.extend(exactly::<LENGTH>(y)?);
    Ok(point)
}

fn exactly<const LENGTH: usize>(text: &str) -> Result<Vec<u8>, Unusable> {
    decode(text).and_then(|bytes| match bytes.len() {
        length if length == LENGTH => Ok(bytes),
        _ => Err(Unusable::Numbers),
    })
}

/// `Base64urlUInt` of [RFC 7518 section 2](https://www.rfc-editor.org/rfc/rfc7518#section-2):
/// without leading zeros.
fn number(text: &str) -> Result<Vec<u8>, Unusable> {
    decode(text).and_then(|bytes| match bytes.first() {
        None | Some(0) => Err(Unusable::Numbers),
        Some(_) => Ok(bytes),
    })
}

fn decode(text: &str) -> Result<Vec<u8>, Unusable> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Unusable::Numbers)
}

/// The length of a big-endian number without leading zeros.
fn bits(number: &[u8]) -> usize {
    let unused = number
        .first()
        .map_or(0, |byte| byte.leading_zeros() as usize);
    (number.len() * 8).saturating_sub(unused)
}
