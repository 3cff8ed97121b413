//! The refusals of the MCP server, with `WWW-Authenticate` (RFC 6750 section 3, RFC 9728 section 5.1).

use http::StatusCode;
use http::header::WWW_AUTHENTICATE;
use serde_json::json;

use super::tools;
use crate::oauth::reply::{self, Reply};
use crate::settings::{Misbehaviour, Settings};

/// Why a request is not answered.
#[derive(Debug)]
pub(super) enum Denial<'a> {
    NoToken,
    MalformedToken,
    InvalidToken,
    /// All scopes that the request needs.
    InsufficientScope(Vec<&'a str>),
}

impl Denial<'_> {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoToken | Self::InvalidToken => StatusCode::UNAUTHORIZED,
            Self::MalformedToken => StatusCode::BAD_REQUEST,
            Self::InsufficientScope(_) => StatusCode::FORBIDDEN,
        }
    }

    /// None: the client made no error (RFC 6750 section 3.1).
    fn error(&self) -> Option<&'static str> {
        match self {
            Self::NoToken => None,
            Self::MalformedToken => Some("invalid_request"),
            Self::InvalidToken => Some("invalid_token"),
            Self::InsufficientScope(_) => Some("insufficient_scope"),
        }
    }
}

pub(super) fn reply(settings: &Settings, denial: &Denial<'_>) -> Reply {
    let error = denial.error().unwrap_or("unauthorized");
    let reply = reply::json(denial.status(), &json!({ "error": error }));
    let lines = lines(settings, denial);
    let reply = lines.iter().fold(reply, |reply, line| {
        reply::add_header(reply, (WWW_AUTHENTICATE, line))
    });
    reply::no_store(reply)
}

/// The values of `WWW-Authenticate`, as misbehaviours have them.
fn lines(settings: &Settings, denial: &Denial<'_>) -> Vec<String> {
    let is = |misbehaviour| settings.misbehaves(misbehaviour);
    let is_login = denial.status() == StatusCode::UNAUTHORIZED;
    let is_absent =
        is(Misbehaviour::ChallengeAbsent) || is(Misbehaviour::ChallengeAbsentRootMetadata);
    if is_login && is_absent {
        return Vec::new();
    }
    if is_login && is(Misbehaviour::ChallengeWithoutMetadata) {
        return vec!["Bearer".to_owned()];
    }
    let parameters = parameters(settings, denial);
    let (equals, comma) = match is(Misbehaviour::ChallengeSpaced) {
        true => (" = ", " , "),
        false => ("=", ", "),
    };
    let written = parameters.iter().map(|(name, value)| {
        // Without quotes a value would end at its first blank.
        let is_bare = is(Misbehaviour::ChallengeUnquoted) && !value.contains(' ');
        let quote = if is_bare { "" } else { "\"" };
        format!("{name}{equals}{quote}{value}{quote}")
    });
    let bearer = format!("Bearer {}", written.collect::<Vec<_>>().join(comma));
    let basic = r#"Basic realm="mock""#;
    match () {
        () if is(Misbehaviour::ChallengeBasicFirst) => vec![basic.to_owned(), bearer],
        () if is(Misbehaviour::ChallengeBasicFirstInOneLine) => vec![format!("{basic}, {bearer}")],
        () if is(Misbehaviour::ChallengeDpopFirst) => {
            vec![format!(r#"DPoP algs="ES256", {bearer}"#)]
        }
        () => vec![bearer],
    }
}

/// Names and values of the parameters, in the order in which they are sent.
fn parameters(settings: &Settings, denial: &Denial<'_>) -> Vec<(&'static str, String)> {
    let is = |misbehaviour| settings.misbehaves(misbehaviour);
    let scopes = match denial {
        Denial::InsufficientScope(_) if is(Misbehaviour::ScopeChallengeWithoutScope) => {
            String::new()
        }
        Denial::InsufficientScope(scopes) => scopes.join(" "),
        _ => tools::base_scopes(settings).join(" "),
    };
    let mut parameters = Vec::new();
    if !is(Misbehaviour::ChallengeWithoutMetadata) && !is(Misbehaviour::ChallengeAbsentRootMetadata)
    {
        parameters.push(("resource_metadata", settings.resource_metadata_url()));
    }
    if !scopes.is_empty() {
        parameters.push(("scope", scopes));
    }
    if let Some(error) = denial.error() {
        parameters.push(("error", error.to_owned()));
    }
    parameters
}
