//! What an introspection response must say. Each rule is one function; they are tried in the
//! order in which [`Rules::judge`] reads.
//!
//! The endpoint says whether the token is good, not whether it is good *here*: the rest is ours to
//! check ([RFC 7662 section 4](https://www.rfc-editor.org/rfc/rfc7662#section-4),
//! [RFC 9700 section 2.3](https://www.rfc-editor.org/rfc/rfc9700#section-2.3)).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::{AccessToken, InvalidReason, Scopes};
use serde_json::{Map, Value};

use super::times::Times;

/// The expectations of one resource server.
#[derive(Debug)]
pub(super) struct Rules {
    /// Whose endpoint it is; an `iss` must be the same, byte by byte.
    pub(super) issuer: Arc<str>,
    /// One of the answer's `aud` must be among them, byte by byte.
    pub(super) audiences: Vec<String>,
    /// Whether an answer without `aud` will do.
    pub(super) accept_without_audience: bool,
    /// How far the issuer's clock may be off.
    pub(super) leeway: Duration,
    /// How long an answer without `exp` holds.
    pub(super) lifetime: Duration,
}

/// A good answer, but for the time.
#[derive(Debug)]
pub(super) struct Accepted {
    token: AccessToken,
    times: Times,
    leeway: Duration,
}

impl Accepted {
    /// The token, if it is good at `now`.
    pub(super) fn at(&self, now: SystemTime) -> Result<AccessToken, InvalidReason> {
        self.times.judge(now, self.leeway)?;
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

type Claims = Map<String, Value>;

impl Rules {
    /// Judges an answer that came for a request at `now`; [`Accepted::at`] judges the time.
    pub(super) fn judge(&self, claims: Claims, now: SystemTime) -> Result<Accepted, InvalidReason> {
        active(&claims)?;
        self.issuer(&claims)?;
        self.audience(&claims)?;
        bearer(&claims)?;
        an_access_token(&claims)?;
        let times = Times::read(&claims)?;
        no_unchecked_proof(&claims)?;
        let client_id = text(&claims, "client_id")?;
        let subject = subject(&claims, client_id)?;
        let scopes = scopes(&claims)?;
        text(&claims, "username")?;
        let token_id = text(&claims, "jti")?;

        let expires_at = times
            .expires_at
            .or_else(|| now.checked_add(self.lifetime))
            .unwrap_or(now);
        let mut token = AccessToken::assertion(Arc::clone(&self.issuer), subject, expires_at)
            .with_scopes(scopes);
        if let Some(client_id) = client_id {
            token = token.with_client_id(client_id);
        }
        if let Some(token_id) = token_id {
            token = token.with_token_id(token_id);
        }
        Ok(Accepted {
            token: token.with_claims(claims),
            times,
            leeway: self.leeway,
        })
    }

    /// `iss`, when it is there, is the configured issuer.
    fn issuer(&self, claims: &Claims) -> Result<(), InvalidReason> {
        match claims.get("iss") {
            None => Ok(()),
            Some(Value::String(issuer)) if **issuer == *self.issuer => Ok(()),
            Some(_) => Err(InvalidReason::WrongIssuer),
        }
    }

    /// `aud` is a string or an array of strings, and holds a configured audience: a token for
    /// another resource is active too.
    fn audience(&self, claims: &Claims) -> Result<(), InvalidReason> {
        let ours = |audience: &str| self.audiences.iter().any(|known| known == audience);
        let accepted = match claims.get("aud") {
            None => self.accept_without_audience,
            Some(Value::String(audience)) => ours(audience),
            Some(Value::Array(audiences)) => {
                audiences.iter().all(Value::is_string)
                    && audiences.iter().filter_map(Value::as_str).any(ours)
            }
            Some(_) => false,
        };
        if accepted {
            Ok(())
        } else {
            Err(InvalidReason::WrongAudience)
        }
    }
}

/// `active` is `true`: no text, no number and no absence stands for it
/// ([RFC 7662 section 2.2](https://www.rfc-editor.org/rfc/rfc7662#section-2.2)).
fn active(claims: &Claims) -> Result<(), InvalidReason> {
    match claims.get("active") {
        Some(Value::Bool(true)) => Ok(()),
        _ => Err(InvalidReason::Revoked),
    }
}

/// `token_type`, when it is there, is `Bearer` in any case
/// ([RFC 6749 section 5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1)): a `DPoP` token is
/// worth nothing without its proof.
fn bearer(claims: &Claims) -> Result<(), InvalidReason> {
    match claims.get("token_type") {
        None => Ok(()),
        Some(Value::String(kind)) if kind.eq_ignore_ascii_case("bearer") => Ok(()),
        Some(_) => Err(InvalidReason::WrongType),
    }
}

/// A refresh token or an ID token is active too, and the hint with which we ask binds nobody
/// ([RFC 7662 section 2.1](https://www.rfc-editor.org/rfc/rfc7662#section-2.1)). The answers of
/// Ory Hydra name the kind in `token_use`, those of Keycloak in `typ`.
fn an_access_token(claims: &Claims) -> Result<(), InvalidReason> {
    const OTHER_KINDS: [&str; 5] = ["refresh", "refresh_token", "offline", "id", "id_token"];
    let is_other = |name: &str| {
        let kind = claims.get(name).and_then(Value::as_str);
        kind.is_some_and(|kind| {
            OTHER_KINDS
                .iter()
                .any(|other| kind.eq_ignore_ascii_case(other))
        })
    };
    if is_other("token_use") || is_other("typ") {
        return Err(InvalidReason::WrongType);
    }
    Ok(())
}

/// A token bound to a proof is worth nothing without it
/// ([RFC 9449 section 6.2](https://www.rfc-editor.org/rfc/rfc9449#section-6.2),
/// [RFC 8705 section 3.2](https://www.rfc-editor.org/rfc/rfc8705#section-3.2)).
fn no_unchecked_proof(claims: &Claims) -> Result<(), InvalidReason> {
    if claims.contains_key("cnf") {
        return Err(InvalidReason::UncheckedProof);
    }
    Ok(())
}

/// `sub`; a machine's token may have none, then it is about the client
/// ([RFC 9068 section 2.2](https://www.rfc-editor.org/rfc/rfc9068#section-2.2)).
fn subject<'a>(claims: &'a Claims, client_id: Option<&'a str>) -> Result<&'a str, InvalidReason> {
    let subject = match claims.get("sub") {
        None => client_id,
        Some(subject) => subject.as_str(),
    };
    subject
        .filter(|subject| !subject.is_empty())
        .ok_or(InvalidReason::MissingSubject)
}

/// `scope` is a text with spaces; some servers send an array. None is no scope.
fn scopes(claims: &Claims) -> Result<Scopes, InvalidReason> {
    match claims.get("scope") {
        None => Ok(Scopes::default()),
        Some(Value::String(text)) => Ok(Scopes::granted(text.split(' '))),
        Some(Value::Array(members)) if members.iter().all(Value::is_string) => {
            Ok(Scopes::granted(members.iter().filter_map(Value::as_str)))
        }
        Some(_) => Err(InvalidReason::MalformedClaim),
    }
}

/// An optional member that must be a text when it is there.
fn text<'a>(claims: &'a Claims, name: &str) -> Result<Option<&'a str>, InvalidReason> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(InvalidReason::MalformedClaim),
    }
}
