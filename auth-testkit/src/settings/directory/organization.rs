//! An organization, and a machine client of one.

use serde_json::{Map, Value};

use crate::values::Secret;

/// An organization that tokens can be issued for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Organization {
    /// Claim `oid`.
    pub(crate) id: String,
    /// For the consent page.
    pub(crate) name: String,
    /// Claim `xoid`.
    pub(crate) external_id: Option<String>,
}

impl Organization {
    /// One of which only the id is known.
    pub(crate) fn of_id(id: impl Into<String>) -> Self {
        let id = id.into();
        Self {
            name: id.clone(),
            external_id: None,
            id,
        }
    }
}

/// A client that gets tokens for itself, in an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MachineClient {
    pub(crate) id: String,
    pub(crate) secret: Secret,
    /// The id of one of the directory's.
    pub(crate) organization: Option<String>,
    /// None: all of the resource.
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) custom_claims: Map<String, Value>,
}
