//! Headers and serializations that are wrong, around valid claims and a valid signature.

use serde_json::Value;

use crate::token::TokenBuilder;
use crate::token::finish::Finish;

/// # Defects of encoding (RFC 7515 sections 3.1, 4.1.11 and 5.2, RFC 8725 sections 3.11 and 3.12)
impl TokenBuilder {
    /// `typ` is that of another kind of token, such as `logout+jwt`.
    #[must_use]
    pub fn wrong_type(self, typ: &str) -> Self {
        self.header("typ", typ)
    }

    /// `crit` demands an extension that does not exist.
    #[must_use]
    pub fn crit_header(self) -> Self {
        self.header("crit", vec!["urn:example:unknown"])
            .header("urn:example:unknown", true)
    }

    /// `crit` is an empty list, which it must not be (RFC 7515 section 4.1.11).
    #[must_use]
    pub fn crit_empty(self) -> Self {
        self.header("crit", Vec::<Value>::new())
    }

    /// `crit` names a parameter that every verifier knows, which it must not (RFC 7515 section
    /// 4.1.11).
    #[must_use]
    pub fn crit_names_standard_parameter(self) -> Self {
        self.header("crit", vec!["alg"])
    }

    /// `crit` names a parameter that is not there.
    #[must_use]
    pub fn crit_names_absent_parameter(self) -> Self {
        self.header("crit", vec!["urn:example:absent"])
    }

    /// `b64` is false and `crit` demands it: the payload would not be base64url (RFC 7797 section 6),
    /// which a JWT's must be (section 7).
    #[must_use]
    pub fn unencoded_payload(self) -> Self {
        self.header("b64", false).header("crit", vec!["b64"])
    }

    /// `typ` is a number.
    #[must_use]
    pub fn type_as_number(self) -> Self {
        self.header("typ", 1)
    }

    /// The claim is repeated at the end of the payload, with this value.
    #[must_use]
    pub fn duplicate_claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.push(name, value);
        self
    }

    /// The header parameter is repeated at the end of the header, with this value.
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

    /// The payload is the claims and a second, empty object.
    #[must_use]
    pub fn claims_with_trailing_data(mut self) -> Self {
        self.payload = Some([self.claims.to_json(), b"{}".to_vec()].concat());
        self
    }

    /// A claim's value holds a byte that is not UTF-8.
    #[must_use]
    pub fn claims_not_utf8(mut self) -> Self {
        let mut claims = self.claims.to_json();
        claims.pop();
        claims.extend_from_slice(b",\"note\":\"\xff\"}");
        self.payload = Some(claims);
        self
    }

    /// The payload is empty.
    #[must_use]
    pub fn without_claims(mut self) -> Self {
        self.payload = Some(Vec::new());
        self
    }

    /// The header is a JSON array that holds the header.
    #[must_use]
    pub fn header_in_array(mut self) -> Self {
        let header = self.header.to_json();
        self.raw_header = Some([b"[", header.as_slice(), b"]"].concat());
        self
    }

    /// The payload is another token (RFC 7519 section 5.2), which the issuer has signed too.
    #[must_use]
    pub fn nested(mut self) -> Self {
        self.payload = Some(self.sign().into_bytes());
        self.header("cty", "JWT")
    }

    /// Two parts: the signature and its dot are gone.
    #[must_use]
    pub fn truncated(mut self) -> Self {
        self.finish = Finish::new(|[header, claims, _]| format!("{header}.{claims}"));
        self
    }

    /// Four parts: an empty one follows the signature.
    #[must_use]
    pub fn extra_part(mut self) -> Self {
        self.finish = Finish::new(|parts| parts.join(".") + ".");
        self
    }

    /// Five parts, as an encrypted token has (RFC 7516 section 7.1).
    #[must_use]
    pub fn five_parts(mut self) -> Self {
        self.finish = Finish::new(|[header, claims, signature]| {
            format!("{header}..{claims}.{signature}.AAAAAAAAAAAAAAAAAAAAAA")
        });
        self
    }

    /// The signature is padded with `=`, which base64url in a JWS is not (RFC 7515 section 2).
    #[must_use]
    pub fn padded_signature(mut self) -> Self {
        self.finish = Finish::new(|parts| parts.join(".") + "==");
        self
    }

    /// The last character of the signature has bits set that belong to no byte (RFC 4648 section
    /// 3.5): a second text for the same token. Where its length leaves no such bits, a character too many follows.
    #[must_use]
    pub fn noncanonical_signature(mut self) -> Self {
        const ALPHABET: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        self.finish = Finish::new(|parts| {
            let mut token = parts.join(".");
            if parts[2].len() % 4 == 0 {
                return token + "A";
            }
            let last = token.pop().expect("a signature is not empty");
            let at = ALPHABET.iter().position(|known| char::from(*known) == last);
            let at = at.expect("a signature is base64url");
            token.push(char::from(ALPHABET[at | 1]));
            token
        });
        self
    }
}
