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
/// let no = Approval::denied("access_denied");
/// # drop((as_another, of_less, no));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    pub(crate) user: Option<User>,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) denial: Option<String>,
}

impl Approval {
    /// The user of the issuer approves, and grants every scope that can be granted. The default.
    #[must_use]
    pub fn default_user() -> Self {
        Self {
            user: None,
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

    /// Grants at most these of the requested scopes: a user may deselect some.
    #[must_use]
    pub fn granting<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }
}
