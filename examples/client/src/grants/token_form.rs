//! Token requests that rmcp does not make.

use rmcp::transport::auth::AuthorizationMetadata;
use url::form_urlencoded::Serializer;

use crate::{
    error::ClientError, grants::private_key::PrivateKey, login::context::Context, secret::Secret,
    server_metadata::Promises as _,
};

/// RFC 7523 section 2.1.
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// RFC 7523 section 2.2.
const JWT_BEARER_ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The client credentials grant of a client that proves itself by a key.
///
/// # Errors
///
/// [`ClientError::Metadata`] when the issuer does not take such a proof or has no name,
/// [`ClientError::Token`] when the key does not sign.
pub(crate) fn client_credentials(
    client_id: &str,
    key: &PrivateKey,
    context: &Context,
    metadata: &AuthorizationMetadata,
    scopes: &[String],
) -> Result<String, ClientError> {
    if !metadata.takes("private_key_jwt").unwrap_or(true) {
        return Err(ClientError::Metadata(
            "token_endpoint_auth_methods_supported does not list private_key_jwt; authenticate with MCP_CLIENT_SECRET instead".into(),
        ));
    }
    let mut form = form(context, scopes);
    form.append_pair("grant_type", "client_credentials");
    prove(&mut form, client_id, key, metadata)?;
    Ok(form.finish())
}

/// Who the client is, in an assertion alone (RFC 7523 section 3).
///
/// # Errors
///
/// [`ClientError::Metadata`] when the issuer has no name, [`ClientError::Token`] when the key does not
/// sign.
pub(crate) fn prove(
    form: &mut Serializer<'static, String>,
    client_id: &str,
    key: &PrivateKey,
    metadata: &AuthorizationMetadata,
) -> Result<(), ClientError> {
    form.append_pair("client_assertion_type", JWT_BEARER_ASSERTION)
        .append_pair(
            "client_assertion",
            &key.assertion(client_id, metadata.named()?)?,
        );
    Ok(())
}

/// The JWT bearer grant; without a client id where the assertion says it all.
pub(crate) fn jwt_bearer(
    client_id: Option<&str>,
    assertion: &Secret,
    context: &Context,
    scopes: &[String],
) -> String {
    let mut form = form(context, scopes);
    form.append_pair("grant_type", JWT_BEARER)
        .append_pair("assertion", assertion.reveal());
    if let Some(id) = client_id {
        form.append_pair("client_id", id);
    }
    form.finish()
}

/// What every token request says.
fn form(context: &Context, scopes: &[String]) -> Serializer<'static, String> {
    let mut form = Serializer::new(String::new());
    form.append_pair("resource", context.options.server.as_str());
    if !scopes.is_empty() {
        form.append_pair("scope", &scopes.join(" "));
    }
    form
}
