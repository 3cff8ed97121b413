//! What an issuer makes of the request, read from its first answer.

use auth_core::json::ObjectText;
use http::StatusCode;
use serde_json::Value;
use url::Url;

use super::complaint::Complaint;
use crate::diagnose::http::Page;

/// What came of the request. A code is not kept.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The user is shown a page, at this origin.
    Asks(String),
    /// A code came at once.
    Approved,
    /// The client is told of an error.
    SentBack(Told),
    /// The client is told nothing: neither a code nor an error.
    SentBackEmpty,
    /// A code came, but not to where the client asked for it: to this origin.
    SentAstray(String),
    /// The user is told of an error, and the client is not.
    Refused(Refusal),
}

/// `error` and `error_description`
/// ([RFC 6749 section 4.1.2.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1)).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) error: String,
    pub(super) description: Option<String>,
}

/// An answer that leads nowhere.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// A page for people, not fit to be shown as it is.
    pub(super) is_html: bool,
    pub(super) text: String,
    /// What it complains of, if that is told.
    pub(super) complaint: Option<Complaint>,
}

impl Outcome {
    /// `asked` is the URL of the request.
    pub(super) fn of(page: Page, asked: &Url, redirect_uri: &Url) -> Self {
        let location = page.location.as_deref();
        let location = location.and_then(|location| asked.join(location).ok());
        let said = match location.filter(|_| page.status.is_redirection()) {
            Some(location) if is_at(&location, redirect_uri) => return sent_back(&location),
            // A login page elsewhere may have a code of its own, but hardly at this path.
            Some(location)
                if location.path() == redirect_uri.path()
                    && parameter(&location, "code").is_some() =>
            {
                return Self::SentAstray(location.origin().ascii_serialization());
            }
            Some(location) => match Told::in_query(&location) {
                None if is_web(&location) => {
                    return Self::Asks(location.origin().ascii_serialization());
                }
                told => told,
            },
            None => Told::in_json(&page.text),
        };
        // What is said beside a redirection may repeat where it leads, and with that a code.
        let text = match page.status.is_redirection() {
            true => String::new(),
            false => page.text,
        };
        let refusal = match said {
            Some(told) => Refusal::new(page.status, false, told.text()),
            None => Refusal::new(page.status, page.is_html, text),
        };
        if refusal.may_be_a_login() && refusal.complaint.is_none() {
            return Self::Asks(asked.origin().ascii_serialization());
        }
        Self::Refused(refusal)
    }
}

fn sent_back(location: &Url) -> Outcome {
    match Told::in_query(location) {
        Some(told) => Outcome::SentBack(told),
        None if parameter(location, "code").is_some() => Outcome::Approved,
        None => Outcome::SentBackEmpty,
    }
}

/// Whether an answer goes to a redirect URI, whatever parameters it adds.
fn is_at(location: &Url, redirect_uri: &Url) -> bool {
    place(location) == place(redirect_uri)
}

fn place(url: &Url) -> (&str, Option<&str>, Option<u16>, &str) {
    let port = url.port_or_known_default();
    (url.scheme(), url.host_str(), port, url.path())
}

/// Whether a browser stays in the web, where logins are, and does not start another program.
fn is_web(location: &Url) -> bool {
    matches!(location.scheme(), "https" | "http")
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    let (_, value) = pairs.find(|(known, value)| known == name && !value.is_empty())?;
    Some(value.into_owned())
}

impl Refusal {
    fn new(status: StatusCode, is_html: bool, text: String) -> Self {
        let mut refusal = Self {
            status,
            is_html,
            text,
            complaint: None,
        };
        refusal.complaint = if refusal.may_be_a_login() {
            Complaint::in_login(&refusal.text)
        } else {
            Complaint::of(&refusal.text)
        };
        refusal
    }

    /// Some issuers show errors with 200 as well.
    pub(super) fn may_be_a_login(&self) -> bool {
        self.status == StatusCode::OK && self.is_html
    }
}

impl Told {
    fn in_query(url: &Url) -> Option<Self> {
        Some(Self {
            error: parameter(url, "error")?,
            description: parameter(url, "error_description"),
        })
    }

    fn in_json(text: &str) -> Option<Self> {
        let object = ObjectText::parse(text).ok()?.members().ok()?;
        let member = |name| object.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            error: member("error")?,
            description: member("error_description"),
        })
    }

    /// Both in one line.
    pub(super) fn text(&self) -> String {
        match &self.description {
            Some(description) => format!("{}: {description}", self.error),
            None => self.error.clone(),
        }
    }
}
