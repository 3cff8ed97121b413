//! Key pairs: the embedded RSA ones, each read once per process, and others made when needed.

use std::fmt;
use std::sync::{Arc, LazyLock};

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED,
    ECDSA_P384_SHA384_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaKeyPair, RsaSignatureEncoding, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::Algorithm;

/// RSA keys that mocks publish. Generating one takes 60 ms at best, so none ever is.
static PUBLISHED: [LazyLock<Arc<RsaKeyPair>>; 4] = [
    LazyLock::new(|| read(include_str!("../../keys/ada.pem"))),
    LazyLock::new(|| read(include_str!("../../keys/bea.pem"))),
    LazyLock::new(|| read(include_str!("../../keys/cyd.pem"))),
    LazyLock::new(|| read(include_str!("../../keys/dot.pem"))),
];

/// The RSA key of the attacker: no mock publishes it.
static ATTACKER: LazyLock<Arc<RsaKeyPair>> =
    LazyLock::new(|| read(include_str!("../../keys/mallory.pem")));

/// DER of `RSAPublicKey` (RFC 8017 appendix A.1.1) for a 2048-bit modulus, up to the modulus.
const MODULUS_PREFIX: [u8; 9] = [0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00];

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct TestKey {
    /// That of the tokens it signs, if nothing else is asked for.
    pub(crate) algorithm: Algorithm,
    pair: Pair,
}

#[derive(Clone)]
enum Pair {
    Rsa(Arc<RsaKeyPair>),
    Ec(Arc<EcdsaKeyPair>),
    Ed25519(Arc<Ed25519KeyPair>),
}

/// The public half as JWK members (RFC 7518 section 6, RFC 8037 section 2).
pub(crate) enum PublicPart<'a> {
    Rsa {
        n: &'a [u8],
        e: &'a [u8],
    },
    Ec {
        crv: &'static str,
        x: &'a [u8],
        y: &'a [u8],
    },
    Okp {
        x: &'a [u8],
    },
}

impl TestKey {
    /// A key for tokens of this algorithm. RSA keys are the embedded one of this number, which
    /// wraps around; others are made.
    ///
    /// # Panics
    ///
    /// When no public key verifies the algorithm (`HS256` and its like).
    pub(crate) fn published(algorithm: Algorithm, number: usize) -> Self {
        match encoding(algorithm) {
            Some(_) => Self::rsa(algorithm, &PUBLISHED[number % PUBLISHED.len()]),
            None => Self::generate(algorithm),
        }
    }

    /// A key that no mock publishes, for tokens of the same algorithm.
    pub(crate) fn attacker(of: &Self) -> Self {
        match of.pair {
            Pair::Rsa(_) => Self::rsa(of.algorithm, &ATTACKER),
            _ => Self::generate(of.algorithm),
        }
    }

    fn rsa(algorithm: Algorithm, pair: &Arc<RsaKeyPair>) -> Self {
        let pair = Pair::Rsa(Arc::clone(pair));
        Self { algorithm, pair }
    }

    fn generate(algorithm: Algorithm) -> Self {
        let pair = match algorithm {
            Algorithm::ES256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
                .map(|pair| Pair::Ec(Arc::new(pair))),
            Algorithm::ES384 => EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING)
                .map(|pair| Pair::Ec(Arc::new(pair))),
            Algorithm::EdDSA => {
                Ed25519KeyPair::generate().map(|pair| Pair::Ed25519(Arc::new(pair)))
            }
            other => {
                panic!("{other:?} has no public key; choose an RS, PS or ES algorithm, or EdDSA")
            }
        };
        let pair = pair.expect("the operating system gives random bytes");
        Self { algorithm, pair }
    }

    pub(crate) fn public(&self) -> PublicPart<'_> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let der = pair.public_key().as_ref();
                let rest = der
                    .strip_prefix(&MODULUS_PREFIX)
                    .expect("an embedded key has 2048 bits");
                let (n, exponent) = rest.split_at(256);
                // After the modulus: INTEGER, its length, its bytes.
                let e = &exponent[2..];
                PublicPart::Rsa { n, e }
            }
            Pair::Ec(pair) => {
                // An uncompressed point (SEC 1 section 2.3.3): 4, x, y.
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let crv = match self.algorithm {
                    Algorithm::ES384 => "P-384",
                    _ => "P-256",
                };
                PublicPart::Ec { crv, x, y }
            }
            Pair::Ed25519(pair) => PublicPart::Okp {
                x: pair.public_key().as_ref(),
            },
        }
    }

    /// The public key in DER (`SubjectPublicKeyInfo`, RFC 5280 section 4.1).
    pub(crate) fn public_der(&self) -> Vec<u8> {
        let der: Result<PublicKeyX509Der<'_>, _> = match &self.pair {
            Pair::Rsa(pair) => pair.public_key().as_der(),
            Pair::Ec(pair) => pair.public_key().as_der(),
            Pair::Ed25519(pair) => pair.public_key().as_der(),
        };
        der.expect("a public key has a DER form").as_ref().to_vec()
    }

    /// The public key as `-----BEGIN PUBLIC KEY-----` text, lines of 64, one line feed at the end.
    pub(crate) fn public_pem(&self) -> String {
        let base64 = STANDARD.encode(self.public_der());
        let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
        for line in base64.as_bytes().chunks(64) {
            pem.extend(line.iter().map(|&byte| char::from(byte)));
            pem.push('\n');
        }
        pem + "-----END PUBLIC KEY-----\n"
    }

    /// The name of its algorithm, as in a header.
    pub(crate) fn name(&self) -> &'static str {
        verifying(self.algorithm).0
    }

    /// Whether this key has signed the message by its algorithm.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let public = match &self.pair {
            Pair::Rsa(pair) => pair.public_key().as_ref(),
            Pair::Ec(pair) => pair.public_key().as_ref(),
            Pair::Ed25519(pair) => pair.public_key().as_ref(),
        };
        UnparsedPublicKey::new(verifying(self.algorithm).1, public)
            .verify(message, signature)
            .is_ok()
    }

    /// # Panics
    ///
    /// When the key is not for the algorithm.
    pub(crate) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match (&self.pair, encoding(algorithm)) {
            (Pair::Rsa(pair), Some(encoding)) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &random, message, &mut signature)
                    .expect("a 2048-bit RSA key signs");
                signature
            }
            (Pair::Ec(pair), _) if algorithm == self.algorithm => pair
                .sign(&random, message)
                .expect("an EC key signs")
                .as_ref()
                .to_vec(),
            (Pair::Ed25519(pair), _) if algorithm == self.algorithm => {
                pair.sign(message).as_ref().to_vec()
            }
            _ => panic!(
                "{} cannot sign {algorithm:?}; to write only the header use header(\"alg\", ..)",
                match &self.pair {
                    Pair::Rsa(_) => "an RSA key (RS and PS algorithms)",
                    Pair::Ec(_) => "an EC key (one ES algorithm)",
                    Pair::Ed25519(_) => "an Ed25519 key (EdDSA)",
                }
            ),
        }
    }
}

/// The name in a header, and the parameters by which a signature is verified.
fn verifying(algorithm: Algorithm) -> (&'static str, &'static dyn VerificationAlgorithm) {
    match algorithm {
        Algorithm::RS256 => ("RS256", &RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => ("RS384", &RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => ("RS512", &RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => ("PS256", &RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => ("PS384", &RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => ("PS512", &RSA_PSS_2048_8192_SHA512),
        Algorithm::ES256 => ("ES256", &ECDSA_P256_SHA256_FIXED),
        Algorithm::ES384 => ("ES384", &ECDSA_P384_SHA384_FIXED),
        Algorithm::EdDSA => ("EdDSA", &ED25519),
        other => unreachable!("no key of {other:?} is ever made"),
    }
}

fn read(pem: &str) -> Arc<RsaKeyPair> {
    let base64: String = pem
        .lines()
        .skip_while(|line| !line.starts_with("-----BEGIN"))
        .filter(|line| !line.starts_with("-----"))
        .collect();
    let der = STANDARD
        .decode(base64)
        .expect("an embedded key is base64 inside");
    let pair = RsaKeyPair::from_pkcs8(&der);
    Arc::new(pair.expect("an embedded key is an RSA key in PKCS#8"))
}

/// Whether an algorithm has a public key, which a key set can hold.
#[cfg(feature = "cli")]
pub(crate) fn has_public_key(algorithm: Algorithm) -> bool {
    !matches!(
        algorithm,
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512
    )
}

fn encoding(algorithm: Algorithm) -> Option<&'static RsaSignatureEncoding> {
    match algorithm {
        Algorithm::RS256 => Some(&RSA_PKCS1_SHA256),
        Algorithm::RS384 => Some(&RSA_PKCS1_SHA384),
        Algorithm::RS512 => Some(&RSA_PKCS1_SHA512),
        Algorithm::PS256 => Some(&RSA_PSS_SHA256),
        Algorithm::PS384 => Some(&RSA_PSS_SHA384),
        Algorithm::PS512 => Some(&RSA_PSS_SHA512),
        _ => None,
    }
}

impl fmt::Debug for TestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TestKey([redacted])")
    }
}
