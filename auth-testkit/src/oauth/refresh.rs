//! Refresh tokens: rotated at each use, bound to their client.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::grant::Grant;
use crate::settings::{RefreshTokens, Settings};

/// Scalekit's example of `refresh_token_expiry`: one day.
const LIFETIME: Duration = Duration::from_secs(86_400);

/// By which a client asks to be refreshed (OpenID Connect Core section 11).
const OFFLINE_ACCESS: &str = "offline_access";

#[derive(Debug)]
pub(crate) struct RefreshToken {
    pub(crate) grant: Arc<Grant>,
    pub(crate) expires: SystemTime,
    /// When it was exchanged for the next one.
    pub(crate) used: Option<SystemTime>,
}

impl RefreshToken {
    pub(crate) fn new(grant: &Arc<Grant>, now: SystemTime) -> Self {
        Self {
            grant: Arc::clone(grant),
            expires: now + LIFETIME,
            used: None,
        }
    }
}

/// Whether the response to a code for these scopes has a refresh token.
pub(crate) fn is_given(settings: &Settings, scopes: &[String]) -> bool {
    match settings.refresh_tokens {
        RefreshTokens::Never => false,
        RefreshTokens::Always => true,
        RefreshTokens::WhenAsked | RefreshTokens::Advertised | RefreshTokens::Added => {
            scopes.iter().any(|scope| scope == OFFLINE_ACCESS)
        }
    }
}

/// Adds what every sign-in of a user is granted, asked for or not.
pub(crate) fn add(settings: &Settings, scopes: &mut Vec<String>) {
    let is_missing = !scopes.iter().any(|scope| scope == OFFLINE_ACCESS);
    if settings.refresh_tokens == RefreshTokens::Added && is_missing {
        scopes.push(OFFLINE_ACCESS.to_owned());
    }
}
