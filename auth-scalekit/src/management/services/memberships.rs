//! A user in an organization: create, update, delete.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::debug_ids::debug_ids;
use super::ids;
use super::user_roles::UserRole;
use crate::management::call::Call;
use crate::management::client::Management;
use crate::management::error::ManagementError;
use crate::management::fields::{Fields, Malformed};
use crate::management::id;
use crate::management::open_enum::open_enum;

const CREATE: &str = "POST /api/v1/memberships/organizations/{organization_id}/users/{id}";
const UPDATE: &str = "PATCH /api/v1/memberships/organizations/{organization_id}/users/{id}";
const DELETE: &str = "DELETE /api/v1/memberships/organizations/{organization_id}/users/{id}";

/// A user's membership in an organization. `Debug` shows ids and its state only.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Membership {
    /// `org_…`.
    pub organization_id: String,
    /// Its state, if the API reports it.
    pub membership_status: Option<MembershipStatus>,
    /// The roles of the user in the organization.
    pub roles: Vec<UserRole>,
    /// The names of the permissions of the user in the organization.
    pub permissions: Vec<String>,
    /// The name of the organization.
    pub name: Option<String>,
    /// The name of the organization for people.
    pub display_name: Option<String>,
    /// When the user joined.
    pub join_time: Option<SystemTime>,
    /// When the membership was created.
    pub created_at: Option<SystemTime>,
    /// When the user accepted the invitation.
    pub accepted_at: Option<SystemTime>,
    /// When the invitation expires.
    pub expires_at: Option<SystemTime>,
    /// The e-mail address of the user who sent the invitation.
    pub inviter_email: Option<String>,
    /// How the membership came about, as the API writes it.
    pub provisioning_method: Option<String>,
    /// Data of the application.
    pub metadata: BTreeMap<String, String>,
}

debug_ids!(Membership: organization_id, membership_status);

open_enum! {
    /// The state of a [`Membership`].
    pub enum MembershipStatus {
        /// The user is a member.
        Active = "ACTIVE",
        /// The user is not a member any more.
        Inactive = "INACTIVE",
        /// The user has not accepted the invitation yet.
        PendingInvite = "PENDING_INVITE",
        /// The user has not accepted the invitation in time.
        InviteExpired = "INVITE_EXPIRED",
    }
}

impl Membership {
    /// Whether the user is a member now. An unknown state is not.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.membership_status == Some(MembershipStatus::Active)
    }

    pub(super) fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            organization_id: fields.id("organization_id")?,
            membership_status: fields.name("membership_status", MembershipStatus::parse)?,
            roles: fields.list("roles", UserRole::read)?,
            permissions: fields.words("permissions")?,
            name: fields.described("name"),
            display_name: fields.described("display_name"),
            join_time: fields.described_time("join_time"),
            created_at: fields.described_time("created_at"),
            accepted_at: fields.described_time("accepted_at"),
            expires_at: fields.time("expires_at")?,
            inviter_email: fields.described("inviter_email"),
            provisioning_method: fields.described("provisioning_method"),
            metadata: fields.map("metadata")?,
        })
    }
}

/// What a membership is created with, or what of it is changed. `Debug` shows the roles only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MembershipSettings {
    roles: Option<Vec<String>>,
    metadata: BTreeMap<String, String>,
    inviter_email: Option<String>,
}

debug_ids!(MembershipSettings: roles);

impl MembershipSettings {
    /// Nothing: the default roles, or no change.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The roles, by their names.
    #[must_use]
    pub fn roles<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.roles = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Adds data of the application: up to 20 pairs, keys of 3 to 25 characters, values of 1 to 256.
    #[must_use]
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }

    /// The e-mail address of the user who sends the invitation. Only for a new membership.
    #[must_use]
    pub fn inviter_email(mut self, address: impl Into<String>) -> Self {
        self.inviter_email = Some(address.into());
        self
    }

    /// The body of the request; members that are not set are left out.
    fn to_json(&self, call: &'static str) -> Result<String, ManagementError> {
        let mut body = Map::new();
        if let Some(roles) = &self.roles {
            let role = |name| Ok(json!({ "name": ids::role_name(call, name)? }));
            let roles: Result<Vec<Value>, ManagementError> =
                roles.iter().map(String::as_str).map(role).collect();
            body.insert("roles".into(), roles?.into());
        }
        if !self.metadata.is_empty() {
            body.insert("metadata".into(), json!(self.metadata));
        }
        if let Some(address) = &self.inviter_email {
            body.insert("inviter_email".into(), json!(address));
        }
        Ok(Value::Object(body).to_string())
    }
}

impl Management {
    /// Makes a user a member of an organization: `POST /api/v1/memberships/organizations/{organization_id}/users/{id}`.
    /// Needs the permission `users:write`.
    ///
    /// ```
    /// use auth_scalekit::management::MembershipSettings;
    ///
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let settings = MembershipSettings::new().roles(["member"]);
    /// management.create_membership("org_2", "usr_1", &settings).await?;
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; with the status 409 if the user is a member already. After an error of the kind
    /// [`Unavailable`](crate::management::ManagementErrorKind::Unavailable) the user may be one.
    pub async fn create_membership(
        &self,
        organization_id: &str,
        user_id: &str,
        settings: &MembershipSettings,
    ) -> Result<(), ManagementError> {
        let call = Call::post(CREATE, path(CREATE, organization_id, user_id)?);
        self.change(call.body(settings.to_json(CREATE)?)).await
    }

    /// Changes a membership: `PATCH /api/v1/memberships/organizations/{organization_id}/users/{id}`. What is not set
    /// stays as it is. Needs the permission `users:write`.
    ///
    /// ```
    /// use auth_scalekit::management::MembershipSettings;
    ///
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let settings = MembershipSettings::new().roles(["admin", "member"]);
    /// management.update_membership("org_1", "usr_1", &settings).await?;
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](crate::management::ManagementErrorKind::NotFound) for an unknown
    /// membership.
    pub async fn update_membership(
        &self,
        organization_id: &str,
        user_id: &str,
        settings: &MembershipSettings,
    ) -> Result<(), ManagementError> {
        let call = Call::patch(UPDATE, path(UPDATE, organization_id, user_id)?);
        self.change(call.body(settings.to_json(UPDATE)?)).await
    }

    /// Removes a user from an organization: `DELETE /api/v1/memberships/organizations/{organization_id}/users/{id}`.
    /// Needs the permission `users:delete`.
    ///
    /// With `cascade` (PREVIEW), the API also deletes a user who has no membership left; that is its default, so that
    /// this method always states it.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// // The user stays, without a membership.
    /// management.delete_membership("org_1", "usr_1", false).await?;
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](crate::management::ManagementErrorKind::NotFound) for an unknown
    /// membership.
    pub async fn delete_membership(
        &self,
        organization_id: &str,
        user_id: &str,
        cascade: bool,
    ) -> Result<(), ManagementError> {
        let call = Call::delete(DELETE, path(DELETE, organization_id, user_id)?);
        self.change(call.query("cascade", cascade.to_string()))
            .await
    }
}

fn path(call: &'static str, organization: &str, user: &str) -> Result<String, ManagementError> {
    let organization = id::organization(call, organization)?;
    let user = id::user(call, user)?;
    Ok(format!(
        "/api/v1/memberships/organizations/{organization}/users/{user}"
    ))
}
