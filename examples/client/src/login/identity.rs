//! The client of a login: given by hand, described by a metadata document, or registered, in the order that MCP states.

use rmcp::transport::auth::{AuthorizationMetadata, AuthorizationRequest};
use secrecy::ExposeSecret as _;

use super::{context::Context, registration::register};
use crate::{
    error::ClientError,
    events::{Identity, Progress},
    redact,
    server_metadata::{AuthMethod, MetadataExt as _},
    store::{RegisteredClient, TokenEntry},
};

/// An authorization request with a client id.
pub(super) struct Identified {
    pub(super) request: AuthorizationRequest,
    /// How the client authenticates at the token endpoint.
    pub(super) method: AuthMethod,
    /// The registration to store with the tokens; none for a client that did not register itself.
    pub(super) registered: Option<RegisteredClient>,
    /// How the client was registered; none for a client that did not register itself.
    pub(super) registration: Option<Registration>,
}

/// How a client may be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Registration {
    /// As in an earlier login; else as a new client.
    Reused,
    /// As a new client without scopes: it could never get more than those, and one tool may need more.
    New,
    /// As a new client, for the scopes that this login requests.
    ForScopes,
}

/// Adds a client id to the request, and registers a client where there is none, as `registration` permits.
///
/// # Errors
///
/// Those of [`register`], and [`ClientError::Store`] when the store cannot be read.
pub(super) async fn identify(
    context: &Context,
    entry: &TokenEntry,
    request: AuthorizationRequest,
    metadata: &AuthorizationMetadata,
    (registration, scopes): (Registration, &[String]),
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
            method: match secret {
                Some(_) => metadata.secret_method(),
                None => AuthMethod::None,
            },
            registered: None,
            registration: None,
        });
    }
    let documents = metadata.flag("client_id_metadata_document_supported");
    if let Some(url) = options.metadata_url.as_deref().filter(|_| documents) {
        report(Identity::MetadataDocument, url);
        return Ok(Identified {
            request: request.with_client_metadata_url(url),
            method: AuthMethod::None,
            registered: None,
            registration: None,
        });
    }
    let known = entry.read().await?.and_then(|record| record.client);
    let known = known.filter(|client| {
        registration == Registration::Reused
            && client.issuer.is_some()
            && client.issuer == metadata.issuer
            && client.redirect_uri == redirect_uri
    });
    let scopes = match registration {
        Registration::ForScopes => scopes,
        Registration::Reused | Registration::New => &[],
    };
    let (client, registration, kind) = match known {
        Some(client) => (client, Registration::Reused, Identity::Reused),
        None => (
            register(&context.http, metadata, &redirect_uri, scopes).await?,
            match registration {
                Registration::ForScopes => registration,
                Registration::Reused | Registration::New => Registration::New,
            },
            Identity::Registered,
        ),
    };
    report(kind, &client.client_id);
    Ok(Identified {
        request: with_client(request, &client.client_id, client.client_secret.as_deref()),
        method: client.method(metadata),
        registered: Some(client),
        registration: Some(registration),
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
