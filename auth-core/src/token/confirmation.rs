//! [`Confirmation`]: the key that a token is bound to.

use serde_json::{Map, Value};

/// The `cnf` claim of a token ([RFC 7800](https://www.rfc-editor.org/rfc/rfc7800)): the key that
/// its caller must prove to possess.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Confirmation {
    /// `jkt`: the thumbprint of the key that signs the DPoP proof of each request
    /// ([RFC 9449 section 6.1](https://www.rfc-editor.org/rfc/rfc9449#section-6.1)).
    KeyThumbprint(Box<str>),
    /// `x5t#S256`: the thumbprint of the client certificate of the TLS connection
    /// ([RFC 8705 section 3.1](https://www.rfc-editor.org/rfc/rfc8705#section-3.1)).
    CertificateThumbprint(Box<str>),
}

impl Confirmation {
    /// Reads the value of a `cnf` claim. `None` unless it is exactly one of the two thumbprints,
    /// the base64url of 32 bytes: other members could not be checked.
    #[must_use]
    pub fn from_claim(claim: &Value) -> Option<Self> {
        let members: Vec<_> = Map::iter(claim.as_object()?).collect();
        let [(name, value)] = members[..] else {
            return None;
        };
        let thumbprint = value.as_str().filter(|text| is_sha256(text))?.into();
        match name.as_str() {
            "jkt" => Some(Self::KeyThumbprint(thumbprint)),
            "x5t#S256" => Some(Self::CertificateThumbprint(thumbprint)),
            _ => None,
        }
    }
}

fn is_sha256(text: &str) -> bool {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text);
    bytes.is_ok_and(|bytes| bytes.len() == 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_can_be_checked_is_a_confirmation() {
        let thumbprint = "A".repeat(43);
        let key = Confirmation::KeyThumbprint(thumbprint.as_str().into());
        let certificate = Confirmation::CertificateThumbprint(thumbprint.as_str().into());
        for (claim, expected) in [
            (json!({"jkt": thumbprint}), Some(key)),
            (json!({"x5t#S256": thumbprint}), Some(certificate)),
            (json!({"jkt": thumbprint, "x5t#S256": thumbprint}), None),
            (json!({"jkt": thumbprint, "kid": "k"}), None),
            (json!({"kid": "k"}), None),
            (json!({"jkt": [thumbprint]}), None),
            (json!({"jkt": "A".repeat(42)}), None),
            (json!({"jkt": "A".repeat(44)}), None),
            (json!({"jkt": format!("{thumbprint}=")}), None),
            (json!({"jkt": "+".repeat(43)}), None),
            (json!({"jkt": ""}), None),
            (json!({}), None),
            (json!([]), None),
            (json!(null), None),
        ] {
            assert_eq!(Confirmation::from_claim(&claim), expected, "{claim}");
        }
    }
}
