//! The refusals of the MCP server, with `WWW-Authenticate` (RFC 6750 section 3, RFC 9728 section 5.1).

use http::StatusCode;
use http::header::WWW_AUTHENTICATE;
use serde_json::json;

use super::tools;
use crate::oauth::reply::{self, Reply};
use crate::settings::Settings;

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
    let challenge = format!("Bearer {}", parameters(settings, denial).join(", "));
    reply::no_store(reply::with_header(reply, (WWW_AUTHENTICATE, &challenge)))
}

fn parameters(settings: &Settings, denial: &Denial<'_>) -> Vec<String> {
    let scopes = match denial {
        Denial::InsufficientScope(scopes) => scopes.join(" "),
        _ => tools::base_scopes(settings).join(" "),
    };
    let mut parameters = vec![("resource_metadata", settings.resource_metadata_url())];
    if !scopes.is_empty() {
        parameters.push(("scope", scopes));
    }
    if let Some(error) = denial.error() {
        parameters.push(("error", error.to_owned()));
    }
    let quoted = parameters.into_iter();
    quoted
        .map(|(name, value)| format!("{name}=\"{value}\""))
        .collect()
}
