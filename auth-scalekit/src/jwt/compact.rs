//! The compact serialization of [RFC 7515 section 7.1](https://www.rfc-editor.org/rfc/rfc7515#section-7.1):
//! three base64url parts.

use auth_core::verifier::InvalidReason;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The parts of a token, split but not decoded.
pub(crate) struct Compact<'a> {
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
    signing_input: &'a str,
}

impl<'a> Compact<'a> {
    /// Splits at exactly two dots. The caller has checked the length: a hostile token must not cost more
    /// than that.
    pub(crate) fn split(token: &'a str) -> Result<Self, InvalidReason> {
        let (signing_input, signature) = token.rsplit_once('.').ok_or(InvalidReason::NotCompact)?;
        let (header, payload) = signing_input
            .split_once('.')
            .ok_or(InvalidReason::NotCompact)?;
        if payload.contains('.') {
            return Err(InvalidReason::NotCompact);
        }
        Ok(Self {
            header,
            payload,
            signature,
            signing_input,
        })
    }

    /// The raw JSON of the JOSE header.
    pub(crate) fn header(&self) -> Result<String, InvalidReason> {
        String::from_utf8(decode(self.header)?).map_err(|_| InvalidReason::MalformedHeader)
    }

    /// The payload as raw JSON: the claims.
    pub(crate) fn claims(&self) -> Result<String, InvalidReason> {
        String::from_utf8(self.payload()?).map_err(|_| InvalidReason::MalformedClaims)
    }

    /// The bytes of the payload.
    pub(crate) fn payload(&self) -> Result<Vec<u8>, InvalidReason> {
        decode(self.payload)
    }

    /// The bytes of the signature.
    pub(crate) fn signature(&self) -> Result<Vec<u8>, InvalidReason> {
        decode(self.signature)
    }

    /// What was signed: header, dot, payload, exactly as received.
    pub(crate) fn signing_input(&self) -> &'a [u8] {
        self.signing_input.as_bytes()
    }
}

/// Strict base64url (RFC 7515 section 2): no padding, no other alphabet, no white space, no
/// stray bits at the end.
fn decode(part: &str) -> Result<Vec<u8>, InvalidReason> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| InvalidReason::NotCompact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_three_parts() {
        assert!(Compact::split("e30.e30.AA").is_ok(), "the control");
        for token in [
            "",
            ".",
            "e30",
            "e30.e30",
            "e30.e30.AA.",
            "e30.e30.AA.AA.AA",
            "....",
        ] {
            let reason = Compact::split(token).err();
            assert_eq!(reason, Some(InvalidReason::NotCompact), "{token:?}");
        }
    }

    #[test]
    fn each_part_is_the_one_at_its_place() {
        let token = Compact::split("YQ.Yg.Yw").unwrap();
        assert_eq!(token.header(), Ok("a".to_owned()));
        assert_eq!(token.payload(), Ok(b"b".to_vec()));
        assert_eq!(token.claims(), Ok("b".to_owned()));
        assert_eq!(token.signature(), Ok(b"c".to_vec()));
        assert_eq!(token.signing_input(), b"YQ.Yg", "as received");
    }

    #[test]
    fn header_and_claims_are_utf_8() {
        let token = Compact::split("_w._w._w").unwrap();
        assert_eq!(token.header(), Err(InvalidReason::MalformedHeader));
        assert_eq!(token.claims(), Err(InvalidReason::MalformedClaims));
        assert_eq!(token.payload(), Ok(vec![0xff]), "the control");
    }

    #[test]
    fn base64url_is_strict() {
        assert!(decode("e30").is_ok(), "the control");
        assert!(decode("-_8").is_ok(), "the other alphabet's place");
        for part in [
            "e30=",
            "+/8",
            "e 30",
            "e30\n",
            "e31x5",
            "e",
            "e3?",
            "e3F\u{e9}",
        ] {
            assert!(decode(part).is_err(), "{part:?}");
        }
        assert!(decode("AB").is_err(), "stray bits at the end");
    }
}
