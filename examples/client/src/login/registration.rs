//! The client id of a login: given by hand, a metadata document, or registered, in the order that MCP states.

use rmcp::transport::auth::{AuthorizationManager, AuthorizationMetadata, AuthorizationRequest};
use secrecy::ExposeSecret as _;

use super::context::Context;
use crate::{
    error::ClientError,
    events::{Identity, Progress},
    redact,
    server_metadata::MetadataExt as _,
    store::{RegisteredClient, TokenEntry},
};

/// The name the client registers under.
const CLIENT_NAME: &str = "auth-scalekit example client";

/// An authorization request with a client id.
pub(super) struct Identified {
    pub(super) request: AuthorizationRequest,
    /// The registration to store with the tokens; none for a client that did not register itself.
    pub(super) registered: Option<RegisteredClient>,
    /// Whether the registration is that of an earlier login.
    pub(super) reused: bool,
}

/// Adds a client id to the request, and registers a client where there is none. `reuse` permits the registration of
/// an earlier login.
///
/// # Errors
///
/// [`ClientError::Registration`] when the issuer refuses, [`ClientError::Store`] when the store cannot be read.
pub(super) async fn identify(
    context: &Context,
    manager: &mut AuthorizationManager,
    entry: &TokenEntry,
    request: AuthorizationRequest,
    metadata: &AuthorizationMetadata,
    reuse: bool,
) -> Result<Identified, ClientError> {
    let options = &context.options;
    let redirect_uri = request.redirect_uri.clone();
    let report = |kind: Identity, client_id: &str| {
        context.report(&Progress::Registration {
            kind,
            client_id: redact::printable(client_id),
            redirect_uri: Some(redirect_uri.clone()),
        });
    };
    if let Some(given) = &options.preregistered {
        report(Identity::Preregistered, &given.client_id);
        let secret = given.client_secret.as_ref();
        let secret = secret.map(|secret| secret.expose_secret());
        return Ok(Identified {
            request: with_client(request, &given.client_id, secret),
            registered: None,
            reused: false,
        });
    }
    let documents = metadata.flag("client_id_metadata_document_supported");
    if let Some(url) = options.metadata_url.as_deref().filter(|_| documents) {
        report(Identity::MetadataDocument, url);
        return Ok(Identified {
            request: request.with_client_metadata_url(url),
            registered: None,
            reused: false,
        });
    }
    let known = entry.read()?.and_then(|record| record.client);
    let known = known.filter(|client| {
        reuse
            && client.issuer.is_some()
            && client.issuer == metadata.issuer
            && client.redirect_uri == redirect_uri
    });
    let reused = known.is_some();
    let client = if let Some(client) = known {
        report(Identity::Reused, &client.client_id);
        client
    } else {
        // Without scopes: the client could never get more than those of the first login, and one
        // tool may need more (RFC 7591 section 2 leaves them to the issuer).
        let registered = manager
            .register_client(CLIENT_NAME, &redirect_uri, &[])
            .await?;
        report(Identity::Registered, &registered.client_id);
        RegisteredClient {
            client_id: registered.client_id,
            client_secret: registered.client_secret,
            redirect_uri: redirect_uri.clone(),
            issuer: metadata.issuer.clone(),
        }
    };
    Ok(Identified {
        request: with_client(request, &client.client_id, client.client_secret.as_deref()),
        registered: Some(client),
        reused,
    })
}

fn with_client(
    request: AuthorizationRequest,
    id: &str,
    secret: Option<&str>,
) -> AuthorizationRequest {
    let request = request.with_preregistered_client(id);
    match secret {
        Some(secret) => request.with_client_secret(secret),
        None => request,
    }
}
