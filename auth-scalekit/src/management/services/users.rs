//! Users of the environment and of an organization.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::debug_ids::debug_ids;
use super::ids;
use super::memberships::Membership;
use crate::management::answer::Answer;
use crate::management::call::Call;
use crate::management::client::Management;
use crate::management::error::ManagementError;
use crate::management::fields::{Fields, Malformed};
use crate::management::id;
use crate::management::page_stream::Pages;

const GET: &str = "GET /api/v1/users/{id}";
const GET_EXTERNAL: &str = "GET /api/v1/users:external/{external_id}";
const LIST: &str = "GET /api/v1/users";
const OF_ORGANIZATION: &str = "GET /api/v1/organizations/{organization_id}/users";
/// The API accepts 100. But each user has all its memberships with their permissions, and a page has a limit in bytes.
const PAGE_SIZE: &str = "30";

/// A user of the environment. `Debug` shows ids only.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// `usr_…`; `sub` of the tokens.
    pub id: String,
    /// `env_…`.
    pub environment_id: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The id of the user in the application.
    pub external_id: Option<String>,
    /// When it was created.
    pub create_time: Option<SystemTime>,
    /// When it was last changed.
    pub update_time: Option<SystemTime>,
    /// When the user last logged in.
    pub last_login_time: Option<SystemTime>,
    /// Data of the application.
    pub metadata: BTreeMap<String, String>,
    /// The organizations of the user.
    pub memberships: Vec<Membership>,
    /// Names and other properties.
    pub user_profile: Option<UserProfile>,
}

/// Names and other properties of a [`User`]. `Debug` shows its id only.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserProfile {
    /// `usp_…`.
    pub id: Option<String>,
    /// The first name.
    pub given_name: Option<String>,
    /// The last name.
    pub family_name: Option<String>,
    /// The full name.
    pub name: Option<String>,
    /// The name that the user prefers.
    pub preferred_username: Option<String>,
    /// The language, such as `en-US`.
    pub locale: Option<String>,
    /// Whether the user has proved to read mail to the address.
    pub email_verified: bool,
    /// The phone number.
    pub phone_number: Option<String>,
    /// Whether the user has proved to own the number.
    pub phone_number_verified: bool,
    /// The URL of a picture.
    pub picture: Option<String>,
    /// Groups, as the identity provider of the user names them.
    pub groups: Vec<String>,
    /// Attributes that the environment defines.
    pub custom_attributes: BTreeMap<String, String>,
    /// Data of the application.
    pub metadata: BTreeMap<String, String>,
}

debug_ids!(User: id, environment_id, memberships);
debug_ids!(UserProfile: id);

impl User {
    /// The membership in this organization (`org_…`).
    #[must_use]
    pub fn membership_in(&self, organization_id: &str) -> Option<&Membership> {
        let mut memberships = self.memberships.iter();
        memberships.find(|membership| membership.organization_id == organization_id)
    }

    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        let profile = fields.object("user_profile")?;
        Ok(Self {
            id: fields.id("id")?,
            environment_id: fields.word("environment_id")?,
            email: fields.described("email"),
            external_id: fields.text("external_id")?,
            create_time: fields.described_time("create_time"),
            update_time: fields.described_time("update_time"),
            last_login_time: fields.described_time("last_login_time"),
            metadata: fields.map("metadata")?,
            memberships: fields.list("memberships", Membership::read)?,
            user_profile: profile.as_ref().map(UserProfile::read).transpose()?,
        })
    }
}

impl UserProfile {
    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            id: fields.word("id")?,
            given_name: fields.described("given_name"),
            family_name: fields.described("family_name"),
            name: fields.described("name"),
            preferred_username: fields.described("preferred_username"),
            locale: fields.described("locale"),
            email_verified: fields.flag("email_verified")?,
            phone_number: fields.described("phone_number"),
            phone_number_verified: fields.flag("phone_number_verified")?,
            picture: fields.described("picture"),
            groups: fields.words("groups")?,
            custom_attributes: fields.map("custom_attributes")?,
            metadata: fields.map("metadata")?,
        })
    }
}

impl Management {
    /// Reads a user: `GET /api/v1/users/{id}`. Needs the permission `users:read`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let user = management.user("usr_1").await?;
    /// let is_member = user.membership_in("org_1").is_some_and(|it| it.is_active());
    /// # let _ = is_member;
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](crate::management::ManagementErrorKind::NotFound) for an unknown
    /// user.
    pub async fn user(&self, user_id: &str) -> Result<User, ManagementError> {
        let id = id::user(GET, user_id)?;
        let call = Call::get(GET, format!("/api/v1/users/{id}")).for_page();
        let answer = self.read(&call).await?;
        let user = user(&answer)?;
        match user.id == id {
            true => Ok(user),
            false => Err(answer.unreadable("another user")),
        }
    }

    /// Reads a user by its id in the application: `GET /api/v1/users:external/{external_id}`. Needs the permission
    /// `users:read`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let user = management.user_by_external_id("u-1").await?;
    /// println!("{}", user.id);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]; of the kind [`NotFound`](crate::management::ManagementErrorKind::NotFound) for an unknown
    /// user.
    pub async fn user_by_external_id(&self, external_id: &str) -> Result<User, ManagementError> {
        let id = ids::external(GET_EXTERNAL, external_id)?;
        let call = Call::get(GET_EXTERNAL, format!("/api/v1/users:external/{id}"));
        user(&self.read(&call.for_page()).await?)
    }

    /// Lists all users of the environment: `GET /api/v1/users`. Needs the permission `users:read`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let mut users = management.users();
    /// while let Some(user) = users.try_next().await? {
    ///     println!("{}", user.id);
    /// }
    /// # Ok(())
    /// # });
    /// ```
    pub fn users(&self) -> Pages<User> {
        let call = Call::get(LIST, "/api/v1/users".into()).query("page_size", PAGE_SIZE);
        Pages::new(self, Ok(call), users)
    }

    /// Lists the users of an organization: `GET /api/v1/organizations/{organization_id}/users`. Needs the permission
    /// `users:read`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let users = management.organization_users("org_1");
    /// let users = users.collect_up_to(1000).await?;
    /// println!("{} users", users.len());
    /// # Ok(())
    /// # });
    /// ```
    pub fn organization_users(&self, organization_id: &str) -> Pages<User> {
        let call = id::organization(OF_ORGANIZATION, organization_id).map(|id| {
            let path = format!("/api/v1/organizations/{id}/users");
            Call::get(OF_ORGANIZATION, path).query("page_size", PAGE_SIZE)
        });
        Pages::new(self, call, users)
    }
}

fn user(answer: &Answer) -> Result<User, ManagementError> {
    answer.read_fields(|body| body.required("user", User::read))
}

fn users(answer: &Answer) -> Result<Vec<User>, ManagementError> {
    answer.read_fields(|page| page.list("users", User::read))
}
