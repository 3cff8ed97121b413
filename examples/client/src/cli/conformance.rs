//! Lets the official MCP conformance suite drive the client as it is.
//!
//! The suite starts the binary with the server's URL as the last argument, and passes its other settings in environment
//! variables. The client then logs in without a browser, stores nothing, and calls each tool of the server.

use rmcp::model::{JsonObject, Tool};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    error::ClientError,
    grants::{Grant, PrivateKey, SignedIn},
    options::{Browser, ClientOptions, Wire},
    store::TokenStore,
};

/// The client metadata document that the suite's authorization server accepts without fetching it.
const METADATA_DOCUMENT: &str = "https://conformance-test.local/client-metadata.json";

/// The settings of the suite.
#[derive(Debug, Clone, Default)]
pub(super) struct Conformance {
    wire: Wire,
    context: Context,
}

/// The context of a scenario. Its members alone decide what the client does; the name of the scenario is not used.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Context {
    client_id: Option<String>,
    client_secret: Option<SecretString>,
    private_key_pem: Option<SecretString>,
    signing_algorithm: Option<String>,
    idp_client_id: String,
    idp_id_token: Option<SecretString>,
    idp_issuer: String,
    idp_token_endpoint: String,
    valid_jwt: Option<SecretString>,
}

impl Conformance {
    /// Whether the suite started this process, and with which settings.
    pub(super) fn from_env() -> Option<Self> {
        Self::from(|name| std::env::var(name).ok())
    }

    fn from(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        variable("MCP_CONFORMANCE_SCENARIO")?;
        let context = variable("MCP_CONFORMANCE_CONTEXT")
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        Some(Self {
            context,
            wire: match variable("MCP_CONFORMANCE_PROTOCOL_VERSION") {
                // Dates in this form compare as strings.
                Some(version) if version.as_str() >= "2026-07-28" => Wire::Stateless,
                _ => Wire::Stateful,
            },
        })
    }

    /// Changes the options accordingly.
    ///
    /// # Errors
    ///
    /// [`ClientError::Usage`] when a setting of the suite cannot be used.
    pub(super) fn apply(self, options: ClientOptions) -> Result<ClientOptions, ClientError> {
        let store = TokenStore::in_memory();
        let options = options
            .with_browser(Browser::Headless)
            .with_wire(self.wire)
            .with_client_metadata_url(METADATA_DOCUMENT.to_owned())
            .with_store(store);
        self.context.apply(options)
    }
}

impl Context {
    fn apply(self, mut options: ClientOptions) -> Result<ClientOptions, ClientError> {
        options = match (self.client_id, self.private_key_pem) {
            (Some(id), Some(pem)) => {
                let algorithm = self.signing_algorithm.as_deref().unwrap_or("ES256");
                let key = PrivateKey::new(&pem, algorithm)?;
                let options = options.with_client_key(id, key);
                options.with_grant(Grant::ClientCredentials)
            }
            (Some(id), None) => options.with_client(id, self.client_secret),
            (None, _) => options,
        };
        Ok(match (self.idp_id_token, self.valid_jwt) {
            (Some(token), _) => options.with_grant(Grant::EnterpriseManaged(SignedIn::new(
                self.idp_issuer,
                &self.idp_token_endpoint,
                self.idp_client_id,
                token,
            )?)),
            (None, Some(jwt)) => options.with_grant(Grant::WorkloadIdentity(jwt)),
            (None, None) => options,
        })
    }
}

/// Arguments that satisfy the tool's schema: a value of the right type for each required one.
pub(super) fn arguments_for(tool: &Tool) -> JsonObject {
    let schema = tool.input_schema.as_ref();
    let required = schema.get("required").and_then(Value::as_array);
    required
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|name| {
            let kind = schema
                .get("properties")
                .and_then(|all| all.get(name)?.get("type")?.as_str());
            let value = match kind {
                Some("number" | "integer") => json!(1),
                Some("boolean") => json!(true),
                Some("array") => json!([]),
                Some("object") => json!({}),
                _ => json!("text"),
            };
            (name.to_owned(), value)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_the_suite() {
        assert!(Conformance::from(|_| None).is_none());
        let found = Conformance::from(|name| match name {
            "MCP_CONFORMANCE_SCENARIO" => Some("auth/pre-registration".into()),
            "MCP_CONFORMANCE_CONTEXT" => {
                Some(r#"{"name":"x","client_id":"c","client_secret":"the-secret"}"#.into())
            }
            "MCP_CONFORMANCE_PROTOCOL_VERSION" => Some("2026-07-28".into()),
            _ => None,
        });
        let Some(found) = found else { unreachable!() };
        assert_eq!(
            (found.wire, found.context.client_id.as_deref()),
            (Wire::Stateless, Some("c"))
        );
        assert!(!format!("{found:?}").contains("the-secret"));
        let old = Conformance::from(|name| (name == "MCP_CONFORMANCE_SCENARIO").then(String::new));
        assert_eq!(old.map(|old| old.wire), Some(Wire::Stateful));
    }
}
