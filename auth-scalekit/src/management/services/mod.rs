//! The services of the API, by the types that they return. Each call is documented with its path, the permission that
//! the client of this server needs, and whether Scalekit marks it as PREVIEW.
//!
//! | file | job |
//! |---|---|
//! | `users` | users of the environment and of an organization |
//! | `memberships` | a user in an organization: create, update, delete |
//! | `user_roles` | roles and permissions of a user in an organization |
//! | `roles` | roles of the environment and of an organization |
//! | `permissions` | permissions, and those of a role |
//! | `organizations` | organizations |
//! | `resources` | resources: the MCP servers that are registered |
//! | `resource_clients` | clients of a resource |
//! | `consents` | what users have allowed clients of a resource |
//! | `authentication_logs` | log of logins |
//! | `event_stream` | events as a stream |
//! | `directories` | directories of an organization |
//! | `directory_users`, `directory_groups` | what a directory contains |
//! | `ids` | identifiers that become part of a path |
//! | `further_fields` | further types of members |
//! | `debug_ids` | `Debug` without names and addresses |

mod authentication_logs;
mod consents;
mod debug_ids;
mod directories;
mod directory_groups;
mod directory_users;
mod event_stream;
mod further_fields;
mod ids;
mod memberships;
mod organizations;
mod permissions;
mod resource_clients;
mod resources;
mod roles;
mod user_roles;
mod users;

pub use authentication_logs::{
    AuthenticationClientType, AuthenticationLogFilter, AuthenticationRequest, AuthenticationStatus,
};
pub use consents::{Consent, ConsentFilter};
pub use directories::{Directory, DirectoryType, RoleAssignment};
pub use directory_groups::{DirectoryGroup, DirectoryGroupFilter};
pub use directory_users::{DirectoryUser, DirectoryUserFilter};
pub use memberships::{Membership, MembershipSettings, MembershipStatus};
pub use organizations::{Organization, OrganizationFeature, Region};
pub use permissions::{Permission, PermissionType};
pub use resource_clients::{ConsentedUser, ResourceClient, ResourceClientDetails, ResourceClients};
pub use resources::{CimdAllowlistEntry, Resource, ResourceScope, ResourceType};
pub use roles::{IncludedPermissions, Role, RolePermission};
pub use user_roles::{UserPermission, UserRole};
pub use users::{User, UserProfile};
