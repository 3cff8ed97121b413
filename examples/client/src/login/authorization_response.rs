//! The authorization response (RFC 6749 section 4.1.2), read from the redirect: is it the response to this login?
//!
//! Two checks come before anything else in it is used, for approvals and refusals alike:
//!
//! 1. `state` (RFC 6749 section 10.12). Any web page can send a redirect with a wrong state, so such a redirect is
//!    refused and the login keeps waiting: otherwise any page could end it.
//! 2. `iss` (RFC 9207 section 2.4). With the right state the response came through the browser of this login. If its
//!    issuer is another one, this is a mix-up attack or a server with wrong settings. The client must not use such a
//!    response, and the login ends: the browser has used its one response, and a person has to look into it before
//!    the next attempt.

use std::fmt;

use rmcp::transport::auth::AuthorizationMetadata;
use url::Url;

use crate::{error::ClientError, redact, server_metadata::MetadataExt as _};

/// What the response to one login has to contain.
#[derive(Clone)]
pub(super) struct Expected {
    state: String,
    issuer: Option<String>,
    issuer_promised: bool,
}

impl Expected {
    /// The `state` of the authorization request, and the metadata of the authorization server: it states the issuer,
    /// and whether responses name it (RFC 9207 section 3).
    #[must_use]
    pub(super) fn new(state: impl Into<String>, metadata: &AuthorizationMetadata) -> Self {
        Self {
            state: state.into(),
            issuer: metadata.issuer.clone(),
            issuer_promised: metadata.flag("authorization_response_iss_parameter_supported"),
        }
    }

    /// Whether a redirect has the state of this login.
    pub(super) fn is_state_of(&self, redirect: &Url) -> bool {
        let mut states = redirect.query_pairs().filter(|(name, _)| name == "state");
        states
            .next()
            .is_some_and(|(_, state)| state == self.state.as_str())
    }

    /// That a redirect with the state of this login went to another place.
    pub(super) fn moved(&self, redirect: &Url, received: &str) -> InvalidResponse {
        InvalidResponse::Moved {
            expected: redact::url_without_query(redirect),
            received: received.to_owned(),
        }
    }

    /// RFC 9207 section 2.4: compared byte for byte.
    fn check_issuer(&self, received: Option<&str>) -> Result<(), InvalidResponse> {
        match received {
            Some(received) if self.issuer.as_deref() != Some(received) => {
                Err(InvalidResponse::OtherIssuer {
                    expected: self.issuer.clone(),
                    received: received.to_owned(),
                })
            }
            None if self.issuer_promised => Err(InvalidResponse::WithoutIssuer),
            _ => Ok(()),
        }
    }
}

/// The state is a secret of the login.
impl fmt::Debug for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expected")
            .field("issuer", &self.issuer)
            .field("issuer_promised", &self.issuer_promised)
            .finish_non_exhaustive()
    }
}

/// The decision of the user or the authorization server.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum AuthorizationResponse {
    /// The redirect contains a code; rmcp exchanges it, after further checks.
    Granted {
        /// The redirect as it arrived, without parameters that have no value.
        redirect: Url,
    },
    /// The user or the server refused (RFC 6749 section 4.1.2.1).
    Refused {
        /// The error code.
        error: String,
        /// A message for the user.
        description: Option<String>,
    },
}

/// Why a redirect is not the response to this login.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidResponse {
    /// It belongs to another login, or another party made it up.
    #[error("the state does not belong to this login")]
    State,
    /// It names another issuer than the one asked (RFC 9207 section 2.4).
    #[error("it is from another issuer: {}", difference(.expected.as_deref(), .received))]
    OtherIssuer {
        /// The issuer of this login; old authorization servers have no name.
        expected: Option<String>,
        /// The issuer that the response names.
        received: String,
    },
    /// It names no issuer, although the metadata promises one (RFC 9207 section 2.4).
    #[error("it lacks `iss`, which the metadata of the authorization server promises")]
    WithoutIssuer,
    /// It went to another URL than the redirect URI (RFC 6749 section 3.1.2.3).
    #[error("it went to {} instead of {}", redact::printable(.received), redact::printable(.expected))]
    Moved {
        /// The redirect URI.
        expected: String,
        /// Where it went, without its parameters.
        received: String,
    },
    /// RFC 6749 section 3.1 forbids it, and readers would disagree about which value is valid.
    #[error("a parameter appears twice")]
    Repeated,
    /// Neither a code nor an error.
    #[error("it has neither a code nor an error")]
    Empty,
}

impl InvalidResponse {
    /// Whether the login has to end: the state is right, but the issuer, the place or the content is not. The module documentation explains it.
    #[must_use]
    pub(super) const fn ends_login(&self) -> bool {
        matches!(
            self,
            Self::OtherIssuer { .. } | Self::WithoutIssuer | Self::Moved { .. } | Self::Empty
        )
    }
}

impl From<InvalidResponse> for ClientError {
    fn from(why: InvalidResponse) -> Self {
        match why {
            InvalidResponse::Moved { expected, received } => {
                Self::CallbackMoved { expected, received }
            }
            why => Self::Callback(why.to_string()),
        }
    }
}

/// As its `Display`, which makes the values from outside printable.
impl fmt::Debug for InvalidResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn difference(expected: Option<&str>, received: &str) -> String {
    format!(
        "expected {}, received {}",
        redact::printable(expected.unwrap_or("none")),
        redact::printable(received)
    )
}

impl AuthorizationResponse {
    /// Reads a redirect, provided that its state and its issuer are those of this login.
    ///
    /// # Errors
    ///
    /// [`InvalidResponse`] when it is not the response to this login; [`InvalidResponse::ends_login`] is whether to
    /// stop waiting.
    pub(super) fn read(redirect: &Url, expected: &Expected) -> Result<Self, InvalidResponse> {
        let mut parameters = Parameters::default();
        for (name, value) in redirect.query_pairs() {
            let Some(place) = parameters.place(&name) else {
                continue;
            };
            // A parameter without a value is absent (RFC 6749 section 3.1).
            if value.is_empty() {
                continue;
            }
            if place.replace(value.into_owned()).is_some() {
                return Err(InvalidResponse::Repeated);
            }
        }
        if parameters.state.as_ref() != Some(&expected.state) {
            return Err(InvalidResponse::State);
        }
        expected.check_issuer(parameters.issuer.as_deref())?;
        match parameters {
            Parameters {
                error: Some(error),
                description,
                ..
            } => Ok(Self::Refused { error, description }),
            Parameters { code: Some(_), .. } => Ok(Self::Granted {
                redirect: without_empty(redirect),
            }),
            _ => Err(InvalidResponse::Empty),
        }
    }
}

fn without_empty(redirect: &Url) -> Url {
    if redirect.query_pairs().all(|(_, value)| !value.is_empty()) {
        return redirect.clone();
    }
    let mut cleaned = redirect.clone();
    let mut query = cleaned.query_pairs_mut();
    query.clear();
    for (name, value) in redirect.query_pairs() {
        if !value.is_empty() {
            query.append_pair(&name, &value);
        }
    }
    drop(query);
    cleaned
}

/// The error of a refusal, as it may be shown.
pub(super) fn printable_error(error: &str, description: Option<&str>) -> String {
    match description {
        Some(description) => redact::printable(&format!("{error}, {description}")),
        None => redact::printable(error),
    }
}

#[derive(Default)]
struct Parameters {
    code: Option<String>,
    state: Option<String>,
    issuer: Option<String>,
    error: Option<String>,
    description: Option<String>,
}

impl Parameters {
    fn place(&mut self, name: &str) -> Option<&mut Option<String>> {
        match name {
            "code" => Some(&mut self.code),
            "state" => Some(&mut self.state),
            "iss" => Some(&mut self.issuer),
            "error" => Some(&mut self.error),
            "error_description" => Some(&mut self.description),
            _ => None,
        }
    }
}

impl fmt::Debug for AuthorizationResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Granted { redirect } => write!(f, "Granted({})", redact::url(redirect)),
            Self::Refused { error, .. } => write!(f, "Refused({})", redact::printable(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    const ISSUER: &str = "https://as.example.com";

    fn expected(issuer: Option<&str>, promised: bool) -> Expected {
        let mut metadata = AuthorizationMetadata::default();
        metadata.issuer = issuer.map(Into::into);
        metadata.additional_fields.insert(
            "authorization_response_iss_parameter_supported".into(),
            promised.into(),
        );
        Expected::new("s", &metadata)
    }

    fn read(query: &str, expected: &Expected) -> Result<&'static str, InvalidResponse> {
        let url = Url::parse(&format!("http://localhost:1/cb?{query}")).unwrap();
        AuthorizationResponse::read(&url, expected).map(|response| match response {
            AuthorizationResponse::Granted { .. } => "Granted",
            AuthorizationResponse::Refused { .. } => "Refused",
        })
    }

    #[test]
    fn redirects() {
        let rows = [
            ("code=c&state=s", Ok("Granted")),
            ("code=c&state=s&extra=1", Ok("Granted")),
            ("error=access_denied&state=s", Ok("Refused")),
            ("error=access_denied&code=c&state=s", Ok("Refused")),
            ("code=c", Err(InvalidResponse::State)),
            ("code=c&state=S", Err(InvalidResponse::State)),
            ("code=c&state=", Err(InvalidResponse::State)),
            ("code=c&state=s&state=s", Err(InvalidResponse::Repeated)),
            ("code=c&code=d&state=s", Err(InvalidResponse::Repeated)),
            ("code=c&iss=a&iss=b&state=s", Err(InvalidResponse::Repeated)),
            ("error=a&error=b&state=x", Err(InvalidResponse::Repeated)),
            ("code=c&state=s&error=", Ok("Granted")),
            ("code=&state=s", Err(InvalidResponse::Empty)),
            ("code=&code=c&state=s", Ok("Granted")),
            ("state=s", Err(InvalidResponse::Empty)),
            ("", Err(InvalidResponse::State)),
        ];
        for (query, wanted) in rows {
            let got = read(query, &expected(Some(ISSUER), false));
            assert_eq!(got, wanted, "{query}");
            // Only a response without content ends the login: with the right state it is the one that was waited for.
            let ends = got.err().is_some_and(|why| why.ends_login());
            assert_eq!(ends, wanted == Err(InvalidResponse::Empty), "{query}");
        }
    }

    #[test]
    fn the_issuer_of_approvals_and_refusals_is_compared() {
        let other = |received: &str| {
            Some(InvalidResponse::OtherIssuer {
                expected: Some(ISSUER.into()),
                received: received.into(),
            })
        };
        // issuer in the response, why it is invalid when none is promised, and when one is
        let rows = [
            ("", None, Some(InvalidResponse::WithoutIssuer)),
            ("&iss=https%3A%2F%2Fas.example.com", None, None),
            (
                "&iss=https%3A%2F%2Fas.example.com%2F",
                other("https://as.example.com/"),
                other("https://as.example.com/"),
            ),
            (
                "&iss=https%3A%2F%2FAS.example.com",
                other("https://AS.example.com"),
                other("https://AS.example.com"),
            ),
            // As if it were absent.
            ("&iss=", None, Some(InvalidResponse::WithoutIssuer)),
        ];
        for (issuer, unpromised, promised) in rows {
            for (promise, why_not) in [(false, unpromised), (true, promised)] {
                for (answer, kind) in [("code=c", "Granted"), ("error=access_denied", "Refused")] {
                    let query = format!("{answer}&state=s{issuer}");
                    let got = read(&query, &expected(Some(ISSUER), promise));
                    let wanted = why_not.clone().map_or(Ok(kind), Err);
                    assert_eq!(got, wanted, "{query} {promise}");
                    assert!(got.err().is_none_or(|why| why.ends_login()), "{query}");
                    // A wrong state comes first, and does not end the login.
                    let query = format!("{answer}&state=x{issuer}");
                    let got = read(&query, &expected(Some(ISSUER), promise));
                    assert_eq!(got, Err(InvalidResponse::State), "{query} {promise}");
                }
            }
        }
    }

    #[test]
    fn a_server_without_a_name_can_name_none() {
        let nameless = expected(None, false);
        assert_eq!(read("code=c&state=s", &nameless), Ok("Granted"));
        let why = read("code=c&state=s&iss=i", &nameless).unwrap_err();
        assert!(why.ends_login());
        assert!(why.to_string().ends_with("expected none, received i"));
    }

    #[test]
    fn a_foreign_issuer_is_made_printable_before_it_is_shown() {
        let query = format!("code=c&state=s&iss=%1B%5B31m%0A{}", "x".repeat(1000));
        let why = read(&query, &expected(Some(ISSUER), true)).unwrap_err();
        for shown in [why.to_string(), format!("{why:?}")] {
            assert!(!shown.contains(char::is_control), "{shown}");
            assert!(shown.len() < 500, "{shown}");
        }
    }

    #[test]
    fn debug_hides_code_and_state() {
        let url = Url::parse("http://localhost:1/cb?code=abcdefghijklmnop&state=s").unwrap();
        let expected = expected(Some(ISSUER), false);
        let answer = AuthorizationResponse::read(&url, &expected).unwrap();
        assert!(!format!("{answer:?}").contains("abcdefghijklmnop"));
        let shown = format!("{expected:?}");
        assert!(
            shown.contains(ISSUER) && !shown.contains("state"),
            "{shown}"
        );
    }
}
