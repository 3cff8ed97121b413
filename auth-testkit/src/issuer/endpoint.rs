//! Which endpoint a path is.

use http::Method;

/// The endpoints of the mock, as requests are counted and found again by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// `{env}/keys`: the key set.
    Keys,
    /// `{env}/.well-known/oauth-authorization-server/resources/{res}`, as RFC 8414 builds it.
    MetadataInsert,
    /// `{env}/resources/{res}/.well-known/oauth-authorization-server`.
    MetadataAppend,
    /// `{env}/.well-known/openid-configuration`: of the environment.
    OpenidConfiguration,
    /// `{env}/resources/{res}/oauth/authorize`.
    Authorize,
    /// `{env}/resources/{res}/oauth/token`.
    Token,
    /// `{env}/oauth/token`: for machines.
    EnvironmentToken,
    /// `{env}/oauth/introspect`.
    Introspect,
    /// `{env}/revoke`.
    Revoke,
    /// `{env}/userinfo`.
    Userinfo,
    /// `{env}/api/v1/resources/{res}/clients:register`.
    Register,
    /// Every other path: answered 404.
    Other,
}

impl Endpoint {
    pub(crate) fn of(path: &str, resource_id: &str) -> Self {
        match path {
            "/keys" => return Self::Keys,
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
            ("", "/oauth/token") => Self::Token,
            ("/api/v1", "/clients:register") => Self::Register,
            _ => Self::Other,
        }
    }

    pub(super) fn allows(self, method: &Method) -> bool {
        self.methods()
            .split(", ")
            .any(|known| known == method.as_str())
    }

    /// The value of `Allow` (RFC 9110 section 10.2.1).
    pub(super) fn methods(self) -> &'static str {
        match self {
            Self::Keys
            | Self::MetadataInsert
            | Self::MetadataAppend
            | Self::OpenidConfiguration => "GET, HEAD, OPTIONS",
            // A HEAD would use up a code or a scripted denial without anybody seeing it.
            Self::Authorize => "GET",
            Self::Token
            | Self::EnvironmentToken
            | Self::Introspect
            | Self::Revoke
            | Self::Register => "POST, OPTIONS",
            Self::Userinfo => "GET, POST, OPTIONS",
            Self::Other => "",
        }
    }

    /// Endpoints that a client in a browser reads by script; it is sent to the authorization
    /// endpoint instead.
    pub(super) fn allows_cross_origin(self) -> bool {
        !matches!(self, Self::Authorize | Self::Other)
    }
}
