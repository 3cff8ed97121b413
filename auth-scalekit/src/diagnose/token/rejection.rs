//! Explains a rejected token: the rule it breaks, the offending value, and what to change.

use std::time::{Duration, SystemTime};

use auth_core::verifier::{InvalidReason, InvalidToken};
use serde_json::Value;

use super::token_claims::TokenClaims;
use crate::diagnose::report::{Check, Finding, format};
use crate::diagnose::subject::Subject;

const LOG_IN_AGAIN: &str = "let the client log in again";
const SET_CLOCK: &str = "let the time service of this machine set the clock";

/// What a valid token would contain.
pub(crate) struct Expected<'a> {
    pub(crate) subject: &'a Subject<'a>,
    /// The ids of the environment's keys; empty when they are unknown.
    pub(crate) keys: &'a [String],
    pub(crate) now: SystemTime,
}

/// The finding for a token that the verifier rejected. Its `code` is the reason's label.
pub(crate) fn explain(
    invalid: &InvalidToken,
    stated: &TokenClaims,
    expected: &Expected<'_>,
) -> Finding {
    let reason = invalid.reason();
    let (what, fix) = match reason {
        InvalidReason::WrongAudience => audience(stated, expected.subject),
        InvalidReason::WrongIssuer => issuer(stated, expected.subject),
        InvalidReason::Expired => expired(stated, expected),
        InvalidReason::IssuedInTheFuture => ahead("iat", "was issued", stated, expected),
        InvalidReason::NotYetValid => ahead("nbf", "begins to be valid", stated, expected),
        InvalidReason::UnknownKey => return unknown_key(stated, expected),
        InvalidReason::BadSignature => (
            "the signature does not match the key that the token names".into(),
            format!(
                "copy the whole token again; if it is whole, its key is of another environment than {}, or it is forged",
                expected.subject.environment
            ),
        ),
        InvalidReason::NotCompact | InvalidReason::MalformedHeader => opaque(stated),
        InvalidReason::WrongAlgorithm => (
            format!(
                "alg is {}; Scalekit signs with RS256",
                shown(stated.header.get("alg"))
            ),
            "paste an access token of Scalekit, not one of another issuer".into(),
        ),
        InvalidReason::WrongType => (
            format!(
                "typ is {}, which is not an access token",
                shown(stated.header.get("typ"))
            ),
            "paste the access_token of the login, not the id_token or another one".into(),
        ),
        InvalidReason::UncheckedProof => (
            "cnf binds the token to a key of the client, which is not checked here".into(),
            "let the client request a plain bearer token".into(),
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

/// The finding for a key that the environment does not have.
pub(crate) fn unknown_key(stated: &TokenClaims, expected: &Expected<'_>) -> Finding {
    let id = shown(stated.header.get("kid"));
    let keys = format::list(expected.keys.iter().map(String::as_str));
    let environment = expected.subject.environment;
    refused(
        InvalidReason::UnknownKey,
        &format!("kid is {id}; the keys of {environment} are {keys}"),
        "paste a token of this environment, or set SCALEKIT_ENVIRONMENT_URL to the one that issued it; \
         if its key was withdrawn, let the client log in again",
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

fn audience(stated: &TokenClaims, subject: &Subject<'_>) -> (String, String) {
    let id = subject.resource_id;
    let audiences = stated.audiences();
    let other = audiences
        .iter()
        .find(|audience| audience.starts_with("res_"));
    let what = match audiences.as_slice() {
        [] => format!(
            "aud is {}, and must hold {id}",
            shown(stated.claims.get("aud"))
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
            "set SCALEKIT_RESOURCE_ID to {} if that is the intended MCP server; otherwise let the client log in \
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

fn issuer(stated: &TokenClaims, subject: &Subject<'_>) -> (String, String) {
    let (environment, server) = (subject.environment, subject.authorization_server);
    let what = format!(
        "iss is {}; accepted are {environment} and {server}",
        shown(stated.claims.get("iss"))
    );
    let issuer = stated.claim("iss").unwrap_or_default();
    let within = issuer.strip_prefix(environment.as_str());
    let resource = within.and_then(|rest| rest.strip_prefix("/resources/"));
    let fix = match resource {
        Some(resource) => format!(
            "set SCALEKIT_RESOURCE_ID to {} if that is the intended MCP server; otherwise let the client log in \
             at {server}",
            format::quoted(resource)
        ),
        None => format!(
            "set SCALEKIT_ENVIRONMENT_URL to the environment that issued the token, if that is the intended one; \
             otherwise paste a token of {environment}"
        ),
    };
    (what, fix)
}

fn expired(stated: &TokenClaims, expected: &Expected<'_>) -> (String, String) {
    let ago = time(stated, "exp").and_then(|exp| expected.now.duration_since(exp).ok());
    (
        format!("it expired {} ago", format::span(ago.unwrap_or_default())),
        format!(
            "{LOG_IN_AGAIN} or refresh; if the token is new, this machine's clock is fast: {SET_CLOCK}"
        ),
    )
}

fn ahead(
    claim: &str,
    word: &str,
    stated: &TokenClaims,
    expected: &Expected<'_>,
) -> (String, String) {
    let ahead = time(stated, claim).and_then(|time| time.duration_since(expected.now).ok());
    (
        format!(
            "it {word} {} from now by this machine's clock ({claim})",
            format::span(ahead.unwrap_or_default())
        ),
        format!("this machine's clock is slow, or that of the issuer fast: {SET_CLOCK}"),
    )
}

fn opaque(stated: &TokenClaims) -> (String, String) {
    let what = match stated.dots {
        0 => "it is not a JWT but an opaque token, such as an API key",
        4 => "it is an encrypted JWT, which only its issuer can read",
        _ => "it is not a JWT, or a part of it is missing",
    };
    let fix = "paste the access_token of a login; API keys are verified by introspection \
               (auth_scalekit::introspection), not by this server";
    (what.into(), fix.into())
}

fn time(stated: &TokenClaims, claim: &str) -> Option<SystemTime> {
    let seconds = stated.claims.get(claim)?.as_f64()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "missing".into(),
        Some(Value::String(text)) => format::quoted(text),
        Some(other) => format::quoted(&other.to_string()),
    }
}
