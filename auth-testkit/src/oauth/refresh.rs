//! Refresh tokens: rotated at each use, bound to their client.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::grant::Grant;
use crate::settings::{RefreshTokens, Settings};

/// Scalekit's example of `refresh_token_expiry`: one day.
const LIFETIME: Duration = Duration::from_secs(86_400);

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

/// Whether a code for these scopes also buys a refresh token.
pub(crate) fn is_given(settings: &Settings, scopes: &[String]) -> bool {
    match settings.refresh_tokens {
        RefreshTokens::Never => false,
        RefreshTokens::Always => true,
        RefreshTokens::WhenAsked | RefreshTokens::Advertised => {
            scopes.iter().any(|scope| scope == "offline_access")
        }
    }
}
