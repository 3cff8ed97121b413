//! [`EventData`]: the payload of an event, by the type of the event.

use super::directory::{Directory, DirectoryGroup, DirectoryUser};
use super::event_type::EventType;
use super::fields::{Fields, Payload};
use super::organization::{Connection, Domain, Organization};
use super::role::{Permission, Role};
use super::user::{ConnectedAccount, Membership, UserSession};

/// The payload of an event. Members that are absent, `null` or of another JSON type than documented are `None`;
/// those that are not listed here are in [`raw_data`](super::WebhookEvent::raw_data).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventData {
    /// Of `connected_account.*`.
    ConnectedAccount(ConnectedAccount),
    /// Of `organization.created`, `.updated`, `.deleted`.
    Organization(Organization),
    /// Of `organization.directory.group_*`.
    DirectoryGroup(DirectoryGroup),
    /// Of `organization.directory.user_*`.
    DirectoryUser(DirectoryUser),
    /// Of `organization.directory_*`.
    Directory(Directory),
    /// Of `organization.domain_*`.
    Domain(Domain),
    /// Of `organization.sso_*`.
    Connection(Connection),
    /// Of `permission.*`.
    Permission(Permission),
    /// Of `role.*`.
    Role(Role),
    /// Of `user.login` and `user.logout`.
    UserSession(UserSession),
    /// Of `user.organization_*` and `user.signup`.
    Membership(Membership),
    /// Of a type that is not an [`EventType`].
    Unknown,
}

impl EventData {
    pub(super) fn read(kind: Option<EventType>, fields: &Fields<'_>) -> Self {
        use EventType as T;
        let Some(kind) = kind else {
            return Self::Unknown;
        };
        match kind {
            T::ConnectedAccountCreated
            | T::ConnectedAccountDeleted
            | T::ConnectedAccountMagicLinkGenerated
            | T::ConnectedAccountOauthSucceeded
            | T::ConnectedAccountOauthTokensFetched
            | T::ConnectedAccountStatusUpdated
            | T::ConnectedAccountTokenRefreshFailed
            | T::ConnectedAccountTokenRefreshSucceeded
            | T::ConnectedAccountUpdated => Self::ConnectedAccount(Payload::read(fields)),
            T::OrganizationCreated | T::OrganizationDeleted | T::OrganizationUpdated => {
                Self::Organization(Payload::read(fields))
            }
            T::DirectoryGroupCreated | T::DirectoryGroupDeleted | T::DirectoryGroupUpdated => {
                Self::DirectoryGroup(Payload::read(fields))
            }
            T::DirectoryUserCreated | T::DirectoryUserDeleted | T::DirectoryUserUpdated => {
                Self::DirectoryUser(Payload::read(fields))
            }
            T::DirectoryDisabled | T::DirectoryEnabled => Self::Directory(Payload::read(fields)),
            T::DomainCreated
            | T::DomainDeleted
            | T::DomainVerificationFailed
            | T::DomainVerificationSucceeded => Self::Domain(Payload::read(fields)),
            T::ConnectionCreated
            | T::ConnectionDeleted
            | T::ConnectionDisabled
            | T::ConnectionEnabled => Self::Connection(Payload::read(fields)),
            T::PermissionCreated | T::PermissionDeleted | T::PermissionUpdated => {
                Self::Permission(Payload::read(fields))
            }
            T::RoleCreated | T::RoleDeleted | T::RoleUpdated => Self::Role(Payload::read(fields)),
            T::UserLogin | T::UserLogout => Self::UserSession(Payload::read(fields)),
            T::UserInvited
            | T::MembershipCreated
            | T::MembershipDeleted
            | T::MembershipUpdated
            | T::UserSignup => Self::Membership(Payload::read(fields)),
        }
    }
}
