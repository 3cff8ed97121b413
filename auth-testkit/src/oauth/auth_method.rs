//! How a client authenticates at the token endpoint (RFC 7591 section 2).

/// The values of `token_endpoint_auth_method` that the token endpoint knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuthMethod {
    None,
    Post,
    Basic,
}

impl AuthMethod {
    /// The registered name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Post => "client_secret_post",
            Self::Basic => "client_secret_basic",
        }
    }
}
