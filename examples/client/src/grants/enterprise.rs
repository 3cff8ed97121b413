//! Enterprise-managed authorization: an ID token of the enterprise's identity provider is exchanged for an access
//! token (draft-ietf-oauth-identity-assertion-authz-grant).

use std::time::Duration;

use oauth2::ClientSecret;
use rmcp::transport::auth::{
    AuthorizationMetadata, OAuthTokenResponse,
    enterprise::{EmaAuthorizationServer, EmaClientAuthentication, EmaExchangeRequest},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::{
    grant::SignedIn,
    preregistered::Preregistered,
    token_form::{TokenRequest, not_a_token_response},
};
use crate::{error::ClientError, redact, server_metadata::MetadataExt as _};

/// Exchanges the ID token for an ID-JAG at the identity provider, and that for an access token at the issuer.
///
/// # Errors
///
/// [`ClientError::Token`] when one of them refuses, [`ClientError::Metadata`] when the issuer has no name.
pub(super) async fn exchange(
    request: TokenRequest<'_>,
    client: &Preregistered,
    signed_in: &SignedIn,
) -> Result<OAuthTokenResponse, ClientError> {
    let metadata = request.metadata();
    let issuer = metadata.require_issuer()?;
    let provider = EmaAuthorizationServer::new(
        &signed_in.issuer,
        &signed_in.token_endpoint,
        &signed_in.client_id,
    );
    let mut server =
        EmaAuthorizationServer::new(issuer, &metadata.token_endpoint, &client.client_id);
    if let Some(secret) = &client.client_secret {
        server = server.with_client_authentication(authentication(metadata, secret));
    }
    let token = EmaExchangeRequest::new_with_id_token(
        provider,
        server,
        &request.server.resource,
        signed_in.id_token.expose_secret(),
    )
    .with_scopes(request.scopes)
    .exchange(request.http, request.http)
    .await
    .map_err(|error| ClientError::Token(redact::printable(&error.to_string())))?;
    let mut scopes: Vec<_> = token.scopes.into_iter().collect();
    scopes.sort_unstable();
    let response = json!({
        "access_token": token.access_token.secret(),
        "token_type": "bearer",
        "expires_in": token.expires_in.as_ref().map(Duration::as_secs),
        "scope": scopes.join(" "),
    });
    serde_json::from_value(response).map_err(|error| not_a_token_response(&error))
}

fn authentication(
    metadata: &AuthorizationMetadata,
    secret: &SecretString,
) -> EmaClientAuthentication {
    let secret = ClientSecret::new(secret.expose_secret().to_owned());
    match metadata.requires_secret_in_body("token_endpoint_auth_methods_supported") {
        true => EmaClientAuthentication::ClientSecretPost(secret),
        false => EmaClientAuthentication::ClientSecretBasic(secret),
    }
}
