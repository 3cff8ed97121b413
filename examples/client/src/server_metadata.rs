//! What the metadata of an authorization server promises, beyond the members that rmcp reads.

use rmcp::transport::auth::AuthorizationMetadata;
use serde_json::Value;

use crate::error::ClientError;

/// Members of RFC 8414 that rmcp keeps as they came.
pub(crate) trait Promises {
    /// Whether it lists this value there; none when the list is absent.
    fn lists(&self, member: &str, value: &str) -> Option<bool>;

    /// A text.
    fn text(&self, member: &str) -> Option<&str>;

    /// Whether it says yes there; what is absent says no.
    fn says(&self, member: &str) -> bool;

    /// # Errors
    ///
    /// [`ClientError::Metadata`] when the authorization server has no name.
    fn named(&self) -> Result<&str, ClientError>;

    /// Whether a client's secret goes into the body: only where the endpoint with this list does not take
    /// the header (RFC 6749 section 2.3.1).
    fn takes_secret_in_body_alone(&self, member: &str) -> bool {
        let takes = |method| self.lists(member, method).unwrap_or_default();
        takes("client_secret_post") && !takes("client_secret_basic")
    }

    /// Whether the token endpoint takes this authentication; none when it does not say.
    fn takes(&self, method: &str) -> Option<bool> {
        self.lists("token_endpoint_auth_methods_supported", method)
    }
}

impl Promises for AuthorizationMetadata {
    fn lists(&self, member: &str, value: &str) -> Option<bool> {
        let listed = self.additional_fields.get(member)?.as_array()?;
        Some(listed.iter().any(|offered| offered == value))
    }

    fn text(&self, member: &str) -> Option<&str> {
        self.additional_fields.get(member).and_then(Value::as_str)
    }

    fn says(&self, member: &str) -> bool {
        let said = self.additional_fields.get(member).and_then(Value::as_bool);
        said.unwrap_or_default()
    }

    fn named(&self) -> Result<&str, ClientError> {
        self.issuer.as_deref().ok_or_else(|| {
            ClientError::Metadata(
                "issuer is absent, so that no assertion can be meant for it".into(),
            )
        })
    }
}
