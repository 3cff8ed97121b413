//! [`Challenge`]: a scheme with its parameters or its token.

use std::fmt;

use super::problem::shown;

/// One challenge ([RFC 9110 section 11.3](https://www.rfc-editor.org/rfc/rfc9110#section-11.3)).
///
/// `Debug` shows the start of names and the lengths of values: descriptions of errors may repeat what the request contained, and the
/// token of `Negotiate` is a credential.
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge {
    scheme: String,
    pub(super) parameters: Vec<(String, String)>,
    pub(super) token68: Option<String>,
}

impl Challenge {
    pub(super) fn new(scheme: String) -> Self {
        Self {
            scheme,
            parameters: Vec::new(),
            token68: None,
        }
    }

    /// The scheme as sent.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Whether this is the scheme, in any case (RFC 9110 section 11.1).
    #[must_use]
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The value of a parameter, whose name may be in any case. The value is without quotes, and its escapes are
    /// resolved. It is the first one of duplicates, and empty if nothing follows the `=`.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut all = self.parameters();
        let (_, value) = all.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    /// The names, as sent, and values of all parameters, in their order and without duplicates.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.parameters.iter();
        all.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The token that schemes such as `Negotiate` have in place of parameters (RFC 9110 section 11.2).
    #[must_use]
    pub fn token68(&self) -> Option<&str> {
        self.token68.as_deref()
    }

    /// Whether the definition of the scheme allows parameters only: `Bearer` (RFC 6750 section 3) and `DPoP` (RFC 9449
    /// section 7.1).
    pub(super) fn has_parameters_only(&self) -> bool {
        self.is("bearer") || self.is("dpop")
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.parameters();
        let lengths = all.map(|(name, value)| (shown(name.as_bytes()), value.len()));
        f.debug_struct("Challenge")
            .field("scheme", &shown(self.scheme.as_bytes()))
            .field("parameter_lengths", &lengths.collect::<Vec<_>>())
            .field("token68_length", &self.token68.as_deref().map(str::len))
            .finish()
    }
}
