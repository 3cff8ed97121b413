//! Which rule a token breaks, what it says itself, and what to do about it.

use std::time::{Duration, SystemTime};

use auth_core::{InvalidReason, InvalidToken};
use serde_json::Value;

use super::token_claims::Said;
use crate::diagnose::report::{Check, Finding, format};
use crate::diagnose::subject::Subject;

const LOG_IN_AGAIN: &str = "let the client log in again";
const SET_CLOCK: &str = "let the time service of this machine set the clock";

/// What a good token would say.
pub(crate) struct Expected<'a> {
    pub(crate) subject: &'a Subject<'a>,
    /// The ids of the environment's keys; empty when they are not known.
    pub(crate) keys: &'a [String],
    pub(crate) now: SystemTime,
}

/// The finding for a token that the verifier refused. Its `trouble` is the reason's label.
pub(crate) fn explain(invalid: &InvalidToken, said: &Said, expected: &Expected<'_>) -> Finding {
    let reason = invalid.reason();
    let (what, fix) = match reason {
        InvalidReason::WrongAudience => audience(said, expected.subject),
        InvalidReason::WrongIssuer => issuer(said, expected.subject),
        InvalidReason::Expired => expired(said, expected),
        InvalidReason::IssuedInTheFuture => ahead("iat", "was issued", said, expected),
        InvalidReason::NotYetValid => ahead("nbf", "begins to be valid", said, expected),
        InvalidReason::UnknownKey => return unknown_key(said, expected),
        InvalidReason::BadSignature => (
            "the signature does not match the key that the token names".into(),
            format!(
                "copy the whole token again; if it is whole, its key is of another environment than {}, or it is forged",
                expected.subject.environment
            ),
        ),
        InvalidReason::NotCompact | InvalidReason::MalformedHeader => opaque(said),
        InvalidReason::WrongAlgorithm => (
            format!(
                "alg is {}; Scalekit signs with RS256",
                shown(said.header.get("alg"))
            ),
            "paste an access token of Scalekit, not one of another issuer".into(),
        ),
        InvalidReason::WrongType => (
            format!(
                "typ is {}, which is no access token",
                shown(said.header.get("typ"))
            ),
            "paste the access_token of the login, not the id_token or another one".into(),
        ),
        InvalidReason::UncheckedProof => (
            "cnf binds the token to a key of the client, which is not checked here".into(),
            "let the client ask for a plain bearer token".into(),
        ),
        _ => (
            invalid.to_string(),
            format!(
                "paste a token that Scalekit issued for {}; it issues none like this",
                expected.subject.resource_id
            ),
        ),
    };
    refused(reason, &what, fix)
}

/// A key that the environment does not have.
pub(crate) fn unknown_key(said: &Said, expected: &Expected<'_>) -> Finding {
    let id = shown(said.header.get("kid"));
    let keys = format::list(expected.keys.iter().map(String::as_str));
    let environment = expected.subject.environment;
    refused(
        InvalidReason::UnknownKey,
        &format!("kid is {id}; the keys of {environment} are {keys}"),
        "paste a token of this environment, or set SCALEKIT_ENVIRONMENT_URL to the one that issued it; \
         a token whose key was withdrawn is to be replaced by a new login",
    )
}

fn refused(reason: InvalidReason, what: &str, fix: impl Into<String>) -> Finding {
    let label = reason.as_str();
    Check::Token.failure(
        label,
        format!("the token is refused ({label}): {what}"),
        fix,
    )
}

fn audience(said: &Said, subject: &Subject<'_>) -> (String, String) {
    let id = subject.resource_id;
    let audiences = said.audiences();
    let other = audiences
        .iter()
        .find(|audience| audience.starts_with("res_"));
    let what = match audiences.as_slice() {
        [] => format!(
            "aud is {}, and must hold {id}",
            shown(said.claims.get("aud"))
        ),
        [url] if *url == subject.mcp_url.as_str() => {
            format!("aud holds only the URL {url}, and must hold {id}")
        }
        all => format!(
            "aud holds {}, and must hold {id}",
            format::list(all.iter().copied())
        ),
    };
    let fix = match other {
        Some(other) => format!(
            "set SCALEKIT_RESOURCE_ID to {} if that is the MCP server that is meant; otherwise let the client log in \
             at {}",
            format::quoted(other),
            subject.authorization_server
        ),
        None => format!(
            "let the client log in at {}, whose tokens hold the id; SCALEKIT_RESOURCE_ID must be the id of the MCP \
             server in the dashboard, and the URL does not replace it",
            subject.authorization_server
        ),
    };
    (what, fix)
}

fn issuer(said: &Said, subject: &Subject<'_>) -> (String, String) {
    let (environment, server) = (subject.environment, subject.authorization_server);
    let what = format!(
        "iss is {}; accepted are {environment} and {server}",
        shown(said.claims.get("iss"))
    );
    let issuer = said.claim("iss").unwrap_or_default();
    let within = issuer.strip_prefix(environment.as_str());
    let resource = within.and_then(|rest| rest.strip_prefix("/resources/"));
    let fix = match resource {
        Some(resource) => format!(
            "set SCALEKIT_RESOURCE_ID to {} if that is the MCP server that is meant; otherwise let the client log in \
             at {server}",
            format::quoted(resource)
        ),
        None => format!(
            "set SCALEKIT_ENVIRONMENT_URL to the environment that issued the token, if that is the one that is meant; \
             otherwise paste a token of {environment}"
        ),
    };
    (what, fix)
}

fn expired(said: &Said, expected: &Expected<'_>) -> (String, String) {
    let ago = time(said, "exp").and_then(|exp| expected.now.duration_since(exp).ok());
    (
        format!("it expired {} ago", format::span(ago.unwrap_or_default())),
        format!(
            "{LOG_IN_AGAIN} or refresh; if the token is new, this machine's clock is fast: {SET_CLOCK}"
        ),
    )
}

fn ahead(claim: &str, word: &str, said: &Said, expected: &Expected<'_>) -> (String, String) {
    let ahead = time(said, claim).and_then(|time| time.duration_since(expected.now).ok());
    (
        format!(
            "it {word} {} from now by this machine's clock ({claim})",
            format::span(ahead.unwrap_or_default())
        ),
        format!("this machine's clock is slow, or that of the issuer fast: {SET_CLOCK}"),
    )
}

fn opaque(said: &Said) -> (String, String) {
    let what = match said.dots {
        0 => "it is no JWT, but an opaque token, such as an API key",
        4 => "it is an encrypted JWT, which only its issuer can read",
        _ => "it is no JWT, or a part of it is missing",
    };
    let fix = "paste the access_token of a login; API keys are verified by asking Scalekit \
               (auth_scalekit::introspection), not by this server";
    (what.into(), fix.into())
}

fn time(said: &Said, claim: &str) -> Option<SystemTime> {
    let seconds = said.claims.get(claim)?.as_f64()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "missing".into(),
        Some(Value::String(text)) => format::quoted(text),
        Some(other) => format::quoted(&other.to_string()),
    }
}
