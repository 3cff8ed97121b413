//! [`JoseHeader`]: the JOSE header, checked before a key is selected.

use auth_core::support::json::{self, JsonError, RawJson};
use auth_core::verifier::InvalidReason;

use super::token_type::TokenTypes;
use crate::jwks::algorithm::Algorithm;

/// The longest `kid` that is looked up; the value also appears in logs.
const MAX_KEY_ID_BYTES: usize = 256;
/// No supported algorithm or type has a longer name.
const MAX_NAME_BYTES: usize = 32;

/// The parts of the header that verification uses. `jwk`, `jku`, `x5c` and `x5u` are ignored: a token does not
/// choose its key (RFC 8725 section 3.10).
#[derive(Debug)]
pub(crate) struct JoseHeader {
    pub(crate) algorithm: Algorithm,
    pub(crate) key_id: Option<String>,
}

impl JoseHeader {
    /// Parses and checks the header, in this order: JSON, algorithm, extensions, type, key id.
    pub(crate) fn parse(
        text: &str,
        accepted: &[Algorithm],
        types: TokenTypes,
    ) -> Result<Self, InvalidReason> {
        let [alg, crit, b64, typ, kid] = json::members(text, ["alg", "crit", "b64", "typ", "kid"])
            .map_err(|error| match error {
                JsonError::DuplicateMember => InvalidReason::DuplicateMember,
                _ => InvalidReason::MalformedHeader,
            })?;
        let algorithm = algorithm(alg, accepted)?;
        no_extensions(crit, b64)?;
        access_token_type(typ, types)?;
        Ok(Self {
            algorithm,
            key_id: key_id(kid)?,
        })
    }
}

/// `alg` is one of the configured algorithms, in exactly this spelling
/// ([RFC 8725 section 3.1](https://www.rfc-editor.org/rfc/rfc8725#section-3.1)).
fn algorithm(alg: Option<RawJson<'_>>, accepted: &[Algorithm]) -> Result<Algorithm, InvalidReason> {
    let name = alg.and_then(RawJson::string);
    name.and_then(|name| name.at_most(MAX_NAME_BYTES))
        .and_then(|name| Algorithm::from_name(&name))
        .filter(|algorithm| accepted.contains(algorithm))
        .ok_or(InvalidReason::WrongAlgorithm)
}

/// No extension is supported, so `crit` in any form, and `b64` of RFC 7797, are refused
/// ([RFC 7515 section 4.1.11](https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11)).
fn no_extensions(crit: Option<RawJson<'_>>, b64: Option<RawJson<'_>>) -> Result<(), InvalidReason> {
    if crit.is_some() || b64.is_some() {
        return Err(InvalidReason::CriticalHeader);
    }
    Ok(())
}

/// `typ` is that of an access token
/// ([RFC 9068 section 4](https://www.rfc-editor.org/rfc/rfc9068#section-4)).
fn access_token_type(typ: Option<RawJson<'_>>, types: TokenTypes) -> Result<(), InvalidReason> {
    let accepted = match typ {
        None => types.accept(None),
        Some(typ) => typ
            .string()
            .and_then(|text| text.at_most(MAX_NAME_BYTES))
            .is_some_and(|text| types.accept(Some(&text))),
    };
    if accepted {
        Ok(())
    } else {
        Err(InvalidReason::WrongType)
    }
}

/// `kid` is absent or a string of bounded length
/// ([RFC 7515 section 4.1.4](https://www.rfc-editor.org/rfc/rfc7515#section-4.1.4)).
fn key_id(kid: Option<RawJson<'_>>) -> Result<Option<String>, InvalidReason> {
    let Some(kid) = kid else {
        return Ok(None);
    };
    let text = kid.string().ok_or(InvalidReason::MalformedHeader)?;
    match text.at_most(MAX_KEY_ID_BYTES) {
        Some(name) => Ok(Some(name.into_owned())),
        None => Err(InvalidReason::UnknownKey),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_and_refused_headers() {
        use InvalidReason::{
            CriticalHeader, DuplicateMember, MalformedHeader, UnknownKey, WrongAlgorithm, WrongType,
        };
        let parse =
            |text: &str| JoseHeader::parse(text, &[Algorithm::Rs256], TokenTypes::default());
        for text in [
            r#"{"alg":"RS256"}"#,
            r#"{"alg":"RS256","typ":"JWT","kid":"a"}"#,
            r#"{"alg":"RS256","typ":"at+jwt"}"#,
            r#"{"alg":"RS256","typ":"APPLICATION/AT+JWT"}"#,
            r#"{"alg":"RS256","jku":"https://evil.example","x5c":[1],"cty":"x"}"#,
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
        let long_kid = format!(r#"{{"alg":"RS256","kid":"{}"}}"#, "k".repeat(257));
        for (text, reason) in [
            ("[]", MalformedHeader),
            ("\"RS256\"", MalformedHeader),
            (r#"{"alg":"RS256","alg":"RS256"}"#, DuplicateMember),
            (
                r#"{"alg":"RS256","kid":"a","\u006bid":"b"}"#,
                DuplicateMember,
            ),
            ("{}", WrongAlgorithm),
            (r#"{"alg":null}"#, WrongAlgorithm),
            (r#"{"alg":["RS256"]}"#, WrongAlgorithm),
            (r#"{"alg":"none"}"#, WrongAlgorithm),
            (r#"{"alg":"rs256"}"#, WrongAlgorithm),
            (r#"{"alg":"RS256 "}"#, WrongAlgorithm),
            (r#"{"alg":"RS384"}"#, WrongAlgorithm),
            (r#"{"alg":"HS256"}"#, WrongAlgorithm),
            (r#"{"alg":"RS256","crit":["exp"]}"#, CriticalHeader),
            (r#"{"alg":"RS256","crit":[]}"#, CriticalHeader),
            (r#"{"alg":"RS256","crit":null}"#, CriticalHeader),
            (r#"{"alg":"RS256","b64":true}"#, CriticalHeader),
            (r#"{"alg":"RS256","typ":"dpop+jwt"}"#, WrongType),
            (r#"{"alg":"RS256","typ":"logout+jwt"}"#, WrongType),
            (r#"{"alg":"RS256","typ":""}"#, WrongType),
            (r#"{"alg":"RS256","typ":null}"#, WrongType),
            (r#"{"alg":"RS256","kid":7}"#, MalformedHeader),
            (r#"{"alg":"RS256","kid":null}"#, MalformedHeader),
            (&long_kid, UnknownKey),
        ] {
            assert_eq!(parse(text).err(), Some(reason), "{text}");
        }
    }

    #[test]
    fn strict_types_leave_untyped_tokens_out() {
        for (typ, accepted) in [
            (r#","typ":"at+jwt""#, true),
            (r#","typ":"application/AT+jwt""#, true),
            (r#","typ":"JWT""#, false),
            ("", false),
        ] {
            let text = format!(r#"{{"alg":"RS256"{typ}}}"#);
            let types = TokenTypes::AtJwt;
            let header = JoseHeader::parse(&text, &[Algorithm::Rs256], types);
            assert_eq!(header.is_ok(), accepted, "{text}");
        }
    }
}
