//! Authorization codes: single use, ten minutes, bound to the authorization request.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::error::OAuthError;
use super::grant::Grant;
use super::params::Params;
use super::pkce::Challenge;

/// RFC 6749 section 4.1.2 recommends ten minutes at most.
pub(crate) const LIFETIME: Duration = Duration::from_secs(600);

#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) grant: Arc<Grant>,
    pub(crate) redirect_uri: String,
    /// Whether the authorization request named it; then the token request must too.
    pub(crate) redirect_uri_named: bool,
    pub(crate) challenge: Challenge,
    pub(crate) nonce: Option<String>,
    pub(crate) expires: SystemTime,
    pub(crate) used: bool,
}

impl Code {
    /// # Errors
    ///
    /// `invalid_grant` (RFC 6749 sections 4.1.3 and 5.2) when the redirect URI is not the one of
    /// the authorization request; for the verifier as [`Challenge::check`].
    pub(crate) fn check_binding(&self, params: &Params) -> Result<(), OAuthError> {
        match params.get("redirect_uri") {
            None if self.redirect_uri_named => {
                return Err(OAuthError::invalid_grant("redirect_uri is missing"));
            }
            Some(uri) if uri != self.redirect_uri => {
                return Err(OAuthError::invalid_grant(
                    "redirect_uri is not that of the authorization request",
                ));
            }
            _ => {}
        }
        self.challenge.check(params)
    }
}
