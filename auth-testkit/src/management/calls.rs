//! The calls of the API, each declared once: method and endpoint, the permission that it needs, the status of its
//! success, and what answers it.
//!
//! Of calls that Scalekit declares with two permissions, one of users and one of clients, it is that of clients.

use http::{Method, StatusCode};
use serde_json::Value;

use super::{
    Call, api_keys, auth_logs, consents, directories, events, members, memberships,
    organization_users, organizations, permissions, resource_clients, resources, roles, sessions,
    user_sessions, users,
};
use crate::endpoint::Endpoint;
use crate::oauth::api_error::ApiError;

/// A call of the API.
pub(super) struct ApiCall {
    endpoint: Endpoint,
    method: Method,
    /// None: any client of the environment may make it.
    pub(super) permission: Option<&'static str>,
    pub(super) success: StatusCode,
    pub(super) answer: fn(&mut Call<'_>) -> Result<Value, ApiError>,
}

macro_rules! calls {
    ($($method:ident $endpoint:ident needs $permission:expr, $success:ident $answer:path;)*) => {
        const CALLS: &[ApiCall] = &[$(ApiCall {
            endpoint: Endpoint::$endpoint,
            method: Method::$method,
            permission: $permission,
            success: StatusCode::$success,
            answer: |call| $answer(call),
        },)*];
    };
}

const KEYS_READ: Option<&str> = Some("api_credentials:read");
const KEYS_WRITE: Option<&str> = Some("api_credentials:write");
const KEYS_ROTATE: Option<&str> = Some("api_credentials:rotate");
const SESSIONS_READ: Option<&str> = Some("sessions:read");
const SESSIONS_REVOKE: Option<&str> = Some("sessions:revoke");
const USERS_READ: Option<&str> = Some("users:read");
const USERS_WRITE: Option<&str> = Some("users:write");
const USERS_DELETE: Option<&str> = Some("users:delete");
const ROLES_READ: Option<&str> = Some("app_authorization:read");
/// Scalekit declares no other for the roles of an organization.
const ORGANIZATION_ROLES_READ: Option<&str> = Some("organizations_read");
const SCIM_READ: Option<&str> = Some("scim:read");
const SERVERS_READ: Option<&str> = Some("mcp_servers:read");
const LOGS_READ: Option<&str> = Some("auth_logs:read");
const ORGANIZATIONS_READ: Option<&str> = Some("organizations:read");

calls! {
    GET Session needs SESSIONS_READ, OK sessions::show;
    POST RevokeSession needs SESSIONS_REVOKE, OK sessions::revoke;
    GET UserSessions needs SESSIONS_READ, OK user_sessions::list;
    POST RevokeUserSessions needs SESSIONS_REVOKE, OK user_sessions::revoke;
    GET SearchOrganizationUsers needs USERS_READ, OK organization_users::search;
    POST Events needs None, OK events::list;
    POST ApiKeys needs KEYS_WRITE, CREATED api_keys::create;
    GET ApiKeys needs KEYS_READ, OK api_keys::list;
    POST ValidateApiKey needs KEYS_READ, OK api_keys::validate;
    POST InvalidateApiKey needs KEYS_ROTATE, OK api_keys::invalidate;
    POST UpdateApiKey needs KEYS_WRITE, OK api_keys::update;
    GET Organizations needs ORGANIZATIONS_READ, OK organizations::list;
    GET Organization needs ORGANIZATIONS_READ, OK organizations::show;
    GET OrganizationByExternalId needs ORGANIZATIONS_READ, OK organizations::show_external;
    GET Users needs USERS_READ, OK users::list;
    GET User needs USERS_READ, OK users::show;
    GET UserByExternalId needs USERS_READ, OK users::show_external;
    GET OrganizationUsers needs USERS_READ, OK organization_users::list;
    POST Membership needs USERS_WRITE, CREATED memberships::create;
    PATCH Membership needs USERS_WRITE, OK memberships::update;
    DELETE Membership needs USERS_DELETE, OK memberships::delete;
    POST MembershipByExternalId needs USERS_WRITE, CREATED memberships::create;
    PATCH MembershipByExternalId needs USERS_WRITE, OK memberships::update;
    DELETE MembershipByExternalId needs USERS_DELETE, OK memberships::delete;
    GET UserRoles needs USERS_READ, OK members::roles;
    GET UserPermissions needs USERS_READ, OK members::permissions;
    GET Roles needs ROLES_READ, OK roles::list;
    GET Role needs ROLES_READ, OK roles::show;
    GET RolePermissions needs ROLES_READ, OK roles::permissions;
    GET EffectiveRolePermissions needs ROLES_READ, OK roles::permissions;
    GET OrganizationRoles needs ORGANIZATION_ROLES_READ, OK roles::list_of_organization;
    GET OrganizationRole needs ORGANIZATION_ROLES_READ, OK roles::show_of_organization;
    GET Permissions needs ROLES_READ, OK permissions::list;
    GET Permission needs ROLES_READ, OK permissions::show;
    GET Directories needs SCIM_READ, OK directories::list;
    GET Directory needs SCIM_READ, OK directories::show;
    GET DirectoryUsers needs SCIM_READ, OK directories::users;
    GET DirectoryGroups needs SCIM_READ, OK directories::groups;
    GET Resources needs SERVERS_READ, OK resources::list;
    GET Resource needs SERVERS_READ, OK resources::show;
    GET ResourceClients needs KEYS_READ, OK resource_clients::list;
    GET ResourceClient needs KEYS_READ, OK resource_clients::show;
    GET UserConsents needs SERVERS_READ, OK consents::list;
    DELETE UserConsent needs KEYS_WRITE, OK consents::delete;
    GET AuthenticationLogs needs LOGS_READ, OK auth_logs::list;
}

/// Whether an endpoint is one of the API.
pub(crate) fn answers(endpoint: Endpoint) -> bool {
    CALLS.iter().any(|call| call.endpoint == endpoint)
}

/// # Panics
///
/// For an endpoint that is none of the API, and a method that it does not allow.
pub(super) fn find(endpoint: Endpoint, method: &Method) -> &'static ApiCall {
    let mut all = CALLS.iter();
    let found = all.find(|call| call.endpoint == endpoint && call.method == *method);
    found.expect("endpoints of the API allow the methods that are declared here")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn endpoints_allow_the_methods_of_their_calls() {
        for endpoint in Endpoint::all().iter().filter(|one| answers(**one)) {
            let calls = CALLS.iter().filter(|call| call.endpoint == *endpoint);
            let methods: Vec<_> = calls.map(|call| call.method.as_str()).collect();
            let once: BTreeSet<_> = methods.iter().copied().collect();
            let allowed: BTreeSet<_> = endpoint.methods().split(", ").collect();
            assert_eq!(
                (methods.len(), once),
                (allowed.len(), allowed),
                "{endpoint}"
            );
        }
    }

    #[test]
    fn every_api_path_but_those_of_logins_and_registration_has_calls() {
        let others = [
            Endpoint::Register,
            Endpoint::LoginRequest,
            Endpoint::LoginRequestUser,
        ];
        for endpoint in Endpoint::all() {
            let is_api = endpoint.path("res_7").starts_with("/api/v1/");
            let expected = is_api && !others.contains(endpoint);
            assert_eq!(answers(*endpoint), expected, "{endpoint}");
        }
    }
}
