//! Token requests that rmcp does not make.

use rmcp::transport::auth::{AuthorizationMetadata, OAuthTokenResponse};
use url::form_urlencoded::Serializer;

use super::private_key::PrivateKey;
use crate::{
    error::ClientError,
    server_metadata::{AuthorizationServer, MetadataExt as _},
    transport::OAuthHttp,
};

/// RFC 7523 section 2.1.
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// RFC 7523 section 2.2.
const JWT_BEARER_ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What all token requests of a login have in common.
#[derive(Clone, Copy)]
pub(crate) struct TokenRequest<'a> {
    pub(crate) http: &'a OAuthHttp,
    pub(crate) server: &'a AuthorizationServer,
    pub(crate) scopes: &'a [String],
}

impl<'a> TokenRequest<'a> {
    pub(crate) const fn metadata(&self) -> &'a AuthorizationMetadata {
        &self.server.metadata
    }

    /// Sends a form to the token endpoint, once: an assertion in it must not be sent again.
    ///
    /// # Errors
    ///
    /// [`ClientError::Token`] when the endpoint refuses, or its response cannot be read.
    pub(crate) async fn send(&self, form: String) -> Result<OAuthTokenResponse, ClientError> {
        let body = self
            .http
            .token(&self.metadata().token_endpoint, form)
            .await?;
        serde_json::from_slice(&body).map_err(|error| not_a_token_response(&error))
    }

    /// The form of the client credentials grant, for a client that authenticates with a key.
    ///
    /// # Errors
    ///
    /// [`ClientError::Metadata`] when the issuer does not accept `private_key_jwt` or has no name,
    /// [`ClientError::Key`] when the key does not sign.
    pub(crate) fn client_credentials(
        &self,
        client_id: &str,
        key: &PrivateKey,
    ) -> Result<String, ClientError> {
        let supported = self.metadata().supports_auth_method("private_key_jwt");
        if !supported.unwrap_or(true) {
            return Err(ClientError::Metadata(
                "token_endpoint_auth_methods_supported does not list private_key_jwt, so this client has to authenticate with MCP_CLIENT_SECRET".into(),
            ));
        }
        let mut form = self.form();
        form.append_pair("grant_type", "client_credentials");
        append_client_assertion(&mut form, client_id, key, self.metadata())?;
        Ok(form.finish())
    }

    /// The form of the JWT bearer grant; without a client id where the assertion itself names the client.
    pub(crate) fn jwt_bearer(&self, client_id: Option<&str>, assertion: &str) -> String {
        let mut form = self.form();
        form.append_pair("grant_type", JWT_BEARER)
            .append_pair("assertion", assertion);
        if let Some(id) = client_id {
            form.append_pair("client_id", id);
        }
        form.finish()
    }

    fn form(&self) -> Serializer<'static, String> {
        let mut form = Serializer::new(String::new());
        form.append_pair("resource", &self.server.resource);
        if !self.scopes.is_empty() {
            form.append_pair("scope", &self.scopes.join(" "));
        }
        form
    }
}

/// Adds the assertion that authenticates the client (RFC 7523 section 3).
///
/// # Errors
///
/// [`ClientError::Metadata`] when the issuer has no name, [`ClientError::Key`] when the key does not sign.
pub(crate) fn append_client_assertion(
    form: &mut Serializer<'static, String>,
    client_id: &str,
    key: &PrivateKey,
    metadata: &AuthorizationMetadata,
) -> Result<(), ClientError> {
    form.append_pair("client_assertion_type", JWT_BEARER_ASSERTION)
        .append_pair(
            "client_assertion",
            &key.assertion(client_id, metadata.require_issuer()?)?,
        );
    Ok(())
}

/// The error for a response that is not one of RFC 6749 section 5.1.
pub(super) fn not_a_token_response(error: &serde_json::Error) -> ClientError {
    ClientError::TokenResponse(format!("it is no token response ({error})"))
}
