//! A grant: what a user has approved, and codes and refresh tokens refer to.

use std::time::SystemTime;

use super::error::OAuthError;
use crate::session::Sessions;
use crate::settings::{AuthorizationServer, Organization, Settings, User};

/// One approval by a user, and the codes and tokens issued from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct GrantId(pub(super) u64);

/// What a user has approved.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) id: GrantId,
    /// The authorization server that granted it.
    pub(crate) server: AuthorizationServer,
    pub(crate) client_id: String,
    /// Empty: the client named none.
    pub(crate) resources: Vec<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) user: User,
    /// One of the user's; none of a user who has none.
    pub(crate) organization: Option<Organization>,
    pub(crate) session_id: String,
}

impl Grant {
    /// # Errors
    ///
    /// `invalid_grant` when the session of the login has ended.
    pub(super) fn check_session(
        &self,
        sessions: &Sessions,
        now: SystemTime,
    ) -> Result<(), OAuthError> {
        match sessions.is_active(&self.session_id, now) {
            true => Ok(()),
            false => Err(OAuthError::invalid_grant(
                "the session of the user has ended",
            )),
        }
    }

    /// # Errors
    ///
    /// `invalid_grant` when the user has been removed from the organization of the login, or that was deleted.
    pub(super) fn check_membership(&self, settings: &Settings) -> Result<(), OAuthError> {
        match &self.organization {
            Some(organization) if !settings.is_member(&self.user, &organization.id) => Err(
                OAuthError::invalid_grant("the user is no longer a member of the organization"),
            ),
            _ => Ok(()),
        }
    }

    /// # Errors
    ///
    /// `invalid_grant` when a code or a refresh token of one authorization server is sent to the other (RFC
    /// 6749 section 5.2).
    pub(super) fn check_granted_by(&self, server: AuthorizationServer) -> Result<(), OAuthError> {
        match self.server == server {
            true => Ok(()),
            false => Err(OAuthError::invalid_grant(
                "another authorization server of this environment has granted it",
            )),
        }
    }
}
