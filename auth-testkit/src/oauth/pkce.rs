//! PKCE (RFC 7636), S256 only.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::OAuthError;
use super::params::Params;

/// What the authorization request promised: BASE64URL(SHA256(verifier)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge(String);

impl Challenge {
    /// # Errors
    ///
    /// `invalid_request` (RFC 7636 section 4.4.1): no challenge, a method other than `S256` (a
    /// missing one means `plain`), or a value that is not 32 bytes in base64url.
    pub(crate) fn of_request(params: &Params) -> Result<Self, OAuthError> {
        let value = params.need("code_challenge")?;
        if params.get("code_challenge_method") != Some("S256") {
            return Err(OAuthError::invalid_request(
                "code_challenge_method must be S256",
            ));
        }
        match URL_SAFE_NO_PAD.decode(value) {
            Ok(hash) if hash.len() == 32 => Ok(Self(value.to_owned())),
            _ => Err(OAuthError::invalid_request(
                "code_challenge is not a base64url SHA-256 hash",
            )),
        }
    }

    /// # Errors
    ///
    /// `invalid_request` when the verifier is missing or malformed (RFC 7636 section 4.1),
    /// `invalid_grant` when it is not the one that was promised (section 4.6).
    pub(crate) fn check(&self, params: &Params) -> Result<(), OAuthError> {
        let verifier = params.need("code_verifier")?;
        if !is_well_formed(verifier) {
            return Err(OAuthError::invalid_request(
                "code_verifier is not 43 to 128 unreserved characters",
            ));
        }
        let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        verify_slices_are_equal(hash.as_bytes(), self.0.as_bytes())
            .map_err(|_| OAuthError::invalid_grant("code_verifier does not match the challenge"))
    }
}

fn is_well_formed(verifier: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved)
}
