//! [`EventType`]: the catalogue of events.

use std::fmt;

macro_rules! event_types {
    ($($variant:ident $name:literal $doc:literal,)*) => {
        /// A type of events that Scalekit documents. Others exist: their events have no `EventType`, and are kept
        /// [as they were sent](super::EventData::Unknown).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum EventType {
            $(#[doc = concat!("`", $name, "`: ", $doc, ".")] $variant,)*
        }

        impl EventType {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name on the wire, such as `user.logout`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The type with this name on the wire.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

event_types! {
    ConnectedAccountCreated "connected_account.created" "a connected account was created",
    ConnectedAccountDeleted "connected_account.deleted" "a connected account was deleted",
    ConnectedAccountMagicLinkGenerated "connected_account.magic_link_generated" "a link to authorize it was made",
    ConnectedAccountOauthSucceeded "connected_account.oauth_succeeded" "its user has authorized it",
    ConnectedAccountOauthTokensFetched "connected_account.oauth_tokens_fetched" "its tokens were fetched",
    ConnectedAccountStatusUpdated "connected_account.status_updated" "its status has changed",
    ConnectedAccountTokenRefreshFailed "connected_account.token_refresh_failed" "its token was not refreshed",
    ConnectedAccountTokenRefreshSucceeded "connected_account.token_refresh_succeeded" "its token was refreshed",
    ConnectedAccountUpdated "connected_account.updated" "a connected account was changed",
    OrganizationCreated "organization.created" "an organization was created",
    OrganizationDeleted "organization.deleted" "an organization was deleted",
    DirectoryGroupCreated "organization.directory.group_created" "a group was added to a directory",
    DirectoryGroupDeleted "organization.directory.group_deleted" "a group was removed from a directory",
    DirectoryGroupUpdated "organization.directory.group_updated" "a group of a directory was changed",
    DirectoryUserCreated "organization.directory.user_created" "a user was added to a directory",
    DirectoryUserDeleted "organization.directory.user_deleted" "a user was removed from a directory",
    DirectoryUserUpdated "organization.directory.user_updated" "a user of a directory was changed or deactivated",
    DirectoryDisabled "organization.directory_disabled" "a directory was switched off",
    DirectoryEnabled "organization.directory_enabled" "a directory was switched on",
    DomainCreated "organization.domain_created" "a domain was added to an organization",
    DomainDeleted "organization.domain_deleted" "a domain was removed from an organization",
    DomainVerificationFailed "organization.domain_dns_verification_failed" "a domain was not verified",
    DomainVerificationSucceeded "organization.domain_dns_verification_success" "a domain was verified",
    ConnectionCreated "organization.sso_created" "an SSO connection was created",
    ConnectionDeleted "organization.sso_deleted" "an SSO connection was deleted",
    ConnectionDisabled "organization.sso_disabled" "an SSO connection was switched off",
    ConnectionEnabled "organization.sso_enabled" "an SSO connection was switched on",
    OrganizationUpdated "organization.updated" "an organization was changed",
    PermissionCreated "permission.created" "a permission was defined",
    PermissionDeleted "permission.deleted" "a permission was removed",
    PermissionUpdated "permission.updated" "a permission was changed",
    RoleCreated "role.created" "a role was defined",
    RoleDeleted "role.deleted" "a role was removed",
    RoleUpdated "role.updated" "a role was changed, such as its permissions",
    UserLogin "user.login" "a user has logged in",
    UserLogout "user.logout" "a session has ended",
    UserInvited "user.organization_invitation" "a user was invited to an organization",
    MembershipCreated "user.organization_membership_created" "a user has joined an organization",
    MembershipDeleted "user.organization_membership_deleted" "a user was removed from an organization",
    MembershipUpdated "user.organization_membership_updated" "a membership was changed, such as its roles",
    UserSignup "user.signup" "a user has signed up",
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
