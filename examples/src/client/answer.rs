//! The answer of the authorization endpoint, as it stands in the redirect.

use std::fmt;

use url::Url;

use super::redact;

/// What the authorization server decided.
#[derive(Clone, PartialEq, Eq)]
pub enum Answer {
    /// A code is in the redirect; rmcp checks the issuer and exchanges it.
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
        /// RFC 9207 issuer. Nothing of this answer may be shown before it was compared.
        issuer: Option<String>,
    },
}

/// Why a redirect is not an answer to our request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAnswer {
    /// It belongs to another login, or somebody else wrote it.
    #[error("the state does not belong to this login")]
    State,
    /// RFC 6749 section 3.1 forbids it, and readers would disagree about which one counts.
    #[error("a parameter appears twice")]
    Repeated,
    /// Neither a code nor an error.
    #[error("it has neither a code nor an error")]
    Empty,
}

impl Answer {
    /// Reads a redirect, provided that its `state` is the one of this login.
    ///
    /// # Errors
    ///
    /// [`NotAnAnswer`] when it is not an answer to this login.
    pub fn read(redirect: &Url, state: &str) -> Result<Self, NotAnAnswer> {
        let mut parameters = Parameters::default();
        for (name, value) in redirect.query_pairs() {
            let Some(place) = parameters.place(&name) else {
                continue;
            };
            if place.replace(value.into_owned()).is_some() {
                return Err(NotAnAnswer::Repeated);
            }
        }
        if parameters.state.as_deref() != Some(state) {
            return Err(NotAnAnswer::State);
        }
        match parameters {
            Parameters {
                error: Some(error),
                description,
                issuer,
                ..
            } => Ok(Self::Refused {
                error,
                description,
                issuer,
            }),
            Parameters { code: Some(_), .. } => Ok(Self::Granted {
                redirect: redirect.clone(),
            }),
            _ => Err(NotAnAnswer::Empty),
        }
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
    use super::*;

    #[test]
    fn redirects() {
        let granted = "code=c&state=s";
        let rows = [
            (granted, Ok("Granted")),
            ("code=c&state=s&iss=i&extra=1", Ok("Granted")),
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
        for (query, expected) in rows {
            let Ok(url) = Url::parse(&format!("http://localhost:1/cb?{query}")) else {
                unreachable!()
            };
            let got = Answer::read(&url, "s").map(|answer| match answer {
                Answer::Granted { .. } => "Granted",
                Answer::Refused { .. } => "Refused",
            });
            assert_eq!(got, expected, "{query}");
        }
    }

    #[test]
    fn debug_hides_the_code() {
        let Ok(url) = Url::parse("http://localhost:1/cb?code=abcdefghijklmnop&state=s") else {
            unreachable!()
        };
        let Ok(answer) = Answer::read(&url, "s") else {
            unreachable!()
        };
        assert!(!format!("{answer:?}").contains("abcdefghijklmnop"));
    }
}
