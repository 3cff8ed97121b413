//! What the answer of an introspection endpoint must say, beyond what the claims of every token must
//! ([`claims::rules`](crate::claims::Rules)).
//!
//! The endpoint says whether the token is good, not whether it is good *here*: the rest is ours to
//! check ([RFC 7662 section 4](https://www.rfc-editor.org/rfc/rfc7662#section-4),
//! [RFC 9700 section 2.3](https://www.rfc-editor.org/rfc/rfc9700#section-2.3)).

use std::time::{Duration, SystemTime};

use auth_core::json::{JsonStr, ObjectText, RawJson};
use auth_core::{AccessToken, InvalidReason};

use crate::claims::{self, ClaimNames, Claims, ClaimsMapping, Rules, TokenValidity};

/// The expectations of one resource server.
#[derive(Debug)]
pub(super) struct AnswerRules {
    pub(super) claims: Rules,
    pub(super) names: ClaimNames,
    pub(super) mapping: ClaimsMapping,
    /// How long an answer without `exp` holds.
    pub(super) lifetime: Duration,
}

/// A good answer, but for the time.
#[derive(Debug)]
pub(super) struct Accepted {
    token: AccessToken,
    validity: TokenValidity,
    leeway: Duration,
}

impl Accepted {
    /// The token, if it is good at `now`.
    pub(super) fn at(&self, now: SystemTime) -> Result<AccessToken, InvalidReason> {
        self.validity.judge(now, self.leeway)?;
        Ok(self.token.clone())
    }

    /// Lets the token be used again until then.
    pub(super) fn reuse_until(&mut self, time: SystemTime) {
        self.token = self.token.clone().reusable_until(time);
    }

    pub(super) fn expires_at(&self) -> SystemTime {
        self.token.expires_at()
    }
}

impl AnswerRules {
    /// Judges an answer that came for a request at `now`. Other requests may share it, so each has the time judged
    /// for itself ([`Accepted::at`]).
    pub(super) fn judge(
        &self,
        answer: &ObjectText,
        now: SystemTime,
    ) -> Result<Accepted, InvalidReason> {
        let scanned = self.names.scan(answer.as_str());
        let (claims, object) = scanned.map_err(|error| claims::reason_in_claims(&error))?;
        active(&claims)?;
        bearer(&claims)?;
        an_access_token(&claims)?;
        claims::string(claims.username)?;
        let validity = self.claims.judge(&claims, None)?;
        let end = now.checked_add(self.lifetime).unwrap_or(now);
        let token = self
            .mapping
            .token(&self.claims, &validity, &claims, object, end)?;
        Ok(Accepted {
            token,
            validity,
            leeway: self.claims.leeway,
        })
    }
}

/// `active` is `true`: no text, no number and no absence stands for it
/// ([RFC 7662 section 2.2](https://www.rfc-editor.org/rfc/rfc7662#section-2.2)).
fn active(claims: &Claims<'_>) -> Result<(), InvalidReason> {
    match claims.active.map(RawJson::as_str) {
        Some("true") => Ok(()),
        _ => Err(InvalidReason::Revoked),
    }
}

/// `token_type`, when it is there, is `Bearer` in any case
/// ([RFC 6749 section 5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1)): a `DPoP` token is
/// worth nothing without its proof.
fn bearer(claims: &Claims<'_>) -> Result<(), InvalidReason> {
    let is_bearer = |kind: RawJson<'_>| {
        let kind = kind.string();
        kind.is_some_and(|kind| kind.is_ignoring_case("bearer"))
    };
    match claims.token_type.is_none_or(is_bearer) {
        true => Ok(()),
        false => Err(InvalidReason::WrongType),
    }
}

/// A refresh token or an ID token is active too, and the hint with which we ask binds nobody
/// ([RFC 7662 section 2.1](https://www.rfc-editor.org/rfc/rfc7662#section-2.1)). The answers of
/// Ory Hydra name the kind in `token_use`, those of Keycloak in `typ`.
fn an_access_token(claims: &Claims<'_>) -> Result<(), InvalidReason> {
    const OTHER_KINDS: [&str; 5] = ["refresh", "refresh_token", "offline", "id", "id_token"];
    let is_other = |kind: JsonStr<'_>| OTHER_KINDS.iter().any(|it| kind.is_ignoring_case(it));
    let mut kinds = [claims.token_use, claims.kind].into_iter().flatten();
    match kinds.any(|kind| kind.string().is_some_and(is_other)) {
        true => Err(InvalidReason::WrongType),
        false => Ok(()),
    }
}
