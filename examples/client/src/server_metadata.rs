//! What the metadata of an authorization server states, beyond the members that rmcp reads.

use rmcp::transport::auth::AuthorizationMetadata;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ClientError;

/// An authorization server, and what its tokens are for. It is stored with them: a refresh needs no discovery.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AuthorizationServer {
    /// The resource indicator of token requests (RFC 8707): `resource` of the MCP server's metadata, unchanged.
    pub(crate) resource: String,
    pub(crate) metadata: AuthorizationMetadata,
}

/// How a client authenticates at the token endpoint (RFC 7591 section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AuthMethod {
    #[serde(rename = "none")]
    None,
    #[serde(rename = "client_secret_basic")]
    SecretBasic,
    #[serde(rename = "client_secret_post")]
    SecretPost,
}

impl AuthMethod {
    const ALL: [Self; 3] = [Self::None, Self::SecretBasic, Self::SecretPost];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SecretBasic => "client_secret_basic",
            Self::SecretPost => "client_secret_post",
        }
    }

    /// None for a method that this client does not have.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}

/// Members of RFC 8414 that rmcp keeps unparsed.
pub(crate) trait MetadataExt {
    /// Whether the list `member` contains `value`; none when there is no such list.
    fn lists(&self, member: &str, value: &str) -> Option<bool>;

    /// The string `member`.
    fn string(&self, member: &str) -> Option<&str>;

    /// The boolean `member`; false when absent.
    fn flag(&self, member: &str) -> bool;

    /// The issuer, where an assertion needs an audience.
    ///
    /// # Errors
    ///
    /// [`ClientError::Metadata`] when the authorization server has no name.
    fn require_issuer(&self) -> Result<&str, ClientError>;

    /// Whether the client's secret has to be sent in the body: the endpoint with the list `member` does not accept
    /// it in the header (RFC 6749 section 2.3.1).
    fn requires_secret_in_body(&self, member: &str) -> bool {
        let supports = |method| self.lists(member, method).unwrap_or_default();
        supports("client_secret_post") && !supports("client_secret_basic")
    }

    /// How a client with a secret authenticates at the token endpoint, where nothing else was agreed.
    fn secret_method(&self) -> AuthMethod {
        match self.requires_secret_in_body("token_endpoint_auth_methods_supported") {
            true => AuthMethod::SecretPost,
            false => AuthMethod::SecretBasic,
        }
    }

    /// The same metadata with this as the only authentication: rmcp decides by the list.
    #[must_use]
    fn with_auth_method(&self, method: AuthMethod) -> Self
    where
        Self: Sized;

    /// # Errors
    ///
    /// [`ClientError::Metadata`] when the issuer has no authorization endpoint.
    fn require_code_grant(&self) -> Result<(), ClientError>;

    /// # Errors
    ///
    /// [`ClientError::Metadata`] when PKCE with S256 is not promised: MCP requires a client to stop then.
    fn require_pkce(&self) -> Result<(), ClientError>;

    /// Whether the token endpoint supports this authentication; none when it does not state any.
    fn supports_auth_method(&self, method: &str) -> Option<bool> {
        self.lists("token_endpoint_auth_methods_supported", method)
    }
}

impl MetadataExt for AuthorizationMetadata {
    fn lists(&self, member: &str, value: &str) -> Option<bool> {
        let listed = self.additional_fields.get(member)?.as_array()?;
        Some(listed.iter().any(|offered| offered == value))
    }

    fn string(&self, member: &str) -> Option<&str> {
        self.additional_fields.get(member).and_then(Value::as_str)
    }

    fn flag(&self, member: &str) -> bool {
        let value = self.additional_fields.get(member).and_then(Value::as_bool);
        value.unwrap_or_default()
    }

    fn with_auth_method(&self, method: AuthMethod) -> Self {
        let mut metadata = self.clone();
        let member = "token_endpoint_auth_methods_supported".to_owned();
        let only = serde_json::json!([method.name()]);
        metadata.additional_fields.insert(member, only);
        metadata
    }

    fn require_code_grant(&self) -> Result<(), ClientError> {
        match self.authorization_endpoint == self.token_endpoint {
            false => Ok(()),
            true => Err(ClientError::Metadata(
                "it has no authorization_endpoint, so that only clients without a user get tokens"
                    .into(),
            )),
        }
    }

    fn require_pkce(&self) -> Result<(), ClientError> {
        let why = match &self.code_challenge_methods_supported {
            Some(methods) if methods.iter().any(|method| method == "S256") => return Ok(()),
            Some(_) => "code_challenge_methods_supported does not list S256",
            None => "code_challenge_methods_supported is absent, so PKCE is not promised",
        };
        Err(ClientError::Metadata(why.into()))
    }

    fn require_issuer(&self) -> Result<&str, ClientError> {
        self.issuer.as_deref().ok_or_else(|| {
            ClientError::Metadata(
                "issuer is absent, so that no assertion can be meant for it".into(),
            )
        })
    }
}
