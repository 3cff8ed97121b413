//! [`Binding`]: which keys are for this server.

use auth_core::verifier::InvalidReason;

use crate::management::ApiKey;

/// What a key must have to be for this server: all that is set, since a key has no audience.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Binding {
    /// The organization is one of these, if they are set.
    pub(super) organizations: Option<Vec<String>>,
    /// Each claim has this value.
    pub(super) claims: Vec<(String, String)>,
    /// The key has one of these roles, if they are set.
    pub(super) roles: Option<Vec<String>>,
}

impl Binding {
    /// Whether keys of the whole environment are accepted.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Checks that the key is for this server.
    pub(super) fn check(&self, key: &ApiKey) -> Result<(), InvalidReason> {
        let organizations = self.organizations.as_ref();
        let of_organization = organizations.is_none_or(|ids| ids.contains(&key.organization_id));
        let has_claims = self
            .claims
            .iter()
            .all(|(name, value)| key.custom_claims.get(name) == Some(value));
        let has_one = |names: &Vec<String>| key.roles.iter().any(|role| names.contains(role));
        let has_role = self.roles.as_ref().is_none_or(has_one);
        match of_organization && has_claims && has_role {
            true => Ok(()),
            false => Err(InvalidReason::WrongAudience),
        }
    }
}
