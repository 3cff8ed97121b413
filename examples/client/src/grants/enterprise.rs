//! Enterprise-managed authorization: what the enterprise's identity provider says of a person becomes a
//! token (draft-ietf-oauth-identity-assertion-authz-grant).

use std::time::Duration;

use oauth2::ClientSecret;
use rmcp::transport::auth::{
    AuthorizationMetadata, OAuthTokenResponse,
    enterprise::{EmaAuthorizationServer, EmaClientAuthentication, EmaExchangeRequest},
};
use serde_json::json;

use crate::{
    error::ClientError, grants::grant::SignedIn, login::context::Context,
    options::client_options::Preregistered, redact, server_metadata::Promises as _,
};

/// The ID token for an ID-JAG at the identity provider, and that for a token at the issuer.
pub(crate) async fn exchanged(
    context: &Context,
    client: &Preregistered,
    signed_in: &SignedIn,
    metadata: &AuthorizationMetadata,
    scopes: &[String],
) -> Result<OAuthTokenResponse, ClientError> {
    let issuer = metadata.named()?;
    let provider = EmaAuthorizationServer::new(
        &signed_in.issuer,
        &signed_in.token_endpoint,
        &signed_in.client_id,
    );
    let mut server =
        EmaAuthorizationServer::new(issuer, &metadata.token_endpoint, &client.client_id);
    if let Some(secret) = &client.client_secret {
        server = server.with_client_authentication(authentication(metadata, secret.clone()));
    }
    let resource = context.options.server.as_str();
    let request = EmaExchangeRequest::new_with_id_token(
        provider,
        server,
        resource,
        signed_in.id_token.reveal(),
    );
    let token = request
        .with_scopes(scopes)
        .exchange(&*context.http, &*context.http)
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
    serde_json::from_value(response)
        .map_err(|error| ClientError::Token(format!("its answer is no token response ({error})")))
}

fn authentication(metadata: &AuthorizationMetadata, secret: String) -> EmaClientAuthentication {
    let secret = ClientSecret::new(secret);
    match metadata.takes_secret_in_body_alone("token_endpoint_auth_methods_supported") {
        true => EmaClientAuthentication::ClientSecretPost(secret),
        false => EmaClientAuthentication::ClientSecretBasic(secret),
    }
}
