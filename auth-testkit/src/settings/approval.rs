//! A user's answer to one authorization request.

use super::User;

/// How the next authorization request ends; scripted with
/// [`MockScalekit::script_next_approval`](crate::MockScalekit::script_next_approval).
///
/// ```
/// use auth_testkit::settings::Approval;
/// use auth_testkit::User;
///
/// let as_another = Approval::by(User::new("usr_7"));
/// let of_less = Approval::default_user().granting(["notes:read"]);
/// let elsewhere = Approval::default_user().in_organization("org_2");
/// let no = Approval::denied("access_denied");
/// # drop((as_another, of_less, elsewhere, no));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    pub(crate) user: Option<User>,
    pub(crate) organization: Option<String>,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) denial: Option<String>,
}

impl Approval {
    /// The user of the issuer approves, and grants every scope that can be granted. The default.
    #[must_use]
    pub fn default_user() -> Self {
        Self {
            user: None,
            organization: None,
            scopes: None,
            denial: None,
        }
    }

    /// By this user.
    #[must_use]
    pub fn by(user: User) -> Self {
        Self {
            user: Some(user),
            ..Self::default_user()
        }
    }

    /// A redirect with this error, such as `access_denied`.
    #[must_use]
    pub fn denied(error: impl Into<String>) -> Self {
        Self {
            denial: Some(error.into()),
            ..Self::default_user()
        }
    }

    /// For this organization of the user, whichever the request names. If the user is not a member of it, the request
    /// is refused with `access_denied`. Default: the one that the request names (`organization_id`), or else the
    /// user's first.
    #[must_use]
    pub fn in_organization(mut self, id: impl Into<String>) -> Self {
        self.organization = Some(id.into());
        self
    }

    /// Grants at most these of the requested scopes: a user may deselect some.
    #[must_use]
    pub fn granting<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }
}
