//! The answer of the authorization endpoint, as it stands in the redirect, and whether it is ours.
//!
//! Two checks come before anything in it is believed, for approvals and refusals alike:
//!
//! 1. `state` (RFC 6749 section 10.12). Anybody can send a redirect with another one, so it is refused
//!    and the login goes on: otherwise anybody could end it.
//! 2. `iss` (RFC 9207 section 2.4). The state is right, so the answer came through the browser of this
//!    login, and still it is not from the server that was asked: a mix-up attack, or a server that is
//!    set up wrongly. The client must not go on with such an answer. It ends the login: the browser has
//!    spent its one answer, and a person has to look at this before trying again.

use std::fmt;

use rmcp::transport::auth::AuthorizationMetadata;
use url::Url;

use crate::{redact, server_metadata::Promises as _};

/// What the answer to one login has to carry.
#[derive(Clone)]
pub struct Expected {
    state: String,
    issuer: Option<String>,
    issuer_promised: bool,
}

impl Expected {
    /// `state` is that of the authorization request; issuer, and whether answers name it, are those
    /// of the authorization server's metadata (RFC 9207 section 3).
    #[must_use]
    pub fn new(state: impl Into<String>, metadata: &AuthorizationMetadata) -> Self {
        Self {
            state: state.into(),
            issuer: metadata.issuer.clone(),
            issuer_promised: metadata.says("authorization_response_iss_parameter_supported"),
        }
    }

    /// RFC 9207 section 2.4: compared as text, byte for byte.
    fn check_issuer(&self, received: Option<&str>) -> Result<(), NotAnAnswer> {
        match received {
            Some(received) if self.issuer.as_deref() != Some(received) => {
                Err(NotAnAnswer::OtherIssuer {
                    expected: self.issuer.clone(),
                    received: received.to_owned(),
                })
            }
            None if self.issuer_promised => Err(NotAnAnswer::WithoutIssuer),
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

/// What the authorization server decided.
#[derive(Clone, PartialEq, Eq)]
pub enum Answer {
    /// A code is in the redirect; rmcp exchanges it, after checks of its own.
    Granted {
        /// The redirect as it arrived.
        redirect: Url,
    },
    /// The user or the server said no (RFC 6749 section 4.1.2.1).
    Refused {
        /// The error code.
        error: String,
        /// Words for the user.
        description: Option<String>,
    },
}

/// Why a redirect is not taken for the answer to our request.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAnswer {
    /// It belongs to another login, or somebody else wrote it.
    #[error("the state does not belong to this login")]
    State,
    /// It names another issuer than the one asked (RFC 9207 section 2.4).
    #[error("it is from another issuer: {}", difference(.expected.as_deref(), .received))]
    OtherIssuer {
        /// Who was asked; old authorization servers have no name.
        expected: Option<String>,
        /// Who answered, by its own word.
        received: String,
    },
    /// It names no issuer, although the metadata promises one (RFC 9207 section 2.4).
    #[error("it lacks `iss`, which the metadata of the authorization server promises")]
    WithoutIssuer,
    /// RFC 6749 section 3.1 forbids it, and readers would disagree about which one counts.
    #[error("a parameter appears twice")]
    Repeated,
    /// Neither a code nor an error.
    #[error("it has neither a code nor an error")]
    Empty,
}

impl NotAnAnswer {
    /// Whether the login is over: it carries the right state, and is not from the server asked. The
    /// head of this module says why.
    #[must_use]
    pub const fn ends_login(&self) -> bool {
        matches!(self, Self::OtherIssuer { .. } | Self::WithoutIssuer)
    }
}

/// As its text: what it holds came from outside.
impl fmt::Debug for NotAnAnswer {
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

impl Answer {
    /// Reads a redirect, provided that its state and its issuer are those of this login.
    ///
    /// # Errors
    ///
    /// [`NotAnAnswer`] when it is not an answer to this login; it knows whether the login is over.
    pub fn read(redirect: &Url, expected: &Expected) -> Result<Self, NotAnAnswer> {
        let mut parameters = Parameters::default();
        for (name, value) in redirect.query_pairs() {
            let Some(place) = parameters.place(&name) else {
                continue;
            };
            if place.replace(value.into_owned()).is_some() {
                return Err(NotAnAnswer::Repeated);
            }
        }
        if parameters.state.as_ref() != Some(&expected.state) {
            return Err(NotAnAnswer::State);
        }
        expected.check_issuer(parameters.issuer.as_deref())?;
        match parameters {
            Parameters {
                error: Some(error),
                description,
                ..
            } => Ok(Self::Refused { error, description }),
            Parameters { code: Some(_), .. } => Ok(Self::Granted {
                redirect: redirect.clone(),
            }),
            _ => Err(NotAnAnswer::Empty),
        }
    }
}

/// The words of a refusal, as they may be shown.
#[must_use]
pub fn words(error: &str, description: Option<&str>) -> String {
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

impl fmt::Debug for Answer {
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

    fn read(query: &str, expected: &Expected) -> Result<&'static str, NotAnAnswer> {
        let url = Url::parse(&format!("http://localhost:1/cb?{query}")).unwrap();
        Answer::read(&url, expected).map(|answer| match answer {
            Answer::Granted { .. } => "Granted",
            Answer::Refused { .. } => "Refused",
        })
    }

    #[test]
    fn redirects() {
        let rows = [
            ("code=c&state=s", Ok("Granted")),
            ("code=c&state=s&extra=1", Ok("Granted")),
            ("error=access_denied&state=s", Ok("Refused")),
            ("error=access_denied&code=c&state=s", Ok("Refused")),
            ("code=c", Err(NotAnAnswer::State)),
            ("code=c&state=S", Err(NotAnAnswer::State)),
            ("code=c&state=", Err(NotAnAnswer::State)),
            ("code=c&state=s&state=s", Err(NotAnAnswer::Repeated)),
            ("code=c&code=d&state=s", Err(NotAnAnswer::Repeated)),
            ("code=c&iss=a&iss=b&state=s", Err(NotAnAnswer::Repeated)),
            ("error=a&error=b&state=x", Err(NotAnAnswer::Repeated)),
            ("state=s", Err(NotAnAnswer::Empty)),
            ("", Err(NotAnAnswer::State)),
        ];
        for (query, wanted) in rows {
            let got = read(query, &expected(Some(ISSUER), false));
            assert_eq!(got, wanted, "{query}");
            assert!(got.err().is_none_or(|why| !why.ends_login()), "{query}");
        }
    }

    #[test]
    fn the_issuer_of_approvals_and_refusals_is_compared() {
        let other = |received: &str| {
            Some(NotAnAnswer::OtherIssuer {
                expected: Some(ISSUER.into()),
                received: received.into(),
            })
        };
        // issuer in the answer, why not when none is promised, why not when one is
        let rows = [
            ("", None, Some(NotAnAnswer::WithoutIssuer)),
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
            ("&iss=", other(""), other("")),
        ];
        for (issuer, unpromised, promised) in rows {
            for (promise, why_not) in [(false, unpromised), (true, promised)] {
                for (answer, kind) in [("code=c", "Granted"), ("error=access_denied", "Refused")] {
                    let query = format!("{answer}&state=s{issuer}");
                    let got = read(&query, &expected(Some(ISSUER), promise));
                    let wanted = why_not.clone().map_or(Ok(kind), Err);
                    assert_eq!(got, wanted, "{query} {promise}");
                    assert!(got.err().is_none_or(|why| why.ends_login()), "{query}");
                    // With a wrong state it is nothing but that, and ends nothing.
                    let query = format!("{answer}&state=x{issuer}");
                    let got = read(&query, &expected(Some(ISSUER), promise));
                    assert_eq!(got, Err(NotAnAnswer::State), "{query} {promise}");
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
    fn a_foreign_issuer_is_defused_before_it_is_shown() {
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
        let answer = Answer::read(&url, &expected).unwrap();
        assert!(!format!("{answer:?}").contains("abcdefghijklmnop"));
        let shown = format!("{expected:?}");
        assert!(
            shown.contains(ISSUER) && !shown.contains("state"),
            "{shown}"
        );
    }
}
