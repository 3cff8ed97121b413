//! The embedded RSA keys, each read once per process.

use std::fmt;
use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RsaEncoding};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Keys that mocks publish. Generating an RSA key takes 60 ms at best, so none ever is.
static PUBLISHED: [LazyLock<TestKey>; 4] = [
    LazyLock::new(|| TestKey::from_pem(include_str!("../../keys/ada.pem"))),
    LazyLock::new(|| TestKey::from_pem(include_str!("../../keys/bea.pem"))),
    LazyLock::new(|| TestKey::from_pem(include_str!("../../keys/cyd.pem"))),
    LazyLock::new(|| TestKey::from_pem(include_str!("../../keys/dot.pem"))),
];

/// The key of the attacker: no mock publishes it.
static ATTACKER: LazyLock<TestKey> =
    LazyLock::new(|| TestKey::from_pem(include_str!("../../keys/mallory.pem")));

/// DER of `RSAPublicKey` (RFC 8017 appendix A.1.1) for a 2048-bit modulus, up to the modulus.
const MODULUS_PREFIX: [u8; 9] = [0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00];

pub(crate) struct TestKey {
    pair: KeyPair,
}

impl TestKey {
    /// The published key of this number; numbers wrap around.
    pub(crate) fn published(number: usize) -> &'static Self {
        &PUBLISHED[number % PUBLISHED.len()]
    }

    pub(crate) fn attacker() -> &'static Self {
        &ATTACKER
    }

    fn from_pem(pem: &str) -> Self {
        let base64: String = pem
            .lines()
            .skip_while(|line| !line.starts_with("-----BEGIN"))
            .filter(|line| !line.starts_with("-----"))
            .collect();
        let der = STANDARD
            .decode(base64)
            .expect("an embedded key is base64 inside");
        let pair = KeyPair::from_pkcs8(&der).expect("an embedded key is an RSA key in PKCS#8");
        Self { pair }
    }

    /// Modulus, big endian, without a leading zero: 256 bytes.
    pub(crate) fn modulus(&self) -> &[u8] {
        let der = self.pair.public_key().as_ref();
        der.strip_prefix(&MODULUS_PREFIX)
            .map(|rest| &rest[..256])
            .expect("an embedded key has 2048 bits")
    }

    /// Public exponent, big endian.
    pub(crate) fn exponent(&self) -> &[u8] {
        // After the modulus: INTEGER, its length, its bytes.
        &self.pair.public_key().as_ref()[MODULUS_PREFIX.len() + 256 + 2..]
    }

    /// The public key as `-----BEGIN PUBLIC KEY-----` text, lines of 64, one line feed at the end.
    pub(crate) fn public_pem(&self) -> String {
        let der: PublicKeyX509Der<'_> = self
            .pair
            .public_key()
            .as_der()
            .expect("an RSA public key has a DER form");
        let base64 = STANDARD.encode(der.as_ref());
        let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
        for line in base64.as_bytes().chunks(64) {
            pem.extend(line.iter().map(|&byte| char::from(byte)));
            pem.push('\n');
        }
        pem + "-----END PUBLIC KEY-----\n"
    }

    pub(crate) fn sign(&self, encoding: &'static dyn RsaEncoding, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(encoding, &SystemRandom::new(), message, &mut signature)
            .expect("a 2048-bit RSA key signs");
        signature
    }
}

impl fmt::Debug for TestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TestKey([redacted])")
    }
}
