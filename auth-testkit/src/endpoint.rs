//! Which endpoint a path is.

use http::Method;

use crate::values::catalog_enum;

catalog_enum! {
    /// The endpoints of the mock, as requests are counted and found again by.
    "endpoint" Endpoint {
        /// `{env}/keys`: the key set.
        Keys = "keys",
        /// `{env}/.well-known/oauth-authorization-server/resources/{res}`, as RFC 8414 builds it.
        MetadataInsert = "metadata-insert",
        /// `{env}/resources/{res}/.well-known/oauth-authorization-server`.
        MetadataAppend = "metadata-append",
        /// `{env}/.well-known/openid-configuration`: of the environment.
        OpenidConfiguration = "openid-configuration",
        /// `{env}/resources/{res}/oauth/authorize`.
        Authorize = "authorize",
        /// `{env}/resources/{res}/oauth/consent`: where the consent page sends its answer.
        Consent = "consent",
        /// `{env}/resources/{res}/oauth/token`.
        Token = "token",
        /// `{env}/oauth/authorize`: signs users in to the client itself, not to the MCP server.
        EnvironmentAuthorize = "environment-authorize",
        /// `{env}/oauth/token`: for machines, and for what the environment's own authorization endpoint
        /// has granted.
        EnvironmentToken = "environment-token",
        /// `{env}/oauth/introspect`.
        Introspect = "introspect",
        /// `{env}/revoke`.
        Revoke = "revoke",
        /// `{env}/userinfo`.
        Userinfo = "userinfo",
        /// `{env}/api/v1/resources/{res}/clients:register`.
        Register = "register",
        /// Every other path: answered 404.
        Other = "other",
    }
}

impl Endpoint {
    pub(crate) fn of(path: &str, resource_id: &str) -> Self {
        match path {
            "/keys" => return Self::Keys,
            "/oauth/authorize" => return Self::EnvironmentAuthorize,
            "/oauth/token" => return Self::EnvironmentToken,
            "/oauth/introspect" => return Self::Introspect,
            "/revoke" => return Self::Revoke,
            "/userinfo" => return Self::Userinfo,
            "/.well-known/openid-configuration" => return Self::OpenidConfiguration,
            _ => {}
        }
        let resource = format!("/resources/{resource_id}");
        let Some((before, after)) = path.split_once(resource.as_str()) else {
            return Self::Other;
        };
        match (before, after) {
            ("/.well-known/oauth-authorization-server", "") => Self::MetadataInsert,
            ("", "/.well-known/oauth-authorization-server") => Self::MetadataAppend,
            ("", "/oauth/authorize") => Self::Authorize,
            ("", "/oauth/consent") => Self::Consent,
            ("", "/oauth/token") => Self::Token,
            ("/api/v1", "/clients:register") => Self::Register,
            _ => Self::Other,
        }
    }

    pub(crate) fn allows(self, method: &Method) -> bool {
        self.methods()
            .split(", ")
            .any(|known| known == method.as_str())
    }

    /// The value of `Allow` (RFC 9110 section 10.2.1).
    pub(crate) fn methods(self) -> &'static str {
        match self {
            Self::Keys
            | Self::MetadataInsert
            | Self::MetadataAppend
            | Self::OpenidConfiguration => "GET, HEAD, OPTIONS",
            // A HEAD would use up a code or a scripted denial without anybody seeing it.
            Self::Authorize | Self::EnvironmentAuthorize => "GET",
            Self::Token
            | Self::EnvironmentToken
            | Self::Introspect
            | Self::Revoke
            | Self::Register => "POST, OPTIONS",
            Self::Consent => "POST",
            Self::Userinfo => "GET, POST, OPTIONS",
            Self::Other => "",
        }
    }

    /// Endpoints that a client in a browser reads by script; it is sent to the authorization
    /// endpoint and its page instead.
    pub(crate) fn allows_cross_origin(self) -> bool {
        !matches!(
            self,
            Self::Authorize | Self::EnvironmentAuthorize | Self::Consent | Self::Other
        )
    }
}
