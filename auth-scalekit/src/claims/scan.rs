//! [`Claims`]: the claims that the rules check, found in one strict pass over raw JSON.
//!
//! The JSON may be forged when it is read, so no tree is built of it: a tree of `[0,0,0,..` takes 30 times the memory
//! of its text. The rules and the token use the same scan: there is no second parser that could read something
//! different.

use auth_core::support::json::{JsonError, Object, RawJson};
use auth_core::verifier::InvalidReason;

/// The default claims for scopes: that of RFC 9068, that of some large issuers, and the array that is the only
/// one in machine tokens of others.
pub(crate) const DEFAULT_SCOPE_CLAIMS: [&str; 3] = ["scope", "scp", "scopes"];

/// The longest configurable name of a claim, in bytes: some issuers use URLs as names.
pub(crate) const MAX_NAME_BYTES: usize = 256;

/// The names of claims that differ between issuers.
#[derive(Debug, Clone)]
pub(crate) struct ClaimNames {
    pub(crate) client_id: String,
    pub(crate) organization: Option<String>,
    /// The first of these that is present is used; they are never combined.
    pub(crate) scopes: Vec<String>,
}

/// The raw JSON of each claim that is checked or mapped; `None` if it is absent.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Claims<'a> {
    pub(crate) issuer: Option<RawJson<'a>>,
    pub(crate) audience: Option<RawJson<'a>>,
    pub(crate) expires_at: Option<RawJson<'a>>,
    pub(crate) not_before: Option<RawJson<'a>>,
    pub(crate) issued_at: Option<RawJson<'a>>,
    pub(crate) subject: Option<RawJson<'a>>,
    pub(crate) confirmation: Option<RawJson<'a>>,
    pub(crate) token_id: Option<RawJson<'a>>,
    pub(crate) session_id: Option<RawJson<'a>>,
    pub(crate) client_id: Option<RawJson<'a>>,
    pub(crate) organization: Option<RawJson<'a>>,
    pub(crate) scopes: Option<RawJson<'a>>,
    // Only in introspection responses (RFC 7662 section 2.2), some of them extensions of servers.
    pub(crate) active: Option<RawJson<'a>>,
    pub(crate) token_type: Option<RawJson<'a>>,
    pub(crate) token_use: Option<RawJson<'a>>,
    pub(crate) kind: Option<RawJson<'a>>,
    pub(crate) username: Option<RawJson<'a>>,
}

impl ClaimNames {
    /// Scans raw JSON that is one object.
    pub(crate) fn scan<'a>(&self, text: &'a str) -> Result<(Claims<'a>, Object<'a>), JsonError> {
        let mut claims = Claims::default();
        let mut rank = self.scopes.len();
        let object = Object::read(text, |name, value| {
            // A longer name is not configured.
            let Some(name) = name.at_most(MAX_NAME_BYTES) else {
                return;
            };
            let place = match &*name {
                "iss" => Some(&mut claims.issuer),
                "aud" => Some(&mut claims.audience),
                "exp" => Some(&mut claims.expires_at),
                "nbf" => Some(&mut claims.not_before),
                "iat" => Some(&mut claims.issued_at),
                "sub" => Some(&mut claims.subject),
                "cnf" => Some(&mut claims.confirmation),
                "jti" => Some(&mut claims.token_id),
                "sid" => Some(&mut claims.session_id),
                "active" => Some(&mut claims.active),
                "token_type" => Some(&mut claims.token_type),
                "token_use" => Some(&mut claims.token_use),
                "typ" => Some(&mut claims.kind),
                "username" => Some(&mut claims.username),
                _ => None,
            };
            if let Some(place) = place {
                *place = Some(value);
            }
            // One claim can be configured for several purposes.
            if *self.client_id == *name {
                claims.client_id = Some(value);
            }
            if self.organization.as_deref() == Some(&*name) {
                claims.organization = Some(value);
            }
            let place = self.scopes.iter().position(|known| **known == *name);
            if let Some(place) = place.filter(|place| *place < rank) {
                rank = place;
                claims.scopes = Some(value);
            }
        })?;
        Ok((claims, object))
    }
}

/// The reason for claims that cannot be parsed.
pub(crate) fn reason_in_claims(error: &JsonError) -> InvalidReason {
    match error {
        JsonError::DuplicateMember => InvalidReason::DuplicateMember,
        _ => InvalidReason::MalformedClaims,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn names() -> ClaimNames {
        ClaimNames {
            client_id: "azp".into(),
            organization: Some("sub".into()),
            scopes: DEFAULT_SCOPE_CLAIMS.map(Into::into).to_vec(),
        }
    }

    #[test]
    fn each_claim_is_found_in_its_place() {
        let text = r#"{
            "typ":1, "iss":2, "a\u0075d":3, "exp":4, "nbf":5, "iat":6, "sub":7, "cnf":8, "jti":9, "azp":10,
            "active":11, "token_type":12, "token_use":13, "username":14, "scope":15, "client_id":16, "x":[17]
        }"#;
        let names = names();
        let (found, object) = names.scan(text).unwrap();
        assert_eq!(object.to_text().as_str(), text);
        let numbers = [
            (found.kind, 1),
            (found.issuer, 2),
            (found.audience, 3),
            (found.expires_at, 4),
            (found.not_before, 5),
            (found.issued_at, 6),
            (found.subject, 7),
            (found.organization, 7),
            (found.confirmation, 8),
            (found.token_id, 9),
            (found.client_id, 10),
            (found.active, 11),
            (found.token_type, 12),
            (found.token_use, 13),
            (found.username, 14),
            (found.scopes, 15),
        ];
        for (place, (found, number)) in numbers.into_iter().enumerate() {
            assert_eq!(found.unwrap().as_str(), number.to_string(), "{place}");
        }
        let (nothing, _) = names.scan("{}").unwrap();
        assert!(nothing.issuer.is_none() && nothing.scopes.is_none());
    }

    #[test]
    fn scopes_come_from_one_claim() {
        let names = names();
        for (claims, expected) in [
            (
                json!({"scope": "a b", "scp": "c", "scopes": ["d"]}),
                Some("scope"),
            ),
            (json!({"scp": "c", "scopes": ["d"]}), Some("scp")),
            (json!({"scp": null}), Some("scp")),
            (json!({"scopes": ["d"]}), Some("scopes")),
            (json!({"scope": "", "scopes": ["d"]}), Some("scope")),
            (json!({}), None),
        ] {
            let text = claims.to_string();
            let found = names.scan(&text).unwrap().0.scopes.map(RawJson::to_value);
            let expected: Option<&Value> = expected.map(|name| &claims[name]);
            assert_eq!(found.as_ref(), expected, "{claims}");
            // The order in which they are written decides nothing.
            let mut members: Vec<_> = claims.as_object().unwrap().iter().collect();
            members.reverse();
            let members = members
                .iter()
                .map(|(name, value)| format!("{name:?}:{value}"));
            let text = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
            let found = names.scan(&text).unwrap().0.scopes.map(RawJson::to_value);
            assert_eq!(found.as_ref(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_strict_json_has_no_claims() {
        use InvalidReason::{DuplicateMember, MalformedClaims};
        let names = names();
        assert!(names.scan(r#"{"a":{"b":1}}"#).is_ok(), "the control");
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        for (text, reason) in [
            (r#"{"a":1,"a":1}"#, DuplicateMember),
            (r#"{"a":1,"\u0061":2}"#, DuplicateMember),
            (r#"{"a":[{"b":1,"b":2}]}"#, DuplicateMember),
            ("[]", MalformedClaims),
            ("", MalformedClaims),
            (r#"{"a":1}x"#, MalformedClaims),
            (r#"{"a":1e400}"#, MalformedClaims),
            (r#"{"a":"\ud800"}"#, MalformedClaims),
            ("\u{feff}{}", MalformedClaims),
            (&deep, MalformedClaims),
        ] {
            let error = names.scan(text).unwrap_err();
            assert_eq!(reason_in_claims(&error), reason, "{}", text.len());
        }
    }
}
