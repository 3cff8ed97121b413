//! Request parameters of a query or a form (RFC 6749 appendix B).

use std::fmt;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, Request};

use super::error::OAuthError;

/// Name and value pairs as sent. Empty values count as absent (RFC 6749 section 3.1).
pub(crate) struct Params(Vec<(String, String)>);

/// Names alone: values may be secrets.
impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(|(name, _)| name))
            .finish()
    }
}

impl Params {
    pub(crate) fn of_query(request: &Request<Vec<u8>>) -> Self {
        Self::parse(request.uri().query().unwrap_or_default().as_bytes())
    }

    /// # Errors
    ///
    /// `invalid_request` when the body is of another media type.
    pub(crate) fn of_form(request: &Request<Vec<u8>>) -> Result<Self, OAuthError> {
        if media_type(request.headers()) == "application/x-www-form-urlencoded" {
            return Ok(Self::parse(request.body()));
        }
        Err(OAuthError::invalid_request(
            "the body must be application/x-www-form-urlencoded",
        ))
    }

    fn parse(bytes: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(bytes).into_owned();
        Self(pairs.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The first value of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.iter()
            .filter(move |(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(crate) fn repeats(&self, name: &str) -> bool {
        self.all(name).nth(1).is_some()
    }

    /// # Errors
    ///
    /// `invalid_request` when a parameter is there more than once (RFC 6749 section 3.1); only
    /// `resource` may be (RFC 8707 section 2).
    pub(crate) fn check_single(&self) -> Result<(), OAuthError> {
        match self
            .iter()
            .find(|(name, _)| *name != "resource" && self.repeats(name))
        {
            None => Ok(()),
            Some(_) => Err(OAuthError::invalid_request(
                "a parameter is there more than once",
            )),
        }
    }

    /// # Errors
    ///
    /// `invalid_request` when the parameter is missing.
    pub(crate) fn need(&self, name: &str) -> Result<&str, OAuthError> {
        self.get(name)
            .ok_or_else(|| OAuthError::invalid_request(format!("{name} is missing")))
    }
}

/// The media type in lower case, without its parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = value.unwrap_or_default().split(';').next();
    essence.unwrap_or_default().trim().to_ascii_lowercase()
}
