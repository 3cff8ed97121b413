//! What a user approved: codes and refresh tokens stand for it.

use super::Place;
use crate::issuer::GrantId;
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
