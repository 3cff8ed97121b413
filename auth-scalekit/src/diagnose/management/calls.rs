//! The calls that are made: all that read and that this project makes or offers, each with its permission and what
//! needs it.

macro_rules! calls {
    ($(
        $(#[$only:meta])*
        $variant:ident $what:literal, $permission:expr, $needed_by:literal;
    )*) => {
        /// A call of the management API that reads.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Call { $($(#[$only])* $variant,)* }

        impl Call {
            /// In this order each call finds what later ones need: an organization before its users.
            pub(super) const ALL: &[Self] = &[$($(#[$only])* Self::$variant,)*];

            /// What it reads.
            pub(super) fn what(self) -> &'static str {
                match self { $($(#[$only])* Self::$variant => $what,)* }
            }

            /// The documented permission of the client; `None` where none is documented.
            pub(super) fn permission(self) -> Option<&'static str> {
                match self { $($(#[$only])* Self::$variant => $permission,)* }
            }

            /// What makes the call.
            pub(super) fn needed_by(self) -> &'static str {
                match self { $($(#[$only])* Self::$variant => $needed_by,)* }
            }
        }
    };
}

const SERVERS: Option<&str> = Some("mcp_servers:read");
const CREDENTIALS: Option<&str> = Some("api_credentials:read");
const ORGANIZATIONS: Option<&str> = Some("organizations:read");
const USERS: Option<&str> = Some("users:read");
const SESSIONS: Option<&str> = Some("sessions:read");
const AUTHORIZATION: Option<&str> = Some("app_authorization:read");
/// The only one that is documented for roles of an organization.
const ORGANIZATION_ROLES: Option<&str> = Some("organizations_read");
const DIRECTORIES: Option<&str> = Some("scim:read");
const LOGS: Option<&str> = Some("auth_logs:read");

calls! {
    Resource "the MCP server", SERVERS, "scalekit-doctor --management";
    Clients "clients of the MCP server", CREDENTIALS, "scalekit-doctor --management";
    Consents "consents of users", SERVERS, "scalekit-doctor --management";
    #[cfg(feature = "api-keys")]
    ApiKey "whether an API key is valid", CREDENTIALS, "API keys";
    Events "events", None, "webhooks, to catch up";
    Organizations "organizations", ORGANIZATIONS, "the directory of users";
    Users "users", USERS, "Management::users";
    Members "users of an organization", USERS, "the directory of users";
    UserSearch "users by e-mail address", USERS, "webhooks about users of a directory";
    UserSessions "sessions of a user", SESSIONS, "Management::user_sessions";
    Session "a session", SESSIONS, "live sessions";
    UserRoles "roles of a user", USERS, "Management::user_roles";
    UserPermissions "permissions of a user", USERS, "Management::user_permissions";
    Roles "roles", AUTHORIZATION, "Management::roles";
    Permissions "permissions", AUTHORIZATION, "Management::permissions";
    OrganizationRoles "roles of an organization", ORGANIZATION_ROLES, "Management::organization_roles";
    Directories "directories of an organization", DIRECTORIES, "the directory of users";
    DirectoryUsers "users of a directory", DIRECTORIES, "the directory of users";
    DirectoryGroups "groups of a directory", DIRECTORIES, "the directory of users";
    Logs "logins", LOGS, "the program audit";
}
