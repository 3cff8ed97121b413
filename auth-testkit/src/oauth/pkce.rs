//! PKCE (RFC 7636): S256 only, unless a leniency says otherwise.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::OAuthError;
use super::params::Params;
use crate::settings::{Leniency, Settings};
use crate::values::Secret;

/// What the authorization request promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// BASE64URL(SHA256(verifier)).
    S256(String),
    /// The verifier itself; only where that is let pass.
    Plain(Secret),
    /// Nothing; only where that is let pass.
    None,
}

impl Challenge {
    /// # Errors
    ///
    /// `invalid_request` (RFC 7636 section 4.4.1): no challenge, a method other than `S256` (a
    /// missing one means `plain`), or a value that is not 32 bytes in base64url.
    pub(crate) fn of_request(settings: &Settings, params: &Params) -> Result<Self, OAuthError> {
        if params.get("code_challenge").is_none() && settings.tolerates(Leniency::WithoutPkce) {
            return Ok(Self::None);
        }
        let value = params.need("code_challenge")?;
        match params.get("code_challenge_method") {
            Some("S256") => {}
            None | Some("plain") if settings.tolerates(Leniency::PlainPkce) => {
                return Ok(Self::Plain(Secret::new(value)));
            }
            _ => {
                return Err(OAuthError::invalid_request(
                    "code_challenge_method must be S256",
                ));
            }
        }
        match URL_SAFE_NO_PAD.decode(value) {
            Ok(hash) if hash.len() == 32 => Ok(Self::S256(value.to_owned())),
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
        if *self == Self::None && params.get("code_verifier").is_none() {
            return Ok(());
        }
        let verifier = params.need("code_verifier")?;
        if !is_well_formed(verifier) {
            return Err(OAuthError::invalid_request(
                "code_verifier is not 43 to 128 unreserved characters",
            ));
        }
        let is_kept = match self {
            Self::S256(promised) => {
                let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
                verify_slices_are_equal(hash.as_bytes(), promised.as_bytes()).is_ok()
            }
            Self::Plain(promised) => promised.matches(verifier),
            // RFC 9700 section 2.1.1: a verifier without a challenge is a downgrade attack.
            Self::None => false,
        };
        match is_kept {
            true => Ok(()),
            false => Err(OAuthError::invalid_grant(
                "code_verifier does not match the challenge",
            )),
        }
    }
}

fn is_well_formed(verifier: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved)
}
