//! [`PublicKey`]: the numbers of a JSON Web Key, validated and prepared for one algorithm.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaPublicKeyComponents, VerificationAlgorithm,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve};

use super::algorithm::Algorithm;
use super::roca;
use super::unusable::Unusable;

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
            // No symmetric key in particular: every reader of the set could sign with it.
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
    // own signature. aws-lc would report it only on verification, for every token.
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn text(number: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(number)
    }

    /// The largest number of `bits` bits: odd, and of no kind that is known to be weak.
    fn modulus(bits: usize) -> Vec<u8> {
        let mut number = vec![0xff; bits.div_ceil(8)];
        number[0] = 0xff >> (number.len() * 8 - bits);
        number
    }

    /// 65537^128, of 2049 bits: what moduli of the ROCA kind look like.
    fn power_of_65537() -> Vec<u8> {
        let mut power = vec![1];
        for _ in 0..128 {
            let (high, low) = (
                [&power[..], &[0, 0]].concat(),
                [&[0, 0], &power[..]].concat(),
            );
            let mut carry = 0;
            power = high
                .iter()
                .zip(&low)
                .rev()
                .map(|(a, b)| {
                    let sum = u16::from(*a) + u16::from(*b) + carry;
                    carry = sum >> 8;
                    sum.to_le_bytes()[0]
                })
                .collect();
            power.reverse();
        }
        power
    }

    #[test]
    fn rsa_keys_and_their_fate() {
        let f4: &[u8] = &[1, 0, 1];
        let good = || modulus(2048);
        let even = || [&good()[..255], &[0xfe]].concat();
        let zero_first = || [&[0], &good()[..]].concat();
        for (name, modulus, exponent, verdict) in [
            ("the control", good(), f4, Ok(6)),
            ("2047 bits", modulus(2047), f4, Err(Unusable::Size)),
            ("2049 bits", modulus(2049), f4, Ok(6)),
            ("4096 bits", modulus(4096), f4, Ok(6)),
            ("4097 bits", modulus(4097), f4, Err(Unusable::Size)),
            ("an even modulus", even(), f4, Err(Unusable::Numbers)),
            ("a zero first", zero_first(), f4, Err(Unusable::Numbers)),
            ("no modulus", vec![], f4, Err(Unusable::Numbers)),
            ("exponent 0", good(), &[0], Err(Unusable::Numbers)),
            ("exponent 1", good(), &[1], Err(Unusable::Numbers)),
            ("exponent 2", good(), &[2], Err(Unusable::Numbers)),
            ("exponent 3", good(), &[3], Ok(6)),
            ("no exponent", good(), &[], Err(Unusable::Numbers)),
            ("a long exponent", good(), &[255; 4], Ok(6)),
            (
                "an exponent that is too long",
                good(),
                &[1, 0, 0, 0, 1],
                Err(Unusable::Numbers),
            ),
            ("ROCA", power_of_65537(), f4, Err(Unusable::Roca)),
        ] {
            let key = json!({"kty": "RSA", "n": text(&modulus), "e": text(exponent)});
            assert_eq!(
                prepare(&key).map(|fitting| fitting.len()),
                verdict,
                "{name}"
            );
        }
    }

    /// The algorithms that a key is prepared for, or why it is not used.
    fn prepare(jwk: &Value) -> Result<Vec<Algorithm>, Unusable> {
        let key = PublicKey::read(&serde_json::from_value(jwk.clone()).unwrap())?;
        let fitting = Algorithm::ALL.into_iter().filter_map(|algorithm| {
            let prepared = key.prepare(algorithm)?;
            Some(prepared.map(|_| algorithm))
        });
        fitting.collect()
    }

    #[test]
    fn curves_and_their_points() {
        // The generators of the curves, and the key of RFC 8037 appendix A.2.
        let p256 = json!({
            "kty": "EC", "crv": "P-256",
            "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",
            "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
        });
        let p384 = json!({
            "kty": "EC", "crv": "P-384",
            "x": "qofKIr6LBTeOscce8yCtdG4dO2KLp5uYWfdB4IJUKjhVAvJdv1UpbDpUXjhydgq3",
            "y": "NhfeSpYmLG9dnpi_kpLcKfj0Hb0omhR86doxE7XwuMAKYLHOHX6BnXpDHXyQ6g5f",
        });
        let ed25519 = json!({
            "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        });
        let with = |key: &Value, name: &str, value: &str| {
            let mut key = key.clone();
            key[name] = value.into();
            key
        };
        let decoded = |text: &Value| URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap();
        let x = |key: &Value| decoded(&key["x"]);
        let short = |key: &Value| with(key, "x", &text(&x(key)[1..]));
        let long = |key: &Value| with(key, "x", &text(&[&[0], &x(key)[..]].concat()));
        // The same bytes one after the other, cut at another place.
        let shifted = |key: &Value| {
            let both = [x(key), decoded(&key["y"])].concat();
            let (x, y) = both.split_at(both.len() / 2 - 1);
            with(&with(key, "x", &text(x)), "y", &text(y))
        };
        let numbers = Err(Unusable::Numbers);
        for (name, key, verdict) in [
            ("P-256", p256.clone(), Ok(vec![Algorithm::Es256])),
            ("P-384", p384.clone(), Ok(vec![Algorithm::Es384])),
            ("Ed25519", ed25519.clone(), Ok(vec![Algorithm::EdDsa])),
            ("P-521", with(&p256, "crv", "P-521"), Err(Unusable::Type)),
            ("a short P-256", short(&p256), numbers.clone()),
            ("a long P-256", long(&p256), numbers.clone()),
            ("a shifted P-256", shifted(&p256), numbers.clone()),
            ("a short P-384", short(&p384), numbers.clone()),
            ("a short Ed25519", short(&ed25519), numbers.clone()),
            ("a long Ed25519", long(&ed25519), numbers.clone()),
            (
                "off the curve",
                with(&p256, "x", p256["y"].as_str().unwrap()),
                numbers.clone(),
            ),
            (
                "padded",
                with(
                    &ed25519,
                    "x",
                    "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
                ),
                numbers.clone(),
            ),
            (
                "of another curve",
                with(&p256, "crv", "P-384"),
                numbers.clone(),
            ),
            (
                "symmetric",
                json!({"kty": "oct", "k": "AQAB"}),
                Err(Unusable::Type),
            ),
        ] {
            assert_eq!(prepare(&key), verdict, "{name}");
        }
    }
}
