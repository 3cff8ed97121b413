//! The order in which documents are read.
//!
//! 1. The resource metadata that the challenge names (RFC 9728 section 5.1). The server named it, so a wrong document is
//!    an error.
//! 2. The resource metadata at the well-known places, for the path of the server and at the root (MCP 2025-11-25 and
//!    later require a client to look there when there is no challenge).
//! 3. The metadata of the authorization servers that the document names, in its order.
//! 4. Without any resource metadata, what MCP 2025-03-26 prescribes: metadata at the origin of the server, else the
//!    default endpoints there; these only when the server sent a challenge for tokens.
//!
//! An outage or a wrong document is not the absence of one: within a step the next place is tried, but neither leads to
//! the next step.

use rmcp::transport::auth::AuthorizationMetadata;
use url::Url;

use super::{
    Discovery, Source,
    document::{self, Document},
    issuer_metadata,
    resource_metadata::{self, ResourceMetadata},
    well_known,
};
use crate::{
    challenge::Challenge, error::ClientError, events::Step, redact,
    server_metadata::AuthorizationServer, transport::OAuthHttp, web_url::vet_web,
};

/// Of a longer list the rest is not asked: each costs up to three requests.
const MAX_ISSUERS: usize = 5;

/// Finds the authorization server of an MCP server that asks for a login.
///
/// # Errors
///
/// [`ClientError::NoAuthorizationServer`], [`ClientError::ResourceMetadata`], [`ClientError::Metadata`] or
/// [`ClientError::IssuerUnreachable`], by the party that is at fault.
pub(crate) async fn discover(
    http: &OAuthHttp,
    server: &Url,
    challenge: &Challenge,
) -> Result<Discovery, ClientError> {
    let mut tried = Vec::new();
    let found = find_resource_metadata(http, server, challenge, &mut tried).await?;
    let Some(found) = found else {
        return without_resource_metadata(http, server, challenge, &tried).await;
    };
    let mut first_failure = None;
    for issuer in found.authorization_servers.iter().take(MAX_ISSUERS) {
        match issuer_metadata_of(http, issuer).await {
            Ok(metadata) => {
                return Ok(Discovery {
                    server: AuthorizationServer {
                        resource: found.resource,
                        metadata,
                    },
                    scopes: requested_scopes(challenge, found.scopes_supported),
                    source: Source::ResourceMetadata,
                });
            }
            Err(failure) => first_failure = first_failure.or(Some(failure)),
        }
    }
    Err(first_failure.unwrap_or_else(|| no_server(server, &tried)))
}

/// The scopes of the challenge, which names those of this request; else all that the document names.
fn requested_scopes(challenge: &Challenge, supported: Vec<String>) -> Vec<String> {
    let mut scopes: Vec<String> = Vec::new();
    let named = challenge.scope.as_deref().unwrap_or_default();
    let named: Vec<String> = named.split_whitespace().map(str::to_owned).collect();
    for scope in if named.is_empty() { supported } else { named } {
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    scopes
}

async fn find_resource_metadata(
    http: &OAuthHttp,
    server: &Url,
    challenge: &Challenge,
    tried: &mut Vec<Url>,
) -> Result<Option<ResourceMetadata>, ClientError> {
    if let Some(named) = &challenge.resource_metadata {
        let url = server
            .join(named)
            .map_err(|error| ClientError::ResourceMetadata {
                url: redact::printable(named),
                reason: format!("the challenge names it, and it is not a URL ({error})"),
                resource: None,
            })?;
        vet_web(&url).map_err(|why| ClientError::ResourceMetadata {
            url: redact::url(&url),
            reason: format!("its URL {why}"),
            resource: None,
        })?;
        tried.push(url.clone());
        match document::get(http, &url, Step::ResourceMetadata).await? {
            Document::Object(object) => {
                return resource_metadata::read(&object, &url, &[server]).map(Some);
            }
            Document::Elsewhere(reason) => {
                return Err(ClientError::ResourceMetadata {
                    url: redact::url_without_query(&url),
                    reason,
                    resource: None,
                });
            }
            Document::Absent(_) => {}
        }
    }
    let origin = well_known::at(server, "/", None);
    let mut failure = None;
    for url in well_known::resource_metadata(server) {
        if tried.contains(&url) {
            continue;
        }
        let is_root = url.path() == "/.well-known/oauth-protected-resource";
        let resources = [server, &origin];
        // The document at the root is that of the origin (RFC 9728 section 3.3), and MCP lets a server publish its own
        // there.
        let resources = match is_root {
            true => &resources[..],
            false => &resources[..1],
        };
        tried.push(url.clone());
        let read = match document::get(http, &url, Step::ResourceMetadata).await {
            Ok(Document::Object(object)) if resource_metadata::is_meant(&object) => {
                resource_metadata::read(&object, &url, resources)
            }
            Ok(_) => continue,
            Err(outage) => Err(outage),
        };
        match read {
            Ok(found) => return Ok(Some(found)),
            Err(why) => failure = failure.or(Some(why)),
        }
    }
    failure.map_or(Ok(None), Err)
}

/// The metadata of an issuer, at the first place where there is one that can be used.
async fn issuer_metadata_of(
    http: &OAuthHttp,
    issuer: &str,
) -> Result<AuthorizationMetadata, ClientError> {
    let wrong = |why: String| {
        ClientError::Metadata(format!(
            "{}, which the MCP server names as its authorization server, {why}",
            redact::printable(issuer)
        ))
    };
    let url = Url::parse(issuer).map_err(|error| wrong(format!("is not a URL ({error})")))?;
    vet_web(&url).map_err(wrong)?;
    let mut failure = None;
    let mut absent = Vec::new();
    for place in well_known::issuer_metadata(&url) {
        let read = match document::get(http, &place, Step::ServerMetadata).await {
            Ok(Document::Object(object)) => issuer_metadata::read(object, issuer)
                .map_err(|why| ClientError::Metadata(format!("{}: {why}", redact::url(&place)))),
            Ok(Document::Absent(why) | Document::Elsewhere(why)) => {
                absent.push(format!("{} ({why})", redact::url(&place)));
                continue;
            }
            Err(outage) => Err(outage),
        };
        match read {
            Ok(metadata) => return Ok(metadata),
            Err(why) => failure = failure.or(Some(why)),
        }
    }
    Err(failure.unwrap_or_else(|| {
        wrong(format!(
            "publishes no metadata; tried {}",
            absent.join(", ")
        ))
    }))
}

/// MCP 2025-03-26, "Server Metadata Discovery": the authorization server is at the origin of the MCP server.
async fn without_resource_metadata(
    http: &OAuthHttp,
    server: &Url,
    challenge: &Challenge,
    tried: &[Url],
) -> Result<Discovery, ClientError> {
    let origin = server.origin().ascii_serialization();
    let found = |metadata, source| Discovery {
        server: AuthorizationServer {
            resource: server.as_str().to_owned(),
            metadata,
        },
        scopes: requested_scopes(challenge, Vec::new()),
        source,
    };
    for place in well_known::issuer_metadata(&well_known::at(server, "/", None)) {
        if let Document::Object(object) = document::get(http, &place, Step::ServerMetadata).await?
            && object.contains_key("issuer")
        {
            let metadata = issuer_metadata::read(object, &origin)
                .map_err(|why| ClientError::Metadata(format!("{}: {why}", redact::url(&place))))?;
            return Ok(found(metadata, Source::OriginMetadata));
        }
    }
    if !challenge.for_tokens {
        return Err(no_server(server, tried));
    }
    let mut metadata = AuthorizationMetadata::default();
    metadata.authorization_endpoint = format!("{origin}/authorize");
    metadata.token_endpoint = format!("{origin}/token");
    metadata.registration_endpoint = Some(format!("{origin}/register"));
    Ok(found(metadata, Source::DefaultEndpoints))
}

fn no_server(server: &Url, tried: &[Url]) -> ClientError {
    ClientError::NoAuthorizationServer {
        url: redact::url_without_query(server),
        tried: tried.iter().map(redact::url_without_query).collect(),
    }
}
