//! One method per defect: each makes exactly one respect of the token wrong.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::TokenBuilder;
use super::claims::unix_seconds;
use super::jws::Signature;
use crate::id;
use crate::keys::{Jwk, TestKey};

/// Farther from now than any clock leeway a verifier may sensibly allow (five minutes).
const BEYOND_LEEWAY: Duration = Duration::from_secs(600);

/// # Defects of time (RFC 7519 sections 4.1.4 to 4.1.6)
impl TokenBuilder {
    /// The whole validity lies in the past: expired one hour ago. `iat` and `nbf` move along, so
    /// that nothing but its age is wrong with the token.
    #[must_use]
    pub fn expired(self) -> Self {
        let exp = self.claims.seconds("exp").unwrap_or_default();
        let iat = self.claims.seconds("iat").unwrap_or_default();
        let ago = Duration::from_secs(exp.saturating_sub(iat) + 3600);
        let moment = self.now - ago;
        self.issued_at(moment)
    }

    /// `nbf` is ten minutes ahead; `iat` is now and `exp` as before.
    #[must_use]
    pub fn not_yet_valid(self) -> Self {
        let nbf = unix_seconds(self.now + BEYOND_LEEWAY);
        self.claim("nbf", nbf)
    }

    /// `iat` is ten minutes ahead; `nbf` is now and `exp` as before.
    #[must_use]
    pub fn issued_in_the_future(self) -> Self {
        let iat = unix_seconds(self.now + BEYOND_LEEWAY);
        self.claim("iat", iat)
    }

    /// No `exp`: the token would be good for ever.
    #[must_use]
    pub fn without_exp(self) -> Self {
        self.without_claim("exp")
    }

    /// `exp` is a string of digits, not a number.
    #[must_use]
    pub fn exp_as_string(self) -> Self {
        let exp = self.claims.seconds("exp").unwrap_or_default();
        self.claim("exp", exp.to_string())
    }
}

/// # Defects of origin and destination (RFC 7519 sections 4.1.1 to 4.1.3)
impl TokenBuilder {
    /// `iss` is another issuer.
    #[must_use]
    pub fn wrong_issuer(self) -> Self {
        self.claim("iss", "https://other.example")
    }

    /// `iss` is right but for a slash at the end.
    #[must_use]
    pub fn issuer_with_slash(self) -> Self {
        let iss = format!("{}/", self.claims.text("iss").unwrap_or_default());
        self.claim("iss", iss)
    }

    /// `iss` is an array that holds the right issuer.
    #[must_use]
    pub fn issuer_as_array(self) -> Self {
        let iss = self.claims.get("iss").cloned().unwrap_or_default();
        self.claim("iss", vec![iss])
    }

    /// No `iss`.
    #[must_use]
    pub fn without_issuer(self) -> Self {
        self.without_claim("iss")
    }

    /// `aud` is another resource of the same environment, and its URL.
    #[must_use]
    pub fn wrong_audience(self) -> Self {
        self.claim("aud", vec!["https://other.example/mcp", "res_9000000009"])
    }

    /// `aud` is the URL of the MCP server without the resource id: Scalekit never issues that.
    /// Without a configured resource URL it is `https://mcp.example/mcp`.
    #[must_use]
    pub fn audience_is_only_the_url(self) -> Self {
        let url = self.settings.resource_url.clone();
        let url = url.unwrap_or_else(|| "https://mcp.example/mcp".to_owned());
        self.claim("aud", vec![url])
    }

    /// No `aud`.
    #[must_use]
    pub fn without_audience(self) -> Self {
        self.without_claim("aud")
    }

    /// No `sub`.
    #[must_use]
    pub fn without_subject(self) -> Self {
        self.without_claim("sub")
    }

    /// Neither `scope` nor `scopes`: a good token that permits nothing.
    #[must_use]
    pub fn without_scope_claims(self) -> Self {
        self.without_claim("scope").without_claim("scopes")
    }
}

/// # Defects of the signature and its key (RFC 8725 section 3)
impl TokenBuilder {
    /// `alg` is `none` and the signature is empty.
    #[must_use]
    pub fn alg_none(self) -> Self {
        self.header("alg", "none").empty_signature()
    }

    /// `alg` is `HS256`, keyed with the PEM text of the published public key (RFC 8725 section 2.1).
    #[must_use]
    pub fn hs256_with_public_key(mut self) -> Self {
        self.signature = Signature::HmacOfPublicKey(self.signer.key);
        self.header("alg", "HS256")
    }

    /// Rightly signed with the published key, but by an algorithm Scalekit does not use.
    ///
    /// # Panics
    ///
    /// [`sign`](Self::sign) panics unless it is one of the `RS` and `PS` algorithms: the key is RSA.
    #[must_use]
    pub fn wrong_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.signature = Signature::Rsa(self.signer.key, algorithm);
        self.header("alg", format!("{algorithm:?}"))
    }

    /// The `kid` of the published key, the signature of another key.
    #[must_use]
    pub fn wrong_key(mut self) -> Self {
        self.signature = Signature::Rsa(TestKey::attacker(), Algorithm::RS256);
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

    /// The key is in the token itself (`jwk`) and signs it: an attacker's.
    #[must_use]
    pub fn embedded_jwk(self) -> Self {
        let kid = self.header.text("kid").unwrap_or_default();
        let jwk = json!(Jwk::new(kid, TestKey::attacker()));
        self.wrong_key().header("jwk", jwk)
    }

    /// One bit in the middle of the signature is flipped.
    #[must_use]
    pub fn corrupt_signature(mut self) -> Self {
        self.finish = |[header, claims, signature]| {
            let mut bytes = URL_SAFE_NO_PAD
                .decode(signature)
                .expect("a signature is base64url");
            let middle = bytes.len() / 2;
            if let Some(byte) = bytes.get_mut(middle) {
                *byte ^= 1;
            }
            format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(bytes))
        };
        self
    }

    /// The signature has no bytes; `alg` still says `RS256`.
    #[must_use]
    pub fn empty_signature(mut self) -> Self {
        self.signature = Signature::Empty;
        self
    }
}

/// # Defects of form (RFC 7515 sections 3.1, 4.1.11 and 5.2, RFC 8725 sections 3.11 and 3.12)
impl TokenBuilder {
    /// `typ` is that of another kind of token, such as `logout+jwt`.
    #[must_use]
    pub fn wrong_type(self, typ: &str) -> Self {
        self.header("typ", typ)
    }

    /// `crit` demands an extension that nobody knows.
    #[must_use]
    pub fn crit_header(self) -> Self {
        self.header("crit", vec!["urn:example:unknown"])
            .header("urn:example:unknown", true)
    }

    /// The claim stands in the payload a second time, at the end, with this value.
    #[must_use]
    pub fn duplicate_claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.push(name, value);
        self
    }

    /// The header parameter stands in the header a second time, at the end, with this value.
    #[must_use]
    pub fn duplicate_header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.push(name, value);
        self
    }

    /// The payload is a JSON array that holds the claims, rightly signed.
    #[must_use]
    pub fn claims_in_array(mut self) -> Self {
        let claims = self.claims.to_json();
        self.payload = Some([b"[", claims.as_slice(), b"]"].concat());
        self
    }

    /// Two parts: the signature and its dot are gone.
    #[must_use]
    pub fn truncated(mut self) -> Self {
        self.finish = |[header, claims, _]| format!("{header}.{claims}");
        self
    }

    /// Four parts: an empty one follows the signature.
    #[must_use]
    pub fn extra_part(mut self) -> Self {
        self.finish = |parts| parts.join(".") + ".";
        self
    }

    /// The signature is padded with `=`, which base64url in a JWS is not (RFC 7515 section 2).
    #[must_use]
    pub fn padded_signature(mut self) -> Self {
        self.finish = |parts| parts.join(".") + "==";
        self
    }
}
