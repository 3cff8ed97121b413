//! [`TokenClaims`]: header and claims as a token states them, to be shown and never trusted.

use auth_core::support::json::RawObject;
use auth_core::verifier::InvalidReason;
use serde_json::{Map, Value};

use crate::jwt::{Compact, LARGEST_MAX_TOKEN_BYTES};

/// Unverified header and claims; empty when they cannot be decoded.
#[derive(Default)]
pub(crate) struct TokenClaims {
    /// The number of dots in the token.
    pub(crate) dots: usize,
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
}

impl TokenClaims {
    pub(crate) fn of(token: &str) -> Self {
        // No verifier accepts a longer one.
        let short = token.len() <= LARGEST_MAX_TOKEN_BYTES;
        let parts = short.then(|| Compact::split(token));
        let read = |text: Result<String, InvalidReason>| {
            let text = text.ok()?;
            RawObject::parse(text).ok()?.members().ok()
        };
        let (header, claims) = match parts {
            Some(Ok(parts)) => (read(parts.header()), read(parts.claims())),
            _ => (None, None),
        };
        Self {
            dots: token.bytes().filter(|byte| *byte == b'.').count(),
            header: header.unwrap_or_default(),
            claims: claims.unwrap_or_default(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name)?.as_str()
    }

    pub(crate) fn claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// `aud`, a string or an array, as a list of strings.
    pub(crate) fn audiences(&self) -> Vec<&str> {
        match self.claims.get("aud") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether `keys` is known and lacks the `kid` of the token.
    pub(crate) fn names_another_key(&self, keys: &[String]) -> bool {
        let id = self.header("kid");
        !keys.is_empty() && id.is_some_and(|id| !keys.iter().any(|key| key == id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn claims_of(header: &str, claims: &str) -> TokenClaims {
        let [header, claims] = [header, claims].map(|json| URL_SAFE_NO_PAD.encode(json));
        TokenClaims::of(&format!("{header}.{claims}.c2ln"))
    }

    #[test]
    fn a_key_is_another_one_when_the_keys_are_known_and_lack_it() {
        let keys = |ids: &str| {
            ids.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        for (header, known, expected) in [
            (r#"{"kid":"a"}"#, "b", true),
            (r#"{"kid":"a"}"#, "b c", true),
            (r#"{"kid":"a"}"#, "a", false),
            (r#"{"kid":"a"}"#, "b a", false),
            (r#"{"kid":"a"}"#, "", false),
            (r#"{"kid":7}"#, "b", false),
            ("{}", "b", false),
        ] {
            let names_another = claims_of(header, "{}").names_another_key(&keys(known));
            assert_eq!(names_another, expected, "{header} and {known:?}");
        }
    }

    #[test]
    fn an_audience_is_a_string_or_an_array() {
        for (claims, expected) in [
            (r#"{"aud":"a"}"#, &["a"][..]),
            (r#"{"aud":["a","b"]}"#, &["a", "b"]),
            (r#"{"aud":["a",7]}"#, &["a"]),
            (r#"{"aud":7}"#, &[]),
            ("{}", &[]),
        ] {
            assert_eq!(claims_of("{}", claims).audiences(), expected, "{claims}");
        }
    }
}
