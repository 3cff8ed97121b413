//! The user who signs in.

use serde_json::{Map, Value};

use super::Organization;
use crate::values::id;

/// A user who approves authorization requests: an entry of the issuer's [`Directory`](super::Directory), written in
/// Rust. The roles that the directory defines give their permissions to such a user, too.
///
/// ```
/// let ada = auth_testkit::User::new("usr_7").roles(["admin"]).permissions(["notes:read"]);
/// # drop(ada);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub(crate) sub: String,
    pub(crate) external_id: Option<String>,
    /// The first is the one signed in to unless the request or the user chooses another. Empty only for users whom a
    /// login page has posted without an organization.
    pub(crate) memberships: Vec<Membership>,
    /// In each organization without other roles.
    pub(crate) roles: Vec<String>,
    /// In every organization, beside those of the roles.
    pub(crate) permissions: Vec<String>,
    pub(crate) email: String,
    pub(crate) email_verified: bool,
    pub(crate) custom_claims: Map<String, Value>,
}

/// An organization that a user is a member of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Membership {
    /// As the user names it; the directory may know more of it.
    pub(crate) organization: Organization,
    /// None: the roles of the user.
    pub(crate) roles: Option<Vec<String>>,
}

impl Membership {
    fn of(organization: impl Into<String>) -> Self {
        Self {
            organization: Organization::of_id(organization),
            roles: None,
        }
    }
}

impl User {
    /// A user with this `sub` (Scalekit: `usr_` and digits), organization `org_1000000001`, role
    /// `member`, no permissions, external id or custom claims, and the e-mail address `ada@example.com`.
    #[must_use]
    pub fn new(sub: impl Into<String>) -> Self {
        Self {
            sub: sub.into(),
            external_id: None,
            memberships: vec![Membership::of("org_1000000001")],
            roles: vec!["member".to_owned()],
            permissions: Vec::new(),
            email: "ada@example.com".to_owned(),
            email_verified: true,
            custom_claims: Map::new(),
        }
    }

    /// The organization the user signs in to: claim `oid`.
    #[must_use]
    pub fn organization(mut self, id: impl Into<String>) -> Self {
        self.memberships = vec![Membership::of(id)];
        self
    }

    /// One more organization, to which the user signs in when the authorization request names it
    /// (`organization_id`), the [answer](super::Approval::in_organization) does, or it is chosen on the page.
    #[must_use]
    pub fn also_in(mut self, organization: impl Into<String>) -> Self {
        self.memberships.push(Membership::of(organization));
        self
    }

    /// As [`also_in`](Self::also_in), with these roles there in place of [`roles`](Self::roles). An empty list: no role.
    #[must_use]
    pub fn also_in_as<S: Into<String>>(
        mut self,
        organization: impl Into<String>,
        roles: impl IntoIterator<Item = S>,
    ) -> Self {
        self.memberships.push(Membership {
            organization: Organization::of_id(organization),
            roles: Some(roles.into_iter().map(Into::into).collect()),
        });
        self
    }

    /// The id that the management API and events know the user by: `sub` if it is `usr_` and digits, or else one that
    /// the issuer makes of it, always the same.
    pub(crate) fn id(&self) -> String {
        let digits = self.sub.strip_prefix("usr_").unwrap_or_default();
        match !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            true => self.sub.clone(),
            false => id::derived("usr", &self.sub),
        }
    }

    /// The name, which is that of the mailbox.
    pub(crate) fn name(&self) -> &str {
        self.email.split('@').next().unwrap_or_default()
    }

    /// The organization that is named, if the user is a member of it, or else the first.
    #[cfg(feature = "cli")]
    pub(crate) fn signs_in_to(&self, named: Option<&str>) -> Option<&str> {
        let membership = named.and_then(|named| self.membership(named));
        let membership = membership.or(self.memberships.first())?;
        Some(&membership.organization.id)
    }

    pub(crate) fn membership(&self, organization: &str) -> Option<&Membership> {
        let mut all = self.memberships.iter();
        all.find(|membership| membership.organization.id == organization)
    }

    /// Claim `roles`; an empty list leaves the claim out.
    #[must_use]
    pub fn roles<S: Into<String>>(mut self, roles: impl IntoIterator<Item = S>) -> Self {
        self.roles = roles.into_iter().map(Into::into).collect();
        self
    }

    /// Claim `permissions`, beside those that the [directory](super::Directory) gives to the roles; if there are
    /// none at all, the claim is left out.
    #[must_use]
    pub fn permissions<S: Into<String>>(
        mut self,
        permissions: impl IntoIterator<Item = S>,
    ) -> Self {
        self.permissions = permissions.into_iter().map(Into::into).collect();
        self
    }

    /// Claim `email` of the ID token; access tokens do not carry it.
    #[must_use]
    pub fn email(mut self, address: impl Into<String>) -> Self {
        self.email = address.into();
        self
    }

    /// Claim `xuid`: the id of the user in the customer's system. Default: none, and the claim is left out.
    #[must_use]
    pub fn external_id(mut self, id: impl Into<String>) -> Self {
        self.external_id = Some(id.into());
        self
    }

    /// A member of the claim `custom_claims`, in place of one of the same name. Default: none, and the claim is left
    /// out.
    #[must_use]
    pub fn custom_claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.custom_claims.insert(name.into(), value.into());
        self
    }
}

impl Default for User {
    /// `usr_1000000001`.
    fn default() -> Self {
        Self::new("usr_1000000001")
    }
}
