//! What the metadata of an authorization server states, beyond the members that rmcp reads.

use rmcp::transport::auth::AuthorizationMetadata;
use serde_json::Value;

use crate::error::ClientError;

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

    fn require_issuer(&self) -> Result<&str, ClientError> {
        self.issuer.as_deref().ok_or_else(|| {
            ClientError::Metadata(
                "issuer is absent, so that no assertion can be meant for it".into(),
            )
        })
    }
}
