//! What a token is judged by, apart from its signature. Each rule is one function; they are tried
//! in the order in which [`Rules::judge`] reads.
//!
//! The first of them, [`Rules::standing`], are asked twice: of the bare text, since a token that
//! they refuse shall cost no fetch, and of the claims that the signature covers. Only the second
//! answer admits anybody.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::InvalidReason;
use serde_json::Value;

use super::claim::Claim;
use super::strict_json::{JsonFault, Members};
use super::{numeric_date, outline};

/// The claims that say whose token it is and when it is good, in the order of [`Standing`]'s rules.
const STANDING: [&str; 5] = ["iss", "aud", "exp", "nbf", "iat"];

/// Where scopes are read from: RFC 9068's claim, that of some large issuers, and the array that
/// machine tokens of others carry alone.
pub(crate) const DEFAULT_SCOPE_CLAIMS: [&str; 3] = ["scope", "scp", "scopes"];

/// The expectations of one resource server.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    /// Accepted `iss`, compared byte by byte, for each trusted issuer: some have several names.
    pub(crate) issuers: Vec<Vec<Arc<str>>>,
    /// Accepted `aud`, compared byte by byte; one of the token's must be among them.
    pub(crate) audiences: Vec<String>,
    /// How far the issuer's clock may be off.
    pub(crate) leeway: Duration,
    /// The longest time from `iat` to `exp`, if there is a limit; `iat` is then required.
    pub(crate) max_lifetime: Option<Duration>,
    /// The claims that scopes are read from: the first one that is there.
    pub(crate) scope_claims: Vec<String>,
}

/// Whose token it is and when it is good, as far as it says so itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Which of the trusted issuers it names.
    pub(crate) issuer: usize,
    /// By which of that issuer's names.
    pub(crate) issuer_name: usize,
    pub(crate) expires_at: SystemTime,
    pub(crate) not_before: Option<SystemTime>,
    pub(crate) issued_at: Option<SystemTime>,
}

impl Rules {
    /// The claims that the rules read.
    pub(crate) fn claims(&self) -> impl Iterator<Item = &str> {
        let scope_claims = self.scope_claims.iter().map(String::as_str);
        STANDING
            .into_iter()
            .chain(["sub", "cnf"])
            .chain(scope_claims)
    }

    /// Judges the text of claims that nobody has vouched for, at `now`. What it lets pass may not
    /// even be JSON.
    pub(crate) fn glance(&self, text: &str, now: SystemTime) -> Result<Standing, InvalidReason> {
        let claims = outline::members(text, STANDING).map_err(JsonFault::in_claims)?;
        self.standing(claims, now)
    }

    /// Judges the claims at `now`.
    pub(crate) fn judge(
        &self,
        claims: &Members<'_>,
        now: SystemTime,
    ) -> Result<Standing, InvalidReason> {
        let standing = self.standing(STANDING.map(|name| claims.get(name)), now)?;
        subject(claims)?;
        no_unchecked_proof(claims)?;
        Ok(standing)
    }

    /// Judges the claims of [`STANDING`].
    fn standing<C: Claim>(
        &self,
        [issuer, audience, expiry, not_before, issued_at]: [Option<C>; 5],
        now: SystemTime,
    ) -> Result<Standing, InvalidReason> {
        let (issuer, issuer_name) = self.issuer(issuer)?;
        self.audience(audience)?;
        let expires_at = self.expiry(expiry, now)?;
        let not_before = self.not_before(not_before, now)?;
        let issued_at = self.issued_at(issued_at, now)?;
        self.lifetime(issued_at, expires_at)?;
        Ok(Standing {
            issuer,
            issuer_name,
            expires_at,
            not_before,
            issued_at,
        })
    }

    /// `iss` is one string, equal to a configured issuer: no slash and no case is forgiven
    /// ([RFC 9068 section 4](https://www.rfc-editor.org/rfc/rfc9068#section-4)).
    fn issuer(&self, claim: Option<impl Claim>) -> Result<(usize, usize), InvalidReason> {
        let claim = claim.ok_or(InvalidReason::WrongIssuer)?;
        let name_of = |names: &Vec<Arc<str>>| names.iter().position(|name| claim.is(name));
        let mut issuers = self.issuers.iter().enumerate();
        issuers
            .find_map(|(index, names)| Some((index, name_of(names)?)))
            .ok_or(InvalidReason::WrongIssuer)
    }

    /// `aud` is a string or an array of strings, and holds a configured audience
    /// ([RFC 7519 section 4.1.3](https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3)).
    fn audience<C: Claim>(&self, claim: Option<C>) -> Result<(), InvalidReason> {
        let ours = |audience: C| self.audiences.iter().any(|known| audience.is(known));
        let claim = claim.ok_or(InvalidReason::WrongAudience)?;
        let mut found = ours(claim);
        for audience in claim.items().into_iter().flatten() {
            if !audience.is_text() {
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

    /// `exp` is there, and now is before it; at equality the token has expired
    /// ([RFC 7519 section 4.1.4](https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4)).
    fn expiry(
        &self,
        claim: Option<impl Claim>,
        now: SystemTime,
    ) -> Result<SystemTime, InvalidReason> {
        let expires_at = numeric_date::parse(claim.ok_or(InvalidReason::MissingExpiry)?)?;
        // A clock that far off has no sum; such a token has not expired.
        match expires_at.checked_add(self.leeway) {
            Some(end) if now >= end => Err(InvalidReason::Expired),
            _ => Ok(expires_at),
        }
    }

    /// `nbf`, when it is there, has come
    /// ([RFC 7519 section 4.1.5](https://www.rfc-editor.org/rfc/rfc7519#section-4.1.5)).
    fn not_before(
        &self,
        claim: Option<impl Claim>,
        now: SystemTime,
    ) -> Result<Option<SystemTime>, InvalidReason> {
        self.not_ahead(claim, now, InvalidReason::NotYetValid)
    }

    /// `iat`, when it is there, lies in the past
    /// ([RFC 7519 section 4.1.6](https://www.rfc-editor.org/rfc/rfc7519#section-4.1.6)).
    fn issued_at(
        &self,
        claim: Option<impl Claim>,
        now: SystemTime,
    ) -> Result<Option<SystemTime>, InvalidReason> {
        self.not_ahead(claim, now, InvalidReason::IssuedInTheFuture)
    }

    /// A time that may be absent, and is refused for `reason` when it is later than now and the
    /// leeway.
    fn not_ahead(
        &self,
        claim: Option<impl Claim>,
        now: SystemTime,
        reason: InvalidReason,
    ) -> Result<Option<SystemTime>, InvalidReason> {
        let time = claim.map(numeric_date::parse).transpose()?;
        let latest = now.checked_add(self.leeway);
        match (time, latest) {
            (Some(time), Some(latest)) if time > latest => Err(reason),
            _ => Ok(time),
        }
    }

    /// The token lives no longer than is allowed, if there is a limit.
    fn lifetime(
        &self,
        issued_at: Option<SystemTime>,
        expires_at: SystemTime,
    ) -> Result<(), InvalidReason> {
        let Some(longest) = self.max_lifetime else {
            return Ok(());
        };
        let within = issued_at
            .and_then(|issued_at| issued_at.checked_add(longest))
            .is_some_and(|latest| expires_at <= latest);
        if within {
            Ok(())
        } else {
            Err(InvalidReason::LifetimeTooLong)
        }
    }

    /// The issuer by the name that the token has for it, and by its first.
    pub(crate) fn issuer_names(&self, token: &Standing) -> Option<[&Arc<str>; 2]> {
        let names = self.issuers.get(token.issuer)?;
        Some([names.get(token.issuer_name)?, names.first()?])
    }

    /// The claim that the granted scopes are read from: `scope` of
    /// [RFC 9068 section 2.2.3](https://www.rfc-editor.org/rfc/rfc9068#section-2.2.3), or what the
    /// issuer has instead. One claim, never a mixture.
    pub(crate) fn scope_claim<'a>(&self, claims: &'a Members<'_>) -> Option<&'a Value> {
        self.scope_claims.iter().find_map(|name| claims.get(name))
    }
}

/// `sub` is a text that is not empty
/// ([RFC 9068 section 2.2](https://www.rfc-editor.org/rfc/rfc9068#section-2.2)).
pub(crate) fn subject<'a>(claims: &'a Members<'_>) -> Result<&'a str, InvalidReason> {
    let subject = claims.get("sub").and_then(Value::as_str);
    subject
        .filter(|subject| !subject.is_empty())
        .ok_or(InvalidReason::MissingSubject)
}

/// A token bound to a proof is worth nothing without it: taking it as a bearer token would undo
/// the binding ([RFC 9449 section 7.1](https://www.rfc-editor.org/rfc/rfc9449#section-7.1)).
fn no_unchecked_proof(claims: &Members<'_>) -> Result<(), InvalidReason> {
    if claims.get("cnf").is_some() {
        return Err(InvalidReason::UncheckedProof);
    }
    Ok(())
}

/// An optional claim that must be a text when it is there.
pub(crate) fn text<'a>(
    claims: &'a Members<'_>,
    name: &str,
) -> Result<Option<&'a str>, InvalidReason> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(InvalidReason::MalformedClaim),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::strict_json;
    use serde_json::json;
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
            scope_claims: DEFAULT_SCOPE_CLAIMS.map(Into::into).to_vec(),
        }
    }

    /// The verdict on the claims, which the one on their text may not differ from: neither in what
    /// it refuses, nor in what it reads.
    fn judge(rules: &Rules, claims: &Value) -> Result<Standing, InvalidReason> {
        let now = UNIX_EPOCH + Duration::from_secs(NOW);
        let text = claims.to_string();
        let glance = rules.glance(&text, now);
        let judged = read(rules, &text, |members| rules.judge(members, now));
        match judged {
            Err(InvalidReason::MissingSubject | InvalidReason::UncheckedProof) => {
                assert!(glance.is_ok(), "{claims}");
            }
            verdict => assert_eq!(glance, verdict, "{claims}"),
        }
        judged
    }

    fn read<T>(rules: &Rules, text: &str, then: impl Fn(&Members<'_>) -> T) -> T {
        let names: Vec<_> = rules.claims().map(str::to_owned).collect();
        then(&strict_json::members(text, &names).unwrap())
    }

    fn control() -> Value {
        json!({
            "iss": "https://id.example", "aud": ["https://mcp.example/mcp", "res_1"],
            "sub": "usr_1", "exp": NOW + 1, "nbf": NOW, "iat": NOW, "scope": "a b",
        })
    }

    #[test]
    fn one_claim_off_is_one_reason() {
        use InvalidReason::*;
        assert!(judge(&rules(), &control()).is_ok(), "the control");
        let absent = Value::Null;
        let table = [
            ("iss", json!("https://id.example/res"), None),
            ("iss", json!("https://id.example/"), Some(WrongIssuer)),
            ("iss", json!("HTTPS://id.example"), Some(WrongIssuer)),
            ("iss", json!(["https://id.example"]), Some(WrongIssuer)),
            ("iss", json!(7), Some(WrongIssuer)),
            ("iss", absent.clone(), Some(WrongIssuer)),
            ("aud", json!("res_1"), None),
            ("aud", json!("res_2"), Some(WrongAudience)),
            ("aud", json!("res_1 "), Some(WrongAudience)),
            ("aud", json!("RES_1"), Some(WrongAudience)),
            ("aud", json!(["res_1", 7]), Some(WrongAudience)),
            ("aud", json!([]), Some(WrongAudience)),
            ("aud", json!({"res_1": 1}), Some(WrongAudience)),
            ("aud", json!("https://mcp.example/mcp"), Some(WrongAudience)),
            ("aud", absent.clone(), Some(WrongAudience)),
            ("exp", json!(NOW - 59), None),
            ("exp", json!(NOW - 60), Some(Expired)),
            ("exp", json!("1900000000"), Some(MalformedTime)),
            ("exp", absent.clone(), Some(MissingExpiry)),
            ("nbf", json!(NOW + 60), None),
            ("nbf", json!(NOW + 61), Some(NotYetValid)),
            ("nbf", json!("x"), Some(MalformedTime)),
            ("nbf", absent.clone(), None),
            ("iat", json!(NOW + 60), None),
            ("iat", json!(NOW + 61), Some(IssuedInTheFuture)),
            ("iat", json!(false), Some(MalformedTime)),
            ("iat", absent.clone(), None),
            ("sub", json!(""), Some(MissingSubject)),
            ("sub", json!(7), Some(MissingSubject)),
            ("sub", absent, Some(MissingSubject)),
            ("cnf", json!({"jkt": "x"}), Some(UncheckedProof)),
        ];
        for (name, value, reason) in table {
            let mut claims = control();
            let members = claims.as_object_mut().unwrap();
            match value {
                Value::Null => members.remove(name),
                ref value => members.insert(name.into(), value.clone()),
            };
            assert_eq!(judge(&rules(), &claims).err(), reason, "{name} = {value}");
        }
    }

    #[test]
    fn scopes_come_from_one_claim() {
        let rules = rules();
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
            let expected = expected.map(|name| claims[name].clone());
            let found = read(&rules, &claims.to_string(), |members| {
                rules.scope_claim(members).cloned()
            });
            assert_eq!(found, expected, "{claims}");
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
            assert_eq!(judge(&rules, &claims).err(), reason, "{iat:?} {exp}");
        }
    }

    #[test]
    fn the_issuer_that_a_name_belongs_to_is_told() {
        let mut claims = control();
        assert_eq!(judge(&rules(), &claims).unwrap().issuer, 1);
        claims["iss"] = json!("https://other.example");
        assert_eq!(judge(&rules(), &claims).unwrap().issuer, 0);
    }
}
