//! The user who signs in.

/// A user who approves authorization requests.
///
/// ```
/// let ada = auth_testkit::User::new("usr_7").roles(["admin"]).permissions(["notes:read"]);
/// # drop(ada);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub(crate) sub: String,
    /// Never empty; the first is the one signed in to unless the request names another.
    pub(crate) organizations: Vec<String>,
    pub(crate) roles: Vec<String>,
    pub(crate) permissions: Vec<String>,
    pub(crate) email: String,
}

impl User {
    /// A user with this `sub` (Scalekit: `usr_` and digits), organization `org_1000000001`, role
    /// `member`, no permissions and the e-mail address `ada@example.com`.
    #[must_use]
    pub fn new(sub: impl Into<String>) -> Self {
        Self {
            sub: sub.into(),
            organizations: vec!["org_1000000001".to_owned()],
            roles: vec!["member".to_owned()],
            permissions: Vec::new(),
            email: "ada@example.com".to_owned(),
        }
    }

    /// The organization the user signs in to: claim `oid`.
    #[must_use]
    pub fn organization(mut self, id: impl Into<String>) -> Self {
        self.organizations = vec![id.into()];
        self
    }

    /// One more organization, to which the user signs in when an authorization request names it
    /// (`organization_id`).
    #[must_use]
    pub fn also_in(mut self, organization: impl Into<String>) -> Self {
        self.organizations.push(organization.into());
        self
    }

    /// The first organization.
    pub(crate) fn home(&self) -> &str {
        &self.organizations[0]
    }

    /// Claim `roles`; an empty list leaves the claim out.
    #[must_use]
    pub fn roles<S: Into<String>>(mut self, roles: impl IntoIterator<Item = S>) -> Self {
        self.roles = roles.into_iter().map(Into::into).collect();
        self
    }

    /// Claim `permissions`; an empty list leaves the claim out.
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
}

impl Default for User {
    /// `usr_1000000001`.
    fn default() -> Self {
        Self::new("usr_1000000001")
    }
}
