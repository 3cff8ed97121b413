//! Keys of three algorithms, the key set that holds them, and tokens that they sign.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://id.example.com";
pub(crate) const AUDIENCE: &str = "https://mcp.example.com/mcp";
pub(crate) const ALGORITHMS: [&str; 3] = ["RS256", "ES256", "EdDSA"];

enum Signer {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

pub(crate) struct Key {
    signer: Signer,
    pub(crate) algorithm: &'static str,
    /// For those who verify by hand.
    pub(crate) parsed: ParsedPublicKey,
    pub(crate) jwk: Value,
}

impl Key {
    pub(crate) fn generate(algorithm: &'static str) -> Self {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let (signer, parsed, jwk) = match algorithm {
            "RS256" => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
                let public = pair.public_key();
                let parsed = ParsedPublicKey::new(
                    &RSA_PKCS1_2048_8192_SHA256,
                    public.as_der().unwrap().as_ref(),
                );
                let jwk = json!({
                    "kty": "RSA",
                    "n": encode(public.modulus().big_endian_without_leading_zero()),
                    "e": encode(public.exponent().big_endian_without_leading_zero()),
                });
                (Signer::Rsa(pair), parsed, jwk)
            }
            "ES256" => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
                let point = pair.public_key().as_ref();
                let parsed = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
                let jwk = json!({
                    "kty": "EC",
                    "crv": "P-256",
                    "x": encode(&point[1..33]),
                    "y": encode(&point[33..]),
                });
                (Signer::Ec(pair), parsed, jwk)
            }
            _ => {
                let pair = Ed25519KeyPair::generate().unwrap();
                let parsed = ParsedPublicKey::new(&ED25519, pair.public_key().as_ref());
                let x = encode(pair.public_key().as_ref());
                (
                    Signer::Ed(pair),
                    parsed,
                    json!({"kty": "OKP", "crv": "Ed25519", "x": x}),
                )
            }
        };
        let mut jwk = jwk;
        jwk["kid"] = json!(algorithm);
        jwk["alg"] = json!(algorithm);
        jwk["use"] = json!("sig");
        Self {
            signer,
            algorithm,
            parsed: parsed.unwrap(),
            jwk,
        }
    }

    /// A token for `AUDIENCE` that lives from a minute ago for `lifetime` seconds, padded
    /// with an unused claim to about `bytes` bytes.
    pub(crate) fn token(&self, kid: &str, now: u64, lifetime: u64, bytes: usize) -> String {
        self.token_of(ISSUER, "usr_1000000001", kid, now, lifetime, bytes)
    }

    /// The same of another issuer, for another subject.
    pub(crate) fn token_of(
        &self,
        issuer: &str,
        subject: &str,
        kid: &str,
        now: u64,
        lifetime: u64,
        bytes: usize,
    ) -> String {
        let made = now - 60;
        let mut claims = json!({
            "iss": issuer,
            "sub": subject,
            "aud": [AUDIENCE, "res_1000000001"],
            "exp": made + lifetime,
            "iat": made,
            "nbf": made,
            "jti": "tkn_1000000001",
            "client_id": "m2m_1000000001",
            "oid": "org_1000000001",
            "roles": ["member"],
            "scope": "notes:read notes:write",
            "scopes": ["notes:read", "notes:write"],
        });
        let shortest = self.sign(kid, &claims).len();
        claims["pad"] = json!("x".repeat(bytes.saturating_sub(shortest) * 3 / 4));
        self.sign(kid, &claims)
    }

    /// The first part of a token that names the key so.
    pub(crate) fn header_of(&self, kid: &str) -> String {
        let header = json!({"alg": self.algorithm, "typ": "JWT", "kid": kid});
        URL_SAFE_NO_PAD.encode(header.to_string())
    }

    fn sign(&self, kid: &str, claims: &Value) -> String {
        let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
        let signed = format!("{}.{claims}", self.header_of(kid));
        let random = SystemRandom::new();
        let signature = match &self.signer {
            Signer::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(
                    &RSA_PKCS1_SHA256,
                    &random,
                    signed.as_bytes(),
                    &mut signature,
                )
                .unwrap();
                signature
            }
            Signer::Ec(pair) => {
                let signature = pair.sign(&random, signed.as_bytes()).unwrap();
                signature.as_ref().to_vec()
            }
            Signer::Ed(pair) => pair.sign(signed.as_bytes()).as_ref().to_vec(),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
