//! One request, without its secrets.

use std::fmt;

use auth_core::support::json::{self, Rules};
use auth_core::token::credentials;
use http::header::AUTHORIZATION;
use http::{Method, Request, StatusCode};
use serde_json::Value;

use super::mcp_message;
use crate::endpoint::Endpoint;
use crate::oauth::{Params, basic_credentials};

/// Parameters whose values are kept. Of all others only the name is kept: codes, verifiers, secrets and tokens
/// must not appear in the message of a failed assertion.
const SHOWN: [&str; 36] = [
    "application_type",
    "audience",
    "client_id",
    "client_name",
    "client_uri",
    "code_challenge",
    "code_challenge_method",
    "connection_id",
    "contacts",
    "decision",
    "description",
    "display",
    "domain_hint",
    "grant_types",
    "grant_type",
    "jwks_uri",
    "login_hint",
    "logo_uri",
    "max_age",
    "method",
    "nonce",
    "organization_id",
    "policy_uri",
    "prompt",
    "provider",
    "redirect_uri",
    "redirect_uris",
    "resource",
    "response_mode",
    "response_type",
    "response_types",
    "scope",
    "state",
    "token_endpoint_auth_method",
    "tos_uri",
    "user",
];

/// How a request authenticated its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentAuth {
    /// Not at all, as public clients do.
    None,
    /// `client_secret_basic`: in the `Authorization` header.
    Basic,
    /// `client_secret_post`: as a form parameter.
    Post,
    /// A token in the `Authorization` header, as at the userinfo endpoint.
    Bearer,
    /// Another `Authorization` header, or Basic that is not well-formed.
    Other,
}

#[cfg(feature = "cli")]
impl SentAuth {
    /// A short name in kebab case.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic => "basic",
            Self::Post => "post",
            Self::Bearer => "bearer",
            Self::Other => "other",
        }
    }
}

/// One request as a client sent it: parameters of the query, the form or the JSON body. Those of a message to the MCP
/// server are its `method`, the `tool` that it calls, and the `protocol_version` that it offers or is in.
///
/// Values of codes, verifiers, secrets, tokens, and of every parameter this kit does not know, are
/// not kept at all: [`has`](Self::has) still reports that they were there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    endpoint: Endpoint,
    method: Method,
    path: String,
    auth: SentAuth,
    /// None: not kept.
    params: Vec<(String, Option<String>)>,
    status: Option<u16>,
}

impl RecordedRequest {
    pub(crate) fn new(endpoint: Endpoint, request: &Request<Vec<u8>>) -> Self {
        let mut params = kept(Params::of_query(request).iter());
        match Params::of_form(request) {
            Ok(form) => params.extend(kept(form.iter())),
            Err(_) => params.extend(json_members(request.body())),
        }
        if endpoint == Endpoint::LoginCallback {
            // That of the issuer, which stands for the user who has logged in; not that of the client.
            let states = params.iter_mut().filter(|(name, _)| name == "state");
            states.for_each(|(_, value)| *value = None);
        }
        if endpoint == Endpoint::Mcp {
            params.extend(mcp_message::parameters(request));
        }
        Self {
            endpoint,
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            auth: sent_auth(request, &params),
            params,
            status: None,
        }
    }

    pub(super) fn answered(&mut self, status: StatusCode) {
        self.status = Some(status.as_u16());
    }

    /// Where it was sent.
    #[must_use]
    pub fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    /// The method, such as `POST`.
    #[must_use]
    pub fn method(&self) -> &str {
        self.method.as_str()
    }

    /// The path, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// How the client authenticated.
    #[must_use]
    pub fn auth(&self) -> SentAuth {
        self.auth
    }

    /// The HTTP status of the answer; `None` while there is none, and when a fault left it out.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Names and values, none for a value that is not kept.
    #[cfg(feature = "cli")]
    pub(crate) fn shown_params(&self) -> &[(String, Option<String>)] {
        &self.params
    }

    /// The names of the parameters, in the order sent; a repeated one is there repeatedly.
    #[must_use]
    pub fn param_names(&self) -> Vec<&str> {
        self.params.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Whether a parameter was sent with a value, kept or not.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.params.iter().any(|(known, _)| known == name)
    }

    /// The first value of a parameter; `None` when it was not sent or its values are not kept.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params(name).into_iter().next()
    }

    /// All values of a parameter that are kept; those of a JSON array one by one.
    #[must_use]
    pub fn params(&self, name: &str) -> Vec<&str> {
        let of_name = self.params.iter().filter(|(known, _)| known == name);
        of_name.filter_map(|(_, value)| value.as_deref()).collect()
    }
}

fn kept<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<(String, Option<String>)> {
    pairs
        .map(|(name, value)| {
            // Of the consent page, for each user.
            let is_shown = SHOWN.contains(&name) || name.starts_with("organization:");
            let value = is_shown.then(|| value.to_owned());
            (name.to_owned(), value)
        })
        .collect()
}

fn json_members(body: &[u8]) -> Vec<(String, Option<String>)> {
    let Ok(Value::Object(members)) = json::value(body, Rules::STRICT.duplicates_allowed()) else {
        return Vec::new();
    };
    let mut params = Vec::new();
    for (name, value) in &members {
        let values = value
            .as_array()
            .map_or(std::slice::from_ref(value), Vec::as_slice);
        for value in values {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            params.extend(kept([(name.as_str(), text.as_str())].into_iter()));
        }
    }
    params
}

/// `GET /oauth/authorize client_id="m2m_1" code_challenge="…" state="…" -> 302`: a value that is not
/// kept is printed as `(not shown)`.
impl fmt::Display for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        if self.auth != SentAuth::None {
            write!(f, " (authenticated by {:?})", self.auth)?;
        }
        for (name, value) in &self.params {
            match value {
                Some(value) => write!(f, " {}={value:?}", name.escape_debug())?,
                None => write!(f, " {}=(not shown)", name.escape_debug())?,
            }
        }
        match self.status {
            Some(status) => write!(f, " -> {status}"),
            None => f.write_str(" -> no answer"),
        }
    }
}

fn is_bearer(request: &Request<Vec<u8>>) -> bool {
    let header = request.headers().get(AUTHORIZATION);
    let value = header.and_then(|value| value.to_str().ok());
    value.is_some_and(|value| credentials(value, "Bearer").is_some())
}

fn sent_auth(request: &Request<Vec<u8>>, params: &[(String, Option<String>)]) -> SentAuth {
    if request.headers().contains_key(AUTHORIZATION) {
        return match basic_credentials(request.headers()) {
            Some(_) => SentAuth::Basic,
            None if is_bearer(request) => SentAuth::Bearer,
            None => SentAuth::Other,
        };
    }
    match params.iter().any(|(name, _)| name == "client_secret") {
        true => SentAuth::Post,
        false => SentAuth::None,
    }
}
