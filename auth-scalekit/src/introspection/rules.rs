//! [`ResponseRules`]: the checks of an introspection response beyond those of the claims of every token
//! ([`claims::rules`](crate::claims::Rules)).
//!
//! The endpoint reports whether the token is valid, not whether it is for this server: that has to be checked
//! here ([RFC 7662 section 4](https://www.rfc-editor.org/rfc/rfc7662#section-4),
//! [RFC 9700 section 2.3](https://www.rfc-editor.org/rfc/rfc9700#section-2.3)).

use std::time::{Duration, SystemTime};

use auth_core::support::json::{JsonStr, RawJson, RawObject};
use auth_core::verifier::InvalidReason;

use crate::claims::{self, ClaimNames, Claims, ClaimsMapping, Rules};
use crate::lookup::Accepted;

/// The expectations of one resource server.
#[derive(Debug)]
pub(super) struct ResponseRules {
    pub(super) claims: Rules,
    pub(super) names: ClaimNames,
    pub(super) mapping: ClaimsMapping,
    /// How long a response without `exp` is valid.
    pub(super) lifetime: Duration,
}

impl ResponseRules {
    /// Checks a response to a request at `now`, but not the times in it: other requests may share it.
    pub(super) fn check(
        &self,
        answer: &RawObject,
        now: SystemTime,
    ) -> Result<Accepted, InvalidReason> {
        let scanned = self.names.scan(answer.as_str());
        let (claims, object) = scanned.map_err(|error| claims::reason_in_claims(&error))?;
        active(&claims)?;
        bearer(&claims)?;
        an_access_token(&claims)?;
        claims::string(claims.username)?;
        let validity = self.claims.check(&claims, None)?;
        let end = now.checked_add(self.lifetime).unwrap_or(now);
        let token = self
            .mapping
            .token(&self.claims, &validity, &claims, object, end)?;
        Ok(Accepted {
            token,
            validity,
            leeway: self.claims.leeway,
            condition: None,
        })
    }
}

/// `active` is the literal `true`, not a string or a number
/// ([RFC 7662 section 2.2](https://www.rfc-editor.org/rfc/rfc7662#section-2.2)).
fn active(claims: &Claims<'_>) -> Result<(), InvalidReason> {
    match claims.active.map(RawJson::as_str) {
        Some("true") => Ok(()),
        _ => Err(InvalidReason::Revoked),
    }
}

/// `token_type`, if present, is `Bearer` in any case
/// ([RFC 6749 section 5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1)): a `DPoP` token
/// needs its proof.
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

/// Refresh tokens and ID tokens are active too, and the server may ignore the `token_type_hint`
/// ([RFC 7662 section 2.1](https://www.rfc-editor.org/rfc/rfc7662#section-2.1)). Ory Hydra
/// names the kind in `token_use`, Keycloak in `typ`.
fn an_access_token(claims: &Claims<'_>) -> Result<(), InvalidReason> {
    const OTHER_KINDS: [&str; 5] = ["refresh", "refresh_token", "offline", "id", "id_token"];
    let is_other = |kind: JsonStr<'_>| OTHER_KINDS.iter().any(|it| kind.is_ignoring_case(it));
    let mut kinds = [claims.token_use, claims.kind].into_iter().flatten();
    match kinds.any(|kind| kind.string().is_some_and(is_other)) {
        true => Err(InvalidReason::WrongType),
        false => Ok(()),
    }
}
