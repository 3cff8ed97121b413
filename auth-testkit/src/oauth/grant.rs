//! What a user approved: codes and refresh tokens stand for it.

use super::error::OAuthError;
use super::state::GrantId;
use crate::settings::Place;
use crate::settings::User;

#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) id: GrantId,
    /// Who granted it.
    pub(crate) place: Place,
    pub(crate) client_id: String,
    /// Empty: the client named none.
    pub(crate) resources: Vec<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) user: User,
    /// One of the user's.
    pub(crate) organization: String,
    pub(crate) session_id: String,
}

impl Grant {
    /// # Errors
    ///
    /// `invalid_grant` when a code or a refresh token of one authorization server is sent to the other (RFC
    /// 6749 section 5.2).
    pub(super) fn check_granted_by(&self, place: Place) -> Result<(), OAuthError> {
        match self.place == place {
            true => Ok(()),
            false => Err(OAuthError::invalid_grant(
                "another authorization server of this environment has granted it",
            )),
        }
    }
}
