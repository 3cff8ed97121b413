//! Signatures that are wrong, missing, or of the wrong key or algorithm.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use crate::keys::{TestKey, jwk};
use crate::token::TokenBuilder;
use crate::token::finish::Finish;
use crate::token::jws::{PublicForm, Signature};
use crate::values::id;

/// # Defects of the algorithm (RFC 8725 sections 2.1 and 3.1)
impl TokenBuilder {
    /// `alg` is `none` and the signature is empty.
    #[must_use]
    pub fn alg_none(self) -> Self {
        self.header("alg", "none").empty_signature()
    }

    /// `alg` is `nOnE` and the signature is empty: for those who look for `none` alone.
    #[must_use]
    pub fn alg_none_in_other_case(self) -> Self {
        self.header("alg", "nOnE").empty_signature()
    }

    /// `alg` is written in lower case; names of algorithms are case-sensitive (RFC 7515 section
    /// 4.1.1).
    #[must_use]
    pub fn alg_in_other_case(self) -> Self {
        let alg = self.header.string("alg").unwrap_or_default();
        // Edwards' name is not in lower case whatever is done to it.
        let other = match alg.to_ascii_lowercase() {
            lower if lower == alg => alg.to_ascii_uppercase(),
            lower => lower,
        };
        self.header("alg", other)
    }

    /// No `alg` (RFC 7515 section 4.1.1).
    #[must_use]
    pub fn without_alg(self) -> Self {
        self.without_header("alg")
    }

    /// `alg` is an array that holds the right algorithm.
    #[must_use]
    pub fn alg_as_array(self) -> Self {
        let alg = self.header.get("alg").cloned().unwrap_or_default();
        self.header("alg", vec![alg])
    }

    /// `alg` is `HS256`, keyed with the PEM text of the published public key.
    #[must_use]
    pub fn hs256_with_public_key(self) -> Self {
        self.hs256(PublicForm::Pem)
    }

    /// `alg` is `HS256`, keyed with the DER bytes of the published public key.
    #[must_use]
    pub fn hs256_with_public_der(self) -> Self {
        self.hs256(PublicForm::Der)
    }

    /// `alg` is `HS256`, keyed with an empty secret.
    #[must_use]
    pub fn hs256_with_empty_secret(self) -> Self {
        self.hs256(PublicForm::Nothing)
    }

    fn hs256(mut self, form: PublicForm) -> Self {
        self.signature = Signature::Hmac(self.signer.key.clone(), form);
        self.header("alg", "HS256")
    }

    /// Rightly signed with the published key, but by an algorithm Scalekit does not use.
    ///
    /// # Panics
    ///
    /// [`sign`](Self::sign) panics unless the key of the issuer can sign it: for an RSA key, one of
    /// the `RS` and `PS` algorithms.
    #[must_use]
    pub fn wrong_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.signature = Signature::Key(self.signer.key.clone(), algorithm);
        self.header("alg", format!("{algorithm:?}"))
    }

    /// `alg` names another algorithm than the one that signed.
    #[must_use]
    pub fn mislabelled_algorithm(self) -> Self {
        let other = match self.header.string("alg") {
            Some("RS256") => "RS512",
            _ => "RS256",
        };
        self.header("alg", other)
    }

    /// The catalogue's: signed by RS384 (RS512 where that is the right one) with the issuer's RSA key. A key of another type signs by one
    /// algorithm only, so there the label alone is another of its family.
    pub(in crate::token) fn another_algorithm(self) -> Self {
        match self.signer.key.algorithm {
            Algorithm::ES256 => self.header("alg", "ES384"),
            Algorithm::ES384 | Algorithm::EdDSA => self.header("alg", "ES256"),
            Algorithm::RS384 => self.wrong_algorithm(Algorithm::RS512),
            _ => self.wrong_algorithm(Algorithm::RS384),
        }
    }
}

/// # Defects of the key (RFC 7515 sections 4.1.2 to 4.1.6)
impl TokenBuilder {
    /// The `kid` of the published key, the signature of another key.
    #[must_use]
    pub fn wrong_key(mut self) -> Self {
        let attacker = TestKey::attacker(&self.signer.key);
        self.signature = Signature::Key(attacker, self.signer.key.algorithm);
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

    /// `kid` is empty.
    #[must_use]
    pub fn empty_kid(self) -> Self {
        self.header("kid", "")
    }

    /// `kid` is a number.
    #[must_use]
    pub fn kid_as_number(self) -> Self {
        self.header("kid", 1)
    }

    /// `kid` is a path, for those who read keys from files.
    #[must_use]
    pub fn kid_as_path(self) -> Self {
        self.header("kid", "../../../../../../dev/null")
    }

    /// `kid` is a piece of SQL, for those who read keys from a database.
    #[must_use]
    pub fn kid_as_sql(self) -> Self {
        self.header("kid", "' UNION SELECT 'secret' --")
    }

    /// The key is in the token itself (`jwk`) and signs it: an attacker's.
    #[must_use]
    pub fn embedded_jwk(self) -> Self {
        let attacker = TestKey::attacker(&self.signer.key);
        let kid = self.header.string("kid").unwrap_or_default();
        let jwk = json!(jwk(kid, &attacker));
        self.signed_by_attacker(attacker, "jwk", jwk)
    }

    /// The URL of the key set is in the token itself (`jku`), and a key that is not the issuer's
    /// signs it.
    #[must_use]
    pub fn key_set_url(self) -> Self {
        let attacker = TestKey::attacker(&self.signer.key);
        self.signed_by_attacker(attacker, "jku", "https://evil.example/keys".into())
    }

    /// The URL of a certificate is in the token itself (`x5u`), and a key that is not the issuer's
    /// signs it.
    #[must_use]
    pub fn certificate_url(self) -> Self {
        let attacker = TestKey::attacker(&self.signer.key);
        self.signed_by_attacker(attacker, "x5u", "https://evil.example/cert.pem".into())
    }

    /// A certificate chain is in the token itself (`x5c`), whose only entry is the bare public key
    /// that signs it: an attacker's.
    #[must_use]
    pub fn certificate_chain(self) -> Self {
        let attacker = TestKey::attacker(&self.signer.key);
        let chain = vec![STANDARD.encode(attacker.public_der())];
        self.signed_by_attacker(attacker, "x5c", chain.into())
    }

    fn signed_by_attacker(mut self, attacker: TestKey, name: &str, value: Value) -> Self {
        self.signature = Signature::Key(attacker, self.signer.key.algorithm);
        self.header(name, value)
    }
}

/// # Defects of the signature's bytes (RFC 7515 section 5.2)
impl TokenBuilder {
    /// One bit in the middle of the signature is flipped.
    #[must_use]
    pub fn corrupt_signature(self) -> Self {
        self.signature_bytes(|bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        })
    }

    /// The last byte of the signature is missing.
    #[must_use]
    pub fn short_signature(self) -> Self {
        self.signature_bytes(|bytes| {
            bytes.pop();
        })
    }

    /// A zero follows the signature.
    #[must_use]
    pub fn long_signature(self) -> Self {
        self.signature_bytes(|bytes| bytes.push(0))
    }

    /// All bytes of the signature are zero (the "psychic" signature of ECDSA, CVE-2022-21449).
    #[must_use]
    pub fn zero_signature(mut self) -> Self {
        self.signature = Signature::Zeros(self.signer.key.clone());
        self
    }

    /// The signature has no bytes; `alg` still names the issuer's algorithm.
    #[must_use]
    pub fn empty_signature(mut self) -> Self {
        self.signature = Signature::Empty;
        self
    }

    /// The claims say another user than the ones that were signed.
    #[must_use]
    pub fn swapped_subject(mut self) -> Self {
        let mut shown = self.claims.clone();
        shown.set("sub", "usr_9000000009");
        self.shown_claims = Some(shown);
        self
    }

    fn signature_bytes(mut self, change: fn(&mut Vec<u8>)) -> Self {
        self.finish = Finish::new(move |[header, claims, signature]| {
            let mut bytes = URL_SAFE_NO_PAD
                .decode(signature)
                .expect("a signature is base64url");
            change(&mut bytes);
            format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(bytes))
        });
        self
    }
}
