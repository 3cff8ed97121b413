//! The types of Scalekit's events.

use crate::values::catalog_enum;

catalog_enum! {
    /// The types of events that Scalekit sends to webhooks, by their names there. Not all have a cause in the mock; each
    /// can be made: [`EventDraft`](crate::EventDraft).
    "event type" EventType {
        /// A user's account at another service was connected.
        ConnectedAccountCreated = "connected_account.created",
        /// It was deleted.
        ConnectedAccountDeleted = "connected_account.deleted",
        /// The link for its authorization was made.
        ConnectedAccountMagicLinkGenerated = "connected_account.magic_link_generated",
        /// Its user has authorized it.
        ConnectedAccountOauthSucceeded = "connected_account.oauth_succeeded",
        /// Its tokens were fetched.
        ConnectedAccountOauthTokensFetched = "connected_account.oauth_tokens_fetched",
        /// Its status has changed.
        ConnectedAccountStatusUpdated = "connected_account.status_updated",
        /// Its tokens could not be refreshed.
        ConnectedAccountTokenRefreshFailed = "connected_account.token_refresh_failed",
        /// Its tokens were refreshed.
        ConnectedAccountTokenRefreshSucceeded = "connected_account.token_refresh_succeeded",
        /// It was changed.
        ConnectedAccountUpdated = "connected_account.updated",
        /// An organization was created.
        OrganizationCreated = "organization.created",
        /// An organization was deleted.
        OrganizationDeleted = "organization.deleted",
        /// A group came into a directory.
        OrganizationDirectoryGroupCreated = "organization.directory.group_created",
        /// A group was deleted from a directory.
        OrganizationDirectoryGroupDeleted = "organization.directory.group_deleted",
        /// A group of a directory has changed.
        OrganizationDirectoryGroupUpdated = "organization.directory.group_updated",
        /// A user came into a directory.
        OrganizationDirectoryUserCreated = "organization.directory.user_created",
        /// A user was deleted from a directory. The payload has no `usr_` id.
        OrganizationDirectoryUserDeleted = "organization.directory.user_deleted",
        /// A user of a directory has changed, or was deactivated. The payload has no `usr_` id.
        OrganizationDirectoryUserUpdated = "organization.directory.user_updated",
        /// A directory was switched off.
        OrganizationDirectoryDisabled = "organization.directory_disabled",
        /// A directory was switched on.
        OrganizationDirectoryEnabled = "organization.directory_enabled",
        /// A domain was added to an organization.
        OrganizationDomainCreated = "organization.domain_created",
        /// A domain was removed.
        OrganizationDomainDeleted = "organization.domain_deleted",
        /// The record of a domain was not found.
        OrganizationDomainDnsVerificationFailed = "organization.domain_dns_verification_failed",
        /// The record of a domain was found.
        OrganizationDomainDnsVerificationSuccess = "organization.domain_dns_verification_success",
        /// A connection for single sign-on was created.
        OrganizationSsoCreated = "organization.sso_created",
        /// A connection for single sign-on was deleted.
        OrganizationSsoDeleted = "organization.sso_deleted",
        /// A connection for single sign-on was switched off.
        OrganizationSsoDisabled = "organization.sso_disabled",
        /// A connection for single sign-on was switched on.
        OrganizationSsoEnabled = "organization.sso_enabled",
        /// An organization has changed.
        OrganizationUpdated = "organization.updated",
        /// A permission was created.
        PermissionCreated = "permission.created",
        /// A permission was deleted.
        PermissionDeleted = "permission.deleted",
        /// A permission has changed.
        PermissionUpdated = "permission.updated",
        /// A role was created.
        RoleCreated = "role.created",
        /// A role was deleted.
        RoleDeleted = "role.deleted",
        /// A role, or what it permits, has changed.
        RoleUpdated = "role.updated",
        /// A user has signed in.
        UserLogin = "user.login",
        /// A user has signed out.
        UserLogout = "user.logout",
        /// A user was invited to an organization.
        UserOrganizationInvitation = "user.organization_invitation",
        /// A user has become a member of an organization.
        UserOrganizationMembershipCreated = "user.organization_membership_created",
        /// A user is no longer a member of an organization.
        UserOrganizationMembershipDeleted = "user.organization_membership_deleted",
        /// The membership of a user has changed, such as the roles. The payload does not name these.
        UserOrganizationMembershipUpdated = "user.organization_membership_updated",
        /// A user has signed up.
        UserSignup = "user.signup",
    }
}

impl EventType {
    /// The kind of object that the event is about, as the envelope names it.
    #[must_use]
    pub fn object(self) -> &'static str {
        // The longest prefix comes first.
        const OBJECTS: [(&str, &str); 11] = [
            ("connected_account.", "ConnectedAccount"),
            ("organization.directory.group_", "DirectoryGroup"),
            ("organization.directory.user_", "DirectoryUser"),
            ("organization.directory_", "Directory"),
            ("organization.sso_", "Connection"),
            ("organization.", "Organization"),
            ("permission.", "Permission"),
            ("role.", "Role"),
            ("user.login", "User"),
            ("user.logout", "User"),
            ("user.", "OrgMembership"),
        ];
        let mut objects = OBJECTS.iter();
        let found = objects.find(|(prefix, _)| self.name().starts_with(prefix));
        found.map_or("", |(_, object)| object)
    }

    /// Whether the envelope has `organization_id`.
    #[must_use]
    pub fn names_organization(self) -> bool {
        ["organization.", "user."]
            .iter()
            .any(|prefix| self.name().starts_with(prefix))
    }

    /// Whether a directory of the customer's has caused it: `source` of the filter of the events API.
    pub(crate) fn is_of_directory(self) -> bool {
        self.name().starts_with("organization.directory.")
    }

    /// The name in the envelope, such as `User Logout`.
    pub(crate) fn display_name(self) -> String {
        let words = self.name().split(['.', '_']).map(|word| {
            let (first, rest) = word.split_at(1);
            format!("{}{rest}", first.to_uppercase())
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_lead_back() {
        let names: BTreeSet<_> = EventType::all().iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), 41);
        for kind in EventType::all() {
            assert_eq!(kind.name().parse(), Ok(*kind));
        }
    }

    #[test]
    fn each_has_its_object() {
        for (name, object, names_organization) in [
            ("connected_account.updated", "ConnectedAccount", false),
            ("organization.created", "Organization", true),
            (
                "organization.directory.group_created",
                "DirectoryGroup",
                true,
            ),
            ("organization.directory.user_deleted", "DirectoryUser", true),
            ("organization.directory_disabled", "Directory", true),
            ("organization.domain_created", "Organization", true),
            ("organization.sso_deleted", "Connection", true),
            ("permission.deleted", "Permission", false),
            ("role.updated", "Role", false),
            ("user.login", "User", true),
            ("user.logout", "User", true),
            ("user.signup", "OrgMembership", true),
            (
                "user.organization_membership_deleted",
                "OrgMembership",
                true,
            ),
        ] {
            let kind: EventType = name.parse().unwrap();
            assert_eq!(kind.object(), object, "{name}");
            assert_eq!(kind.names_organization(), names_organization, "{name}");
        }
        assert!(
            EventType::all()
                .iter()
                .all(|kind| !kind.object().is_empty())
        );
        assert_eq!(EventType::UserLogout.display_name(), "User Logout");
    }
}
