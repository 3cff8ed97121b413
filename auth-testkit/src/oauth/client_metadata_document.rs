//! Clients that are described by a document at their own id
//! (draft-ietf-oauth-client-id-metadata-document).

use std::time::{Duration, SystemTime};

use auth_core::support::json::{self, Rules};
use serde::Deserialize;
use url::Url;

use super::client::RegisteredClient;
use super::redirect_uri::{self, is_loopback};
use super::scope;
use crate::settings::{Leniency, Settings};

/// For how long a document is not fetched again.
const FRESH: Duration = Duration::from_secs(300);

/// A document that was fetched, or why it cannot be used.
#[derive(Debug)]
pub(crate) struct FetchedMetadata {
    pub(crate) client: Result<RegisteredClient, String>,
    fetched: SystemTime,
}

#[derive(Deserialize)]
struct Metadata {
    client_id: String,
    client_name: Option<String>,
    redirect_uris: Option<Vec<String>>,
    scope: Option<String>,
    token_endpoint_auth_method: Option<String>,
    client_secret: Option<serde::de::IgnoredAny>,
    client_secret_expires_at: Option<serde::de::IgnoredAny>,
}

impl FetchedMetadata {
    /// Reads what was fetched from a client's id.
    pub(crate) fn new(
        settings: &Settings,
        id: &str,
        fetched: Result<Vec<u8>, String>,
        now: SystemTime,
    ) -> Self {
        Self {
            client: fetched.and_then(|body| read(settings, id, &body)),
            fetched: now,
        }
    }

    /// Whether it need not be fetched again. A bad one always is: it may have been corrected.
    pub(crate) fn is_fresh(&self, now: SystemTime) -> bool {
        let age = now.duration_since(self.fetched);
        self.client.is_ok() && age.is_ok_and(|age| age < FRESH)
    }
}

/// Whether a client id may be the URL of a document.
///
/// # Errors
///
/// A text that says why not (draft section 3).
pub(crate) fn vet_id(settings: &Settings, id: &str) -> Result<Url, String> {
    let url = Url::parse(id).map_err(|_| "it is not a URL".to_owned())?;
    let lenient = settings.tolerates(Leniency::LoopbackClientMetadata) && is_loopback(&url);
    let problem = if url.scheme() != "https" && !(url.scheme() == "http" && lenient) {
        "it must be https"
    } else if !lenient && is_loopback(&url) {
        "it is on this machine"
    } else if url.path() == "/" {
        "it must have a path"
    } else if !url.username().is_empty() || url.password().is_some() {
        "it must not hold a user name or a password"
    } else if url.fragment().is_some() {
        "it must not have a fragment"
    } else if url.as_str() != id {
        // Dot segments, among others.
        "it is not written in its normal form"
    } else {
        return Ok(url);
    };
    Err(problem.to_owned())
}

/// # Errors
///
/// A text that says what is wrong with the document (draft section 4).
fn read(settings: &Settings, id: &str, body: &[u8]) -> Result<RegisteredClient, String> {
    let metadata: Metadata = json::from_slice(body, Rules::STRICT)
        .map_err(|_| "the document is not a JSON object with a client_id".to_owned())?;
    if metadata.client_id != id {
        return Err("the document's client_id is not its own url".to_owned());
    }
    if metadata.client_secret.is_some() || metadata.client_secret_expires_at.is_some() {
        return Err("the document holds a client secret".to_owned());
    }
    if !matches!(
        metadata.token_endpoint_auth_method.as_deref(),
        None | Some("none" | "private_key_jwt")
    ) {
        return Err("token_endpoint_auth_method needs a shared secret".to_owned());
    }
    let redirect_uris = metadata.redirect_uris.unwrap_or_default();
    if redirect_uris.is_empty() {
        return Err("redirect_uris is missing or empty".to_owned());
    }
    redirect_uri::vet_all(settings, &redirect_uris)?;
    let scopes = metadata.scope.as_deref().map(|requested| {
        let mut scopes = scope::split(requested);
        scopes.retain(|scope| settings.is_resource_scope(scope));
        scopes
    });
    let name = metadata.client_name.unwrap_or_else(|| id.to_owned());
    Ok(RegisteredClient {
        redirect_uris,
        scopes,
        ..RegisteredClient::named(name, None)
    })
}
