//! What the backend of the login page posts: the user, or that the login has failed.

use std::fmt::Display;

use auth_core::support::json::{self, Rules};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::oauth::api_error::ApiError;
use crate::settings::{Membership, Organization, Settings, User};
use crate::values::id;

/// The characters that the name of an organization has at most.
const MAX_NAME: usize = 200;

/// The members of Scalekit's `User`. As in all JSON of gRPC, names may be in snake or camel case, and null is as good
/// as nothing. Those that no claim is made of are read for their types alone.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PostedUser {
    sub: Option<String>,
    email: Option<String>,
    #[serde(alias = "emailVerified")]
    email_verified: Option<bool>,
    roles: Option<Vec<String>>,
    #[serde(alias = "customAttributes")]
    custom_attributes: Option<Map<String, Value>>,
    #[serde(alias = "organizationExternalId")]
    organization_external_id: Option<String>,
    #[serde(alias = "organizationExternalName")]
    organization_external_name: Option<String>,
    #[serde(alias = "loginFailed")]
    login_failed: Option<bool>,
    #[serde(alias = "givenName", rename = "given_name")]
    _given_name: Option<String>,
    #[serde(alias = "familyName", rename = "family_name")]
    _family_name: Option<String>,
    #[serde(alias = "phoneNumber", rename = "phone_number")]
    _phone_number: Option<String>,
    #[serde(alias = "phoneNumberVerified", rename = "phone_number_verified")]
    _phone_number_verified: Option<bool>,
    #[serde(rename = "name")]
    _name: Option<String>,
    #[serde(alias = "preferredUsername", rename = "preferred_username")]
    _preferred_username: Option<String>,
    #[serde(rename = "picture")]
    _picture: Option<String>,
    #[serde(rename = "gender")]
    _gender: Option<String>,
    #[serde(rename = "locale")]
    _locale: Option<String>,
    #[serde(rename = "groups")]
    _groups: Option<Vec<String>>,
}

impl PostedUser {
    /// # Errors
    ///
    /// `INVALID_ARGUMENT`: no JSON object, a member that the API does not have or a value of another type, or no
    /// `sub` or `email` of a login that has not failed.
    pub(super) fn read(body: &[u8]) -> Result<Self, ApiError> {
        let refused =
            |why: &dyn Display| ApiError::invalid(format!("the body is not a user: {why}"));
        let value = json::value(body, Rules::STRICT).map_err(|error| refused(&error))?;
        // Serde takes an array for a struct, too.
        if !value.is_object() {
            return Err(refused(&"expected an object"));
        }
        let posted = Self::deserialize(value).map_err(|error| refused(&error))?;
        let is_filled =
            |value: &Option<String>| value.as_ref().is_some_and(|text| !text.is_empty());
        let names_a_user = is_filled(&posted.sub) && is_filled(&posted.email);
        if !names_a_user && !posted.has_failed() {
            return Err(ApiError::violation(
                "user",
                "user.sub_email_required_unless_login_failed",
                "sub and email must be non-empty unless login_failed is true",
            ));
        }
        let name = posted.organization_external_name.as_deref();
        if name.is_some_and(|name| name.chars().count() > MAX_NAME) {
            return Err(ApiError::violation(
                "user.organization_external_name",
                "string.max_len",
                "organization_external_name must have 200 characters at most",
            ));
        }
        Ok(posted)
    }

    /// Whether the page reports that the user could not log in.
    pub(super) fn has_failed(&self) -> bool {
        self.login_failed == Some(true)
    }

    /// The user as the issuer knows its own.
    pub(super) fn into_user(self, settings: &Settings) -> User {
        let roles = self.roles.unwrap_or_default();
        let name = self.organization_external_name;
        let external_id = self.organization_external_id;
        let external_id = external_id.filter(|external_id| !external_id.is_empty());
        let membership = external_id.map(|external_id| Membership {
            organization: organization(settings, external_id, name),
            roles: Some(roles.clone()),
        });
        User {
            sub: self.sub.unwrap_or_default(),
            external_id: None,
            memberships: membership.into_iter().collect(),
            roles,
            permissions: Vec::new(),
            email: self.email.unwrap_or_default(),
            email_verified: self.email_verified.unwrap_or_default(),
            custom_claims: self.custom_attributes.unwrap_or_default(),
        }
    }
}

/// The organization of the directory with this external id, or one that the issuer makes for it: always the same.
fn organization(settings: &Settings, external_id: String, name: Option<String>) -> Organization {
    let known = settings.directory.organization_by_external_id(&external_id);
    known.cloned().unwrap_or_else(|| Organization {
        id: id::derived("org", &external_id),
        name: name
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| external_id.clone()),
        external_id: Some(external_id),
    })
}
