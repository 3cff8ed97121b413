//! The issuer's reply to the authorization request, classified from its status, `Location` and body.

use auth_core::support::json::RawObject;
use http::StatusCode;
use serde_json::Value;
use url::Url;

use super::complaint::Complaint;
use crate::diagnose::http::Page;

/// The reply to an authorization request. A code in it is dropped.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AuthorizationResponse {
    /// The user is shown a login page, at this origin.
    Login(String),
    /// The client received a code at once.
    Approved,
    /// The client is redirected to with an error.
    Error(OAuthError),
    /// The client is redirected to with neither a code nor an error.
    Empty,
    /// A code was sent to an origin other than the requested redirect URI: this one.
    Misdirected(String),
    /// The issuer shows an error to the user and does not redirect to the client.
    ErrorPage(ErrorPage),
}

/// `error` and `error_description`
/// ([RFC 6749 section 4.1.2.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1)).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OAuthError {
    pub(super) error: String,
    pub(super) description: Option<String>,
}

/// A reply that shows an error to the user.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ErrorPage {
    pub(super) status: StatusCode,
    /// Whether `text` is HTML, which findings must not quote.
    pub(super) is_html: bool,
    pub(super) text: String,
    /// What the text complains about, if it names it.
    pub(super) complaint: Option<Complaint>,
}

impl AuthorizationResponse {
    /// Classifies the reply to a request to `asked`.
    pub(super) fn of(page: Page, asked: &Url, redirect_uri: &Url) -> Self {
        let location = page.location.as_deref();
        let location = location.and_then(|location| asked.join(location).ok());
        let error = match location.filter(|_| page.status.is_redirection()) {
            Some(location) if is_at(&location, redirect_uri) => return at_redirect_uri(&location),
            // A login page elsewhere may have a parameter named `code`, but hardly at this path.
            Some(location)
                if location.path() == redirect_uri.path()
                    && parameter(&location, "code").is_some() =>
            {
                return Self::Misdirected(location.origin().ascii_serialization());
            }
            Some(location) => match OAuthError::in_query(&location) {
                None if is_web(&location) => {
                    return Self::Login(location.origin().ascii_serialization());
                }
                error => error,
            },
            None => OAuthError::in_json(&page.text),
        };
        // The body of a redirection may repeat its `Location`, and with that a code.
        let text = match page.status.is_redirection() {
            true => String::new(),
            false => page.text,
        };
        let error_page = match error {
            Some(error) => ErrorPage::new(page.status, false, error.text()),
            None => ErrorPage::new(page.status, page.is_html, text),
        };
        if error_page.may_be_a_login() && error_page.complaint.is_none() {
            return Self::Login(asked.origin().ascii_serialization());
        }
        Self::ErrorPage(error_page)
    }
}

fn at_redirect_uri(location: &Url) -> AuthorizationResponse {
    match OAuthError::in_query(location) {
        Some(error) => AuthorizationResponse::Error(error),
        None if parameter(location, "code").is_some() => AuthorizationResponse::Approved,
        None => AuthorizationResponse::Empty,
    }
}

/// Whether a location is the redirect URI, ignoring its query.
fn is_at(location: &Url, redirect_uri: &Url) -> bool {
    place(location) == place(redirect_uri)
}

fn place(url: &Url) -> (&str, Option<&str>, Option<u16>, &str) {
    let port = url.port_or_known_default();
    (url.scheme(), url.host_str(), port, url.path())
}

/// Whether a browser follows the location itself instead of starting another program.
fn is_web(location: &Url) -> bool {
    matches!(location.scheme(), "https" | "http")
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    let (_, value) = pairs.find(|(known, value)| known == name && !value.is_empty())?;
    Some(value.into_owned())
}

impl ErrorPage {
    fn new(status: StatusCode, is_html: bool, text: String) -> Self {
        let mut page = Self {
            status,
            is_html,
            text,
            complaint: None,
        };
        page.complaint = if page.may_be_a_login() {
            Complaint::in_login(&page.text)
        } else {
            Complaint::of(&page.text)
        };
        page
    }

    /// Some issuers show errors with status 200, which login pages have too.
    pub(super) fn may_be_a_login(&self) -> bool {
        self.status == StatusCode::OK && self.is_html
    }
}

impl OAuthError {
    fn in_query(url: &Url) -> Option<Self> {
        Some(Self {
            error: parameter(url, "error")?,
            description: parameter(url, "error_description"),
        })
    }

    fn in_json(text: &str) -> Option<Self> {
        let object = RawObject::parse(text).ok()?.members().ok()?;
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
