//! Refresh tokens: rotated at each use, bound to their client.

use std::time::{Duration, SystemTime};

use crate::issuer::GrantId;
use crate::settings::User;

/// Scalekit's example of `refresh_token_expiry`: one day.
pub(crate) const LIFETIME: Duration = Duration::from_secs(86_400);

#[derive(Debug, Clone)]
pub(crate) struct RefreshToken {
    pub(crate) grant: GrantId,
    pub(crate) client_id: String,
    pub(crate) resources: Vec<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) user: User,
    pub(crate) session_id: String,
    pub(crate) expires: SystemTime,
    /// Exchanged for the next one.
    pub(crate) used: bool,
}
