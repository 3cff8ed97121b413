//! [`RevocationRules`]: which events revoke tokens.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::event::EventType;

macro_rules! causes {
    ($($variant:ident $name:literal $doc:literal,)*) => {
        /// Why tokens are revoked because of an event.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum RevocationCause {
            $(#[doc = concat!("`", $name, "`: ", $doc)] $variant,)*
        }

        impl RevocationCause {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name in configuration files, such as `role_updated`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

causes! {
    SessionEnded "session_ended"
        "a session has ended: all its tokens, or the earlier ones of its user where the event names no session.",
    MemberRemoved "member_removed"
        "a user was removed from an organization: the tokens of the user in it.",
    MemberUpdated "member_updated"
        "a membership was changed, such as its roles, which the event does not name: the tokens of the user in it.",
    DirectoryUserDeleted "directory_user_deleted"
        "a user was removed from a directory: the tokens of the user in the organization; all its tokens if the user is \
         not found.",
    DirectoryUserDeactivated "directory_user_deactivated"
        "a user of a directory was deactivated: the same.",
    DirectoryUserUpdated "directory_user_updated"
        "a user of a directory was changed, such as the groups that give roles: the tokens of the user in the \
         organization. Also after a change of a phone number, so switch it off where roles do not come from groups.",
    DirectoryDisabled "directory_disabled"
        "a directory was switched off: all tokens of the organization, whose users are not maintained any more.",
    ConnectionDisabled "connection_disabled"
        "an SSO connection was switched off: all tokens of the organization.",
    ConnectionDeleted "connection_deleted"
        "an SSO connection was deleted: all tokens of the organization.",
    OrganizationDeleted "organization_deleted"
        "an organization was deleted: all its tokens.",
    RoleUpdated "role_updated"
        "a role was changed, such as its permissions or its description: all tokens that contain it, in all \
         organizations. Switch it off where roles change often and only their names matter.",
    RoleDeleted "role_deleted"
        "a role was removed: all tokens that contain it, in all organizations.",
    PermissionUpdated "permission_updated"
        "a permission was changed: all tokens that contain it, in all organizations. Only its name and its \
         description can change, so switch it off where names stay.",
    PermissionDeleted "permission_deleted"
        "a permission was removed: all tokens that contain it, in all organizations.",
}

/// No [`RevocationCause`] has this name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no cause of revocations has this name: use one of {}", names())]
pub struct UnknownCause(());

fn names() -> String {
    let names: Vec<_> = RevocationCause::ALL
        .iter()
        .map(|cause| cause.as_str())
        .collect();
    names.join(", ")
}

impl FromStr for RevocationCause {
    type Err = UnknownCause;

    fn from_str(name: &str) -> Result<Self, UnknownCause> {
        let mut all = Self::ALL.iter();
        let cause = all.find(|cause| cause.as_str() == name);
        cause.copied().ok_or(UnknownCause(()))
    }
}

impl fmt::Display for RevocationCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which causes revoke tokens. Default: all of them, since whatever is switched off takes effect only when tokens
/// expire. A revocation never locks users out: they get a new token with their next login or refresh.
///
/// ```
/// use auth_scalekit::webhooks::{RevocationCause, RevocationRules};
///
/// let rules = RevocationRules::default()
///     .without(RevocationCause::RoleUpdated)
///     .without("permission_updated".parse()?);
/// assert!(!rules.contains(RevocationCause::RoleUpdated));
/// assert!(rules.contains(RevocationCause::RoleDeleted));
/// # Ok::<(), auth_scalekit::webhooks::UnknownCause>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct RevocationRules(Vec<RevocationCause>);

impl RevocationRules {
    /// No cause: events change nothing, unless a cause is added.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// Adds a cause.
    pub fn with(mut self, cause: RevocationCause) -> Self {
        if !self.contains(cause) {
            self.0.push(cause);
        }
        self
    }

    /// Removes a cause.
    pub fn without(mut self, cause: RevocationCause) -> Self {
        self.0.retain(|known| *known != cause);
        self
    }

    /// Whether the cause revokes tokens.
    #[must_use]
    pub fn contains(&self, cause: RevocationCause) -> bool {
        self.0.contains(&cause)
    }
}

impl Default for RevocationRules {
    fn default() -> Self {
        Self(RevocationCause::ALL.to_vec())
    }
}

/// What an event names, of which tokens are revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Concerns {
    Session,
    Member,
    Organization,
    Role,
    Permission,
    /// A user of a directory, who is found by e-mail address.
    DirectoryUser,
    /// The same if the event does not report the user as active.
    InactiveDirectoryUser,
    /// The same if it does.
    ActiveDirectoryUser,
}

/// What revokes what: the whole table.
pub(super) const TABLE: &[(EventType, RevocationCause, Concerns)] = {
    use Concerns as C;
    use EventType as T;
    use RevocationCause as R;
    &[
        (T::UserLogout, R::SessionEnded, C::Session),
        (T::MembershipDeleted, R::MemberRemoved, C::Member),
        (T::MembershipUpdated, R::MemberUpdated, C::Member),
        (
            T::DirectoryUserDeleted,
            R::DirectoryUserDeleted,
            C::DirectoryUser,
        ),
        (
            T::DirectoryUserUpdated,
            R::DirectoryUserDeactivated,
            C::InactiveDirectoryUser,
        ),
        (
            T::DirectoryUserUpdated,
            R::DirectoryUserUpdated,
            C::ActiveDirectoryUser,
        ),
        (T::DirectoryDisabled, R::DirectoryDisabled, C::Organization),
        (
            T::ConnectionDisabled,
            R::ConnectionDisabled,
            C::Organization,
        ),
        (T::ConnectionDeleted, R::ConnectionDeleted, C::Organization),
        (
            T::OrganizationDeleted,
            R::OrganizationDeleted,
            C::Organization,
        ),
        (T::RoleUpdated, R::RoleUpdated, C::Role),
        (T::RoleDeleted, R::RoleDeleted, C::Role),
        (T::PermissionUpdated, R::PermissionUpdated, C::Permission),
        (T::PermissionDeleted, R::PermissionDeleted, C::Permission),
    ]
};
