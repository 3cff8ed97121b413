//! The endpoints of the mock, each declared once: its documentation, name, path, methods and when it is served.
//!
//! To add one, declare it here and handle it in [`oauth::respond`](crate::oauth::respond), of the MCP server in
//! [`Issuer::handle`](crate::issuer::Issuer), or of the management API in its table of calls. The control API and its
//! OpenAPI document take the name from here.

use http::Method;

use crate::settings::{Misbehaviour, Settings};
use crate::values::catalog_enum;

/// Where an endpoint is, and how it may be called.
pub(crate) struct Route {
    /// With `{resource}` for the id of the protected MCP server, and other names in braces for any segment; empty:
    /// every other path.
    path: &'static str,
    /// The value of `Allow` (RFC 9110 section 10.2.1).
    methods: &'static str,
    /// Whether a client in a browser reads it by script. It is sent to the authorization endpoint and its page
    /// instead.
    cross_origin: bool,
    /// Whether an issuer with these settings has it.
    served: fn(&Settings) -> bool,
}

impl Route {
    /// One of the management API.
    fn of_management(path: &'static str, methods: &'static str) -> Self {
        Self {
            path,
            methods,
            cross_origin: false,
            served: always,
        }
    }
}

macro_rules! endpoints {
    ($($(#[$doc:meta])* $variant:ident = $name:literal { $($route:tt)* })*) => {
        catalog_enum! {
            /// The endpoints of the mock, by which requests are counted, held and made to fail.
            "endpoint" Endpoint {
                $($(#[$doc])* $variant = $name,)*
            }
        }

        impl Endpoint {
            fn route(self) -> Route {
                match self { $(Self::$variant => Route { $($route)* },)* }
            }
        }
    };
}

endpoints! {
    /// `{env}/keys`: the key set.
    Keys = "keys" {
        path: "/keys",
        methods: "GET, HEAD, OPTIONS",
        cross_origin: true,
        served: always,
    }
    /// `{env}/.well-known/oauth-authorization-server/resources/{res}`, as RFC 8414 builds it.
    MetadataPathInserted = "metadata-path-inserted" {
        path: "/.well-known/oauth-authorization-server/resources/{resource}",
        methods: "GET, HEAD, OPTIONS",
        cross_origin: true,
        served: |settings| settings.path_inserted_metadata,
    }
    /// `{env}/resources/{res}/.well-known/oauth-authorization-server`.
    MetadataPathAppended = "metadata-path-appended" {
        path: "/resources/{resource}/.well-known/oauth-authorization-server",
        methods: "GET, HEAD, OPTIONS",
        cross_origin: true,
        served: always,
    }
    /// `{env}/.well-known/openid-configuration`: of the environment.
    OpenidConfiguration = "openid-configuration" {
        path: "/.well-known/openid-configuration",
        methods: "GET, HEAD, OPTIONS",
        cross_origin: true,
        served: always,
    }
    /// `{env}/resources/{res}/oauth/authorize`.
    Authorize = "authorize" {
        path: "/resources/{resource}/oauth/authorize",
        // A HEAD would use up a code or a scripted denial without the client noticing.
        methods: "GET",
        cross_origin: false,
        served: always,
    }
    /// `{env}/resources/{res}/oauth/consent`: where the consent page sends its form.
    Consent = "consent" {
        path: "/resources/{resource}/oauth/consent",
        methods: "POST",
        cross_origin: false,
        served: |settings| settings.consent_page,
    }
    /// `{env}/resources/{res}/oauth/token`.
    Token = "token" {
        path: "/resources/{resource}/oauth/token",
        methods: "POST, OPTIONS",
        cross_origin: true,
        served: always,
    }
    /// `{env}/oauth/authorize`: signs users in to the client itself, not to the MCP server.
    EnvironmentAuthorize = "environment-authorize" {
        path: "/oauth/authorize",
        methods: "GET",
        cross_origin: false,
        served: always,
    }
    /// `{env}/oauth/token`: for machines, and for what the environment's own authorization endpoint
    /// has granted.
    EnvironmentToken = "environment-token" {
        path: "/oauth/token",
        methods: "POST, OPTIONS",
        cross_origin: true,
        served: always,
    }
    /// `{env}/oauth/introspect`.
    Introspect = "introspect" {
        path: "/oauth/introspect",
        methods: "POST, OPTIONS",
        cross_origin: true,
        served: always,
    }
    /// `{env}/revoke`.
    Revoke = "revoke" {
        path: "/revoke",
        methods: "POST, OPTIONS",
        cross_origin: true,
        served: always,
    }
    /// `{env}/userinfo`.
    Userinfo = "userinfo" {
        path: "/userinfo",
        methods: "GET, POST, OPTIONS",
        cross_origin: true,
        served: always,
    }
    /// `{env}/api/v1/resources/{res}/clients:register`.
    Register = "register" {
        path: "/api/v1/resources/{resource}/clients:register",
        methods: "POST, OPTIONS",
        cross_origin: true,
        served: |settings| settings.dynamic_registration,
    }
    /// `{env}/api/v1/connections/{conn}/auth-requests/{lri}/user`: where the backend of a login page posts the user.
    LoginRequestUser = "login-request-user" {
        path: "/api/v1/connections/{connection}/auth-requests/{login_request}/user",
        methods: "POST",
        cross_origin: false,
        served: has_login_page,
    }
    /// `{env}/api/v1/auth-requests/{lri}`: which client wants what of the user at the login page.
    LoginRequest = "login-request" {
        path: "/api/v1/auth-requests/{login_request}",
        methods: "GET",
        cross_origin: false,
        served: has_login_page,
    }
    /// `{env}/sso/v1/connections/{conn}/partner:callback`: where a login page sends the browser back to.
    LoginCallback = "login-callback" {
        path: "/sso/v1/connections/{connection}/partner:callback",
        // A HEAD would use the login up without the client noticing.
        methods: "GET",
        cross_origin: false,
        served: has_login_page,
    }
    /// `{env}/api/v1/sessions/{ses}`: a session of a user, as the claim `sid` names it.
    Session = "session" {
        path: "/api/v1/sessions/{session}",
        methods: "GET",
        cross_origin: false,
        served: always,
    }
    /// `{env}/api/v1/sessions/{ses}/revoke`.
    RevokeSession = "revoke-session" {
        path: "/api/v1/sessions/{session}/revoke",
        methods: "POST",
        cross_origin: false,
        served: always,
    }
    /// `{env}/api/v1/users/{usr}/sessions`: the sessions of a user.
    UserSessions = "user-sessions" {
        path: "/api/v1/users/{user}/sessions",
        methods: "GET",
        cross_origin: false,
        served: always,
    }
    /// `{env}/api/v1/users/{usr}/sessions/revoke`: revokes all of them.
    RevokeUserSessions = "revoke-user-sessions" {
        path: "/api/v1/users/{user}/sessions/revoke",
        methods: "POST",
        cross_origin: false,
        served: always,
    }
    /// `{env}/api/v1/organizations/{org}/users:search`: finds users of an organization by e-mail address.
    SearchOrganizationUsers = "search-organization-users" {
        path: "/api/v1/organizations/{organization}/users:search",
        methods: "GET",
        cross_origin: false,
        served: always,
    }
    /// `{env}/api/v1/events/paginated`: what has happened in the environment.
    Events = "events" {
        path: "/api/v1/events/paginated",
        methods: "POST",
        cross_origin: false,
        served: always,
    }
    /// `{env}/api/v1/tokens`: API keys are created and listed.
    ApiKeys = "api-keys" {
        ..Route::of_management("/api/v1/tokens", "GET, POST")
    }
    /// `{env}/api/v1/tokens:validate`.
    ValidateApiKey = "validate-api-key" {
        ..Route::of_management("/api/v1/tokens:validate", "POST")
    }
    /// `{env}/api/v1/tokens:invalidate`.
    InvalidateApiKey = "invalidate-api-key" {
        ..Route::of_management("/api/v1/tokens:invalidate", "POST")
    }
    /// `{env}/api/v1/tokens:update`.
    UpdateApiKey = "update-api-key" {
        ..Route::of_management("/api/v1/tokens:update", "POST")
    }
    /// `{env}/api/v1/organizations`: the organizations of the environment.
    Organizations = "organizations" {
        ..Route::of_management("/api/v1/organizations", "GET")
    }
    /// `{env}/api/v1/organizations:external/{external_id}`.
    OrganizationByExternalId = "organization-by-external-id" {
        ..Route::of_management("/api/v1/organizations:external/{external_id}", "GET")
    }
    /// `{env}/api/v1/organizations/{organization}`: one organization.
    Organization = "organization" {
        ..Route::of_management("/api/v1/organizations/{organization}", "GET")
    }
    /// `{env}/api/v1/users`: the users of the environment.
    Users = "users" {
        ..Route::of_management("/api/v1/users", "GET")
    }
    /// `{env}/api/v1/users:external/{external_id}`.
    UserByExternalId = "user-by-external-id" {
        ..Route::of_management("/api/v1/users:external/{external_id}", "GET")
    }
    /// `{env}/api/v1/users/{user}`: one user.
    User = "user" {
        ..Route::of_management("/api/v1/users/{user}", "GET")
    }
    /// `{env}/api/v1/organizations/{organization}/users`: the members of an organization.
    OrganizationUsers = "organization-users" {
        ..Route::of_management("/api/v1/organizations/{organization}/users", "GET")
    }
    /// `{env}/api/v1/memberships/organizations/{organization}/users/{user}`: memberships begin, change and end.
    Membership = "membership" {
        ..Route::of_management("/api/v1/memberships/organizations/{organization}/users/{user}", "POST, PATCH, DELETE")
    }
    /// `{env}/api/v1/memberships/organizations/{organization}/users:external/{external_id}`.
    MembershipByExternalId = "membership-by-external-id" {
        ..Route::of_management("/api/v1/memberships/organizations/{organization}/users:external/{external_id}", "POST, PATCH, DELETE")
    }
    /// `{env}/api/v1/organizations/{organization}/users/{user}/roles`: the roles of a member.
    UserRoles = "user-roles" {
        ..Route::of_management("/api/v1/organizations/{organization}/users/{user}/roles", "GET")
    }
    /// `{env}/api/v1/organizations/{organization}/users/{user}/permissions`: what a member may do.
    UserPermissions = "user-permissions" {
        ..Route::of_management("/api/v1/organizations/{organization}/users/{user}/permissions", "GET")
    }
    /// `{env}/api/v1/roles`: the roles of the environment.
    Roles = "roles" {
        ..Route::of_management("/api/v1/roles", "GET")
    }
    /// `{env}/api/v1/roles/{role}`: one role.
    Role = "role" {
        ..Route::of_management("/api/v1/roles/{role}", "GET")
    }
    /// `{env}/api/v1/roles/{role}/permissions`: what a role permits.
    RolePermissions = "role-permissions" {
        ..Route::of_management("/api/v1/roles/{role}/permissions", "GET")
    }
    /// `{env}/api/v1/roles/{role}/permissions:all`: what a role permits, inherited permissions included.
    EffectiveRolePermissions = "effective-role-permissions" {
        ..Route::of_management("/api/v1/roles/{role}/permissions:all", "GET")
    }
    /// `{env}/api/v1/organizations/{organization}/roles`: the roles that members of an organization can have.
    OrganizationRoles = "organization-roles" {
        ..Route::of_management("/api/v1/organizations/{organization}/roles", "GET")
    }
    /// `{env}/api/v1/organizations/{organization}/roles/{role}`: one of these.
    OrganizationRole = "organization-role" {
        ..Route::of_management("/api/v1/organizations/{organization}/roles/{role}", "GET")
    }
    /// `{env}/api/v1/permissions`: the permissions that roles can give.
    Permissions = "permissions" {
        ..Route::of_management("/api/v1/permissions", "GET")
    }
    /// `{env}/api/v1/permissions/{permission}`: one permission.
    Permission = "permission" {
        ..Route::of_management("/api/v1/permissions/{permission}", "GET")
    }
    /// `{env}/api/v1/organizations/{organization}/directories`: the directory of an organization, if it has one.
    Directories = "directories" {
        ..Route::of_management("/api/v1/organizations/{organization}/directories", "GET")
    }
    /// `{env}/api/v1/organizations/{organization}/directories/{directory}`.
    Directory = "directory" {
        ..Route::of_management("/api/v1/organizations/{organization}/directories/{directory}", "GET")
    }
    /// `{env}/api/v1/organizations/{organization}/directories/{directory}/users`: the users of a directory.
    DirectoryUsers = "directory-users" {
        ..Route::of_management("/api/v1/organizations/{organization}/directories/{directory}/users", "GET")
    }
    /// `{env}/api/v1/organizations/{organization}/directories/{directory}/groups`: the groups of a directory.
    DirectoryGroups = "directory-groups" {
        ..Route::of_management("/api/v1/organizations/{organization}/directories/{directory}/groups", "GET")
    }
    /// `{env}/api/v1/resources`: the MCP server, in a list.
    Resources = "resources" {
        ..Route::of_management("/api/v1/resources", "GET")
    }
    /// `{env}/api/v1/resources/{mcp_server}`: the MCP server.
    Resource = "resource" {
        ..Route::of_management("/api/v1/resources/{mcp_server}", "GET")
    }
    /// `{env}/api/v1/resources/{mcp_server}/clients`: the clients of the MCP server.
    ResourceClients = "resource-clients" {
        ..Route::of_management("/api/v1/resources/{mcp_server}/clients", "GET")
    }
    /// `{env}/api/v1/resources/{mcp_server}/clients/{client}`: one of these, with the users who have consented.
    ResourceClient = "resource-client" {
        ..Route::of_management("/api/v1/resources/{mcp_server}/clients/{client}", "GET")
    }
    /// `{env}/api/v1/user_consents`: what users have consented to.
    UserConsents = "user-consents" {
        ..Route::of_management("/api/v1/user_consents", "GET")
    }
    /// `{env}/api/v1/clients/{client}/consents/{consent}`: deletes a consent.
    UserConsent = "user-consent" {
        ..Route::of_management("/api/v1/clients/{client}/consents/{consent}", "DELETE")
    }
    /// `{env}/api/v1/logs/authentication/requests`: who has tried to sign in.
    AuthenticationLogs = "authentication-logs" {
        ..Route::of_management("/api/v1/logs/authentication/requests", "GET")
    }
    /// `{env}/mcp`: the MCP server of the mock.
    Mcp = "mcp" {
        path: "/mcp",
        methods: "POST, OPTIONS",
        cross_origin: true,
        served: |settings| settings.mcp_server,
    }
    /// `{env}/.well-known/oauth-protected-resource/mcp`, as RFC 9728 builds it.
    ResourceMetadata = "resource-metadata" {
        path: "/.well-known/oauth-protected-resource/mcp",
        methods: "GET, HEAD, OPTIONS",
        cross_origin: true,
        served: |settings| settings.mcp_server && !has_root_metadata(settings),
    }
    /// `{env}/.well-known/oauth-protected-resource`: of an MCP server whose metadata is there alone.
    RootResourceMetadata = "root-resource-metadata" {
        path: "/.well-known/oauth-protected-resource",
        methods: "GET, HEAD, OPTIONS",
        cross_origin: true,
        served: |settings| settings.mcp_server && has_root_metadata(settings),
    }
    /// No endpoint of the issuer, but the receivers of its webhooks: a fault that is set here applies to what it sends.
    /// A status stands for the answer of a receiver, which gets nothing; what damages or loses a reply loses that of the
    /// receiver; a delay comes before the request.
    WebhookDelivery = "webhook-delivery" {
        // That of no request, which begins with a slash.
        path: "webhook-delivery",
        methods: "",
        cross_origin: false,
        served: |_| false,
    }
    /// Every other path: answered 404.
    Other = "other" {
        path: "",
        methods: "",
        cross_origin: false,
        served: |_| false,
    }
}

fn has_root_metadata(settings: &Settings) -> bool {
    settings.misbehaves(Misbehaviour::ChallengeAbsentRootMetadata)
}

fn has_login_page(settings: &Settings) -> bool {
    settings.login_page.is_some()
}

fn always(_: &Settings) -> bool {
    true
}

impl Endpoint {
    /// The endpoint at a path, of an issuer for this resource.
    pub(crate) fn at(path: &str, resource_id: &str) -> Self {
        let mut all = Self::all().iter().copied();
        all.find(|endpoint| is_at(&endpoint.path(resource_id), path))
            .unwrap_or(Self::Other)
    }

    /// Its path, of an issuer for this resource; what can be any segment is a name in braces.
    pub(crate) fn path(self, resource_id: &str) -> String {
        self.route().path.replace("{resource}", resource_id)
    }

    /// Whether an issuer with these settings has it.
    pub(crate) fn is_served(self, settings: &Settings) -> bool {
        (self.route().served)(settings)
    }

    /// Whether it is a document that clients find things by.
    pub(crate) fn is_well_known(self) -> bool {
        self.route().path.contains("/.well-known/")
    }

    pub(crate) fn allows(self, method: &Method) -> bool {
        self.methods()
            .split(", ")
            .any(|known| known == method.as_str())
    }

    /// The value of `Allow` (RFC 9110 section 10.2.1).
    pub(crate) fn methods(self) -> &'static str {
        self.route().methods
    }

    /// Whether a client in a browser reads it by script.
    pub(crate) fn allows_cross_origin(self) -> bool {
        self.route().cross_origin
    }
}

/// Whether a path is this one, in which a name in braces stands for any segment that is not empty.
fn is_at(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) => {
                let is_any = wanted.starts_with('{') && !given.is_empty();
                if !is_any && wanted != given {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_is_found_at_its_path_alone() {
        for endpoint in Endpoint::all() {
            let path = endpoint.path("res_7");
            assert_eq!(Endpoint::at(&path, "res_7"), *endpoint, "{path}");
            if path.contains("res_7") {
                assert_eq!(Endpoint::at(&path, "res_77"), Endpoint::Other, "{path}");
            }
            assert_eq!(Endpoint::at(&format!("{path}/"), "res_7"), Endpoint::Other);
        }
    }

    #[test]
    fn a_name_in_braces_is_one_segment() {
        let user = "/api/v1/connections/conn_1/auth-requests/lri_1/user";
        assert_eq!(Endpoint::at(user, "res_7"), Endpoint::LoginRequestUser);
        for other in [
            "/api/v1/connections//auth-requests/lri_1/user",
            "/api/v1/connections/conn_1/auth-requests//user",
            "/api/v1/connections/conn_1/x/auth-requests/lri_1/user",
            "/api/v1/connections/conn_1/auth-requests/lri_1",
            "/api/v1/connections/conn_1/auth-requests/lri_1/user/x",
            "/api/v1/connections/conn_1/auth-requests/lri_1/users",
        ] {
            assert_eq!(Endpoint::at(other, "res_7"), Endpoint::Other, "{other}");
        }
    }

    #[test]
    fn preflights_are_allowed_where_scripts_read() {
        for endpoint in Endpoint::all() {
            let preflight = endpoint.allows(&Method::OPTIONS);
            assert_eq!(preflight, endpoint.allows_cross_origin(), "{endpoint}");
        }
    }
}
