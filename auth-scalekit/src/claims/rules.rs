//! [`Rules`]: the checks of a token's claims, the same for JWTs and introspection responses. Each check is one
//! function; [`Rules::check`] calls them in order.
//!
//! To add one: a function here, its call in [`Rules::check`], and a reason in
//! [`InvalidReason`](auth_core::verifier::InvalidReason) unless one fits.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::support::json::{JsonStr, RawJson};
use auth_core::token::Confirmation;
use auth_core::verifier::InvalidReason;

use super::numeric_date;
use super::scan::Claims;
use super::validity::TokenValidity;

/// The longest `cnf`, in bytes: one thumbprint takes 60.
const MAX_CONFIRMATION: usize = 256;

/// The expectations of one resource server.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    /// Accepted `iss` of each trusted issuer, compared byte by byte; an issuer may have several names.
    pub(crate) issuers: Vec<Vec<Arc<str>>>,
    /// Accepted `aud`, compared byte by byte; one of the token's must be among them.
    pub(crate) audiences: Vec<String>,
    /// Which claims are required.
    pub(crate) presence: Presence,
    /// The accepted clock skew.
    pub(crate) leeway: Duration,
    /// The longest time from `iat` to `exp`, if there is a limit; `iat` is then required.
    pub(crate) max_lifetime: Option<Duration>,
    /// Whether tokens that are bound to a key are accepted, for the layer to check the proof.
    pub(crate) accepts_bound_tokens: bool,
}

/// Which claims are required. Optional ones are checked if present.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Presence {
    /// `iss`; without it the token belongs to the first issuer.
    pub(crate) issuer: bool,
    pub(crate) audience: bool,
    pub(crate) expiry: bool,
    /// `sub`; without it the token is about the client.
    pub(crate) subject: bool,
}

impl Presence {
    /// Those of an access token that is a JWT
    /// ([RFC 9068 section 2.2](https://www.rfc-editor.org/rfc/rfc9068#section-2.2)).
    pub(crate) const ALL: Self = Self {
        issuer: true,
        audience: true,
        expiry: true,
        subject: true,
    };
}

impl Rules {
    /// Checks the claims, and whether they are valid at `now` unless the caller checks that. The claims may be
    /// forged: only [`ClaimsMapping`](super::ClaimsMapping) makes a token of them, once their origin is proven.
    pub(crate) fn check(
        &self,
        claims: &Claims<'_>,
        now: Option<SystemTime>,
    ) -> Result<TokenValidity, InvalidReason> {
        let (issuer, issuer_name) = self.issuer(claims)?;
        self.audience(claims)?;
        let validity = TokenValidity {
            issuer,
            issuer_name,
            expires_at: self.expiry(claims)?,
            not_before: claims.not_before.map(numeric_date::parse).transpose()?,
            issued_at: claims.issued_at.map(numeric_date::parse).transpose()?,
        };
        if let Some(now) = now {
            validity.check(now, self.leeway)?;
        }
        self.lifetime(&validity)?;
        self.subject(claims)?;
        self.confirmation(claims)?;
        Ok(validity)
    }

    /// `iss` is one string, equal to a configured issuer: a trailing slash or another case is a different issuer
    /// ([RFC 9068 section 4](https://www.rfc-editor.org/rfc/rfc9068#section-4)).
    fn issuer(&self, claims: &Claims<'_>) -> Result<(usize, usize), InvalidReason> {
        let Some(claim) = claims.issuer else {
            return match self.presence.issuer {
                true => Err(InvalidReason::WrongIssuer),
                false => Ok((0, 0)),
            };
        };
        let name_of = |names: &Vec<Arc<str>>| names.iter().position(|name| claim.is(name));
        let mut issuers = self.issuers.iter().enumerate();
        issuers
            .find_map(|(index, names)| Some((index, name_of(names)?)))
            .ok_or(InvalidReason::WrongIssuer)
    }

    /// `aud` is a string or an array of strings, and holds a configured audience
    /// ([RFC 7519 section 4.1.3](https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3)): a token for
    /// another resource has a valid signature, too.
    fn audience(&self, claims: &Claims<'_>) -> Result<(), InvalidReason> {
        let ours = |claim: RawJson<'_>| self.audiences.iter().any(|known| claim.is(known));
        let Some(claim) = claims.audience else {
            return match self.presence.audience {
                true => Err(InvalidReason::WrongAudience),
                false => Ok(()),
            };
        };
        let mut found = ours(claim);
        for audience in claim.items().into_iter().flatten() {
            if audience.string().is_none() {
                return Err(InvalidReason::WrongAudience);
            }
            found |= ours(audience);
        }
        if found {
            Ok(())
        } else {
            Err(InvalidReason::WrongAudience)
        }
    }

    /// `exp` ([RFC 7519 section 4.1.4](https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4)).
    fn expiry(&self, claims: &Claims<'_>) -> Result<Option<SystemTime>, InvalidReason> {
        match claims.expires_at {
            None if self.presence.expiry => Err(InvalidReason::MissingExpiry),
            claim => claim.map(numeric_date::parse).transpose(),
        }
    }

    /// The time from `iat` to `exp` does not exceed the limit, if there is one.
    fn lifetime(&self, validity: &TokenValidity) -> Result<(), InvalidReason> {
        let Some(longest) = self.max_lifetime else {
            return Ok(());
        };
        let latest = validity.issued_at.and_then(|at| at.checked_add(longest));
        let end = validity.expires_at;
        if end.zip(latest).is_some_and(|(end, latest)| end <= latest) {
            Ok(())
        } else {
            Err(InvalidReason::LifetimeTooLong)
        }
    }

    /// `sub` is a string that is not empty; where a machine's token may have none, it is about the client
    /// ([RFC 9068 section 2.2](https://www.rfc-editor.org/rfc/rfc9068#section-2.2)).
    pub(super) fn subject<'a>(&self, claims: &Claims<'a>) -> Result<Cow<'a, str>, InvalidReason> {
        let subject = match claims.subject {
            None if !self.presence.subject => claims.client_id,
            subject => subject,
        };
        let subject = subject.and_then(RawJson::string).map(JsonStr::decode);
        subject
            .filter(|subject| !subject.is_empty())
            .ok_or(InvalidReason::MissingSubject)
    }

    /// A token that is bound to a key needs a proof of that key: accepting it as a bearer token would remove the
    /// binding ([RFC 9449 section 7.1](https://www.rfc-editor.org/rfc/rfc9449#section-7.1),
    /// [RFC 8705 section 3](https://www.rfc-editor.org/rfc/rfc8705#section-3)).
    pub(super) fn confirmation(
        &self,
        claims: &Claims<'_>,
    ) -> Result<Option<Confirmation>, InvalidReason> {
        let Some(claim) = claims.confirmation else {
            return Ok(None);
        };
        // A longer one cannot be a thumbprint and is not parsed.
        let may_be_one = self.accepts_bound_tokens && claim.as_str().len() <= MAX_CONFIRMATION;
        let confirmation = may_be_one.then(|| Confirmation::from_claim(&claim.to_value()));
        match confirmation.flatten() {
            Some(confirmation) => Ok(Some(confirmation)),
            None => Err(InvalidReason::UncheckedProof),
        }
    }

    /// The name of the issuer in the token, and the first name of the same issuer.
    pub(super) fn issuer_names(&self, token: &TokenValidity) -> Option<[&Arc<str>; 2]> {
        let names = self.issuers.get(token.issuer)?;
        Some([names.get(token.issuer_name)?, names.first()?])
    }
}

/// An optional claim that must be a string if present.
pub(crate) fn string(claim: Option<RawJson<'_>>) -> Result<Option<Cow<'_, str>>, InvalidReason> {
    let Some(claim) = claim else {
        return Ok(None);
    };
    let string = claim.string().ok_or(InvalidReason::MalformedClaim)?;
    Ok(Some(string.decode()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::ClaimNames;
    use serde_json::{Value, json};
    use std::time::UNIX_EPOCH;

    const NOW: u64 = 1_800_000_000;

    fn rules() -> Rules {
        Rules {
            issuers: vec![
                vec!["https://other.example".into()],
                vec!["https://id.example".into(), "https://id.example/res".into()],
            ],
            audiences: vec!["res_1".into()],
            leeway: Duration::from_secs(60),
            max_lifetime: None,
            presence: Presence::ALL,
            accepts_bound_tokens: false,
        }
    }

    /// The verdict on the claims.
    fn check(rules: &Rules, claims: &Value) -> Result<TokenValidity, InvalidReason> {
        let names = ClaimNames {
            client_id: "client_id".into(),
            organization: None,
            scopes: Vec::new(),
        };
        let text = claims.to_string();
        let (claims, _) = names.scan(&text).unwrap();
        rules.check(&claims, Some(UNIX_EPOCH + Duration::from_secs(NOW)))
    }

    fn control() -> Value {
        json!({
            "iss": "https://id.example", "aud": ["https://mcp.example/mcp", "res_1"],
            "sub": "usr_1", "client_id": "m2m_1", "exp": NOW + 1, "nbf": NOW, "iat": NOW, "scope": "a b",
        })
    }

    /// A claim of the control that is replaced, or taken out by `null`, and the verdicts: where all claims must be
    /// there, as in a JWT, and where they need not, as in the answer of an introspection endpoint.
    #[test]
    fn one_claim_off_is_one_reason() {
        use InvalidReason::*;
        let all = rules();
        let few = Rules {
            presence: Presence {
                issuer: false,
                audience: false,
                expiry: false,
                subject: false,
            },
            ..rules()
        };
        for rules in [&all, &few] {
            assert!(check(rules, &control()).is_ok(), "the control");
        }
        let absent = Value::Null;
        let both = |reason: Option<InvalidReason>| [reason; 2];
        let table = [
            ("iss", json!("https://id.example/res"), both(None)),
            ("iss", json!("https://id.example/"), both(Some(WrongIssuer))),
            ("iss", json!("HTTPS://id.example"), both(Some(WrongIssuer))),
            (
                "iss",
                json!(["https://id.example"]),
                both(Some(WrongIssuer)),
            ),
            ("iss", json!(7), both(Some(WrongIssuer))),
            ("iss", absent.clone(), [Some(WrongIssuer), None]),
            ("aud", json!("res_1"), both(None)),
            ("aud", json!("res_2"), both(Some(WrongAudience))),
            ("aud", json!("res_1 "), both(Some(WrongAudience))),
            ("aud", json!("RES_1"), both(Some(WrongAudience))),
            ("aud", json!(["res_1", 7]), both(Some(WrongAudience))),
            ("aud", json!([7, "res_1"]), both(Some(WrongAudience))),
            ("aud", json!([["res_1"]]), both(Some(WrongAudience))),
            ("aud", json!([]), both(Some(WrongAudience))),
            ("aud", json!({"res_1": 1}), both(Some(WrongAudience))),
            (
                "aud",
                json!("https://mcp.example/mcp"),
                both(Some(WrongAudience)),
            ),
            ("aud", absent.clone(), [Some(WrongAudience), None]),
            ("exp", json!(NOW - 59), both(None)),
            ("exp", json!(NOW - 60), both(Some(Expired))),
            ("exp", json!("1900000000"), both(Some(MalformedTime))),
            ("exp", absent.clone(), [Some(MissingExpiry), None]),
            ("nbf", json!(NOW + 60), both(None)),
            ("nbf", json!(NOW + 61), both(Some(NotYetValid))),
            ("nbf", json!("x"), both(Some(MalformedTime))),
            ("nbf", absent.clone(), both(None)),
            ("iat", json!(NOW + 60), both(None)),
            ("iat", json!(NOW + 61), both(Some(IssuedInTheFuture))),
            ("iat", json!(false), both(Some(MalformedTime))),
            ("iat", absent.clone(), both(None)),
            ("sub", json!(""), both(Some(MissingSubject))),
            ("sub", json!(7), both(Some(MissingSubject))),
            ("sub", absent, [Some(MissingSubject), None]),
            ("cnf", json!({"jkt": "x"}), both(Some(UncheckedProof))),
            (
                "cnf",
                json!({"jkt": thumbprint()}),
                both(Some(UncheckedProof)),
            ),
        ];
        for (name, value, reasons) in table {
            let mut claims = control();
            let members = claims.as_object_mut().unwrap();
            match value {
                Value::Null => members.remove(name),
                ref value => members.insert(name.into(), value.clone()),
            };
            let found = [&all, &few].map(|rules| check(rules, &claims).err());
            assert_eq!(found, reasons, "{name} = {value}");
        }
    }

    #[test]
    fn a_token_without_subject_and_client_is_refused() {
        let mut rules = rules();
        rules.presence.subject = false;
        for (client_id, reason) in [
            (json!("m2m_1"), None),
            (json!(""), Some(InvalidReason::MissingSubject)),
            (json!(7), Some(InvalidReason::MissingSubject)),
            (Value::Null, Some(InvalidReason::MissingSubject)),
        ] {
            let mut claims = control();
            let members = claims.as_object_mut().unwrap();
            members.remove("sub");
            members.insert("client_id".into(), client_id.clone());
            assert_eq!(check(&rules, &claims).err(), reason, "{client_id}");
        }
    }

    fn thumbprint() -> String {
        "A".repeat(43)
    }

    #[test]
    fn bound_tokens_are_accepted_where_proofs_are_checked() {
        let rules = Rules {
            accepts_bound_tokens: true,
            ..rules()
        };
        for (cnf, reason) in [
            (json!({"jkt": thumbprint()}), None),
            (json!({"x5t#S256": thumbprint()}), None),
            (json!({"jkt": "x"}), Some(InvalidReason::UncheckedProof)),
            (json!({"kid": "x"}), Some(InvalidReason::UncheckedProof)),
            (
                json!({"jkt": "x".repeat(1000)}),
                Some(InvalidReason::UncheckedProof),
            ),
            (json!([0, 0, 0]), Some(InvalidReason::UncheckedProof)),
            (json!(null), Some(InvalidReason::UncheckedProof)),
        ] {
            let mut claims = control();
            claims["cnf"] = cnf.clone();
            assert_eq!(check(&rules, &claims).err(), reason, "{cnf}");
        }
    }

    #[test]
    fn a_lifetime_limit_counts_from_iat() {
        let rules = Rules {
            max_lifetime: Some(Duration::from_secs(3600)),
            ..rules()
        };
        for (iat, exp, reason) in [
            (Some(NOW), NOW + 3600, None),
            (Some(NOW), NOW + 3601, Some(InvalidReason::LifetimeTooLong)),
            (None, NOW + 1, Some(InvalidReason::LifetimeTooLong)),
        ] {
            let mut claims = control();
            claims["exp"] = json!(exp);
            match iat {
                Some(iat) => claims["iat"] = json!(iat),
                None => drop(claims.as_object_mut().unwrap().remove("iat")),
            }
            assert_eq!(check(&rules, &claims).err(), reason, "{iat:?} {exp}");
        }
    }

    #[test]
    fn a_name_leads_to_its_issuer() {
        let mut claims = control();
        assert_eq!(check(&rules(), &claims).unwrap().issuer, 1);
        claims["iss"] = json!("https://other.example");
        assert_eq!(check(&rules(), &claims).unwrap().issuer, 0);
    }
}
