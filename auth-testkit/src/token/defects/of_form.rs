//! Headers and serializations that are wrong, around good claims and a good signature.

use serde_json::Value;

use crate::token::TokenBuilder;

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
