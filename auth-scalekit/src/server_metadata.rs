//! The authorization server's metadata, passed on for clients of older MCP versions that look for
//! it at the resource's own origin.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use auth_core::json::{self, Rules};
use auth_core::{Clock, DocumentError, PublicDocument, Unavailable};
use bytes::Bytes;
use serde_json::Value;

use crate::remote::{FetchError, Fetcher, Freshness, Source};

/// Where it is served: the root form of
/// [RFC 8414 section 3](https://www.rfc-editor.org/rfc/rfc8414#section-3).
pub(crate) const PATH: &str = "/.well-known/oauth-authorization-server";

/// How long others may keep what we pass on. Dashboard switches change it, so not long.
const MAX_AGE: Duration = Duration::from_secs(300);

/// The document of the issuer, byte for byte.
#[derive(Debug, Clone)]
pub(crate) struct ServerMetadata(Source<Bytes>);

/// What came is not the metadata of the issuer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadMetadata {
    #[error("the authorization server metadata is not a JSON object")]
    NotAnObject,
    #[error("the authorization server metadata is of another issuer")]
    AnotherIssuer,
}

impl ServerMetadata {
    /// The metadata at the first of `urls` that has it, if it is about one of `issuers`.
    pub(crate) fn fetched(
        urls: Vec<String>,
        issuers: [String; 2],
        fetcher: Fetcher,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Source::new(
            urls,
            fetcher,
            Freshness::default(),
            clock,
            move |json| vet(json, &issuers),
        ))
    }

    /// The document, or why it cannot be had.
    pub(crate) async fn document(&self) -> Result<PublicDocument, DocumentError> {
        match self.0.current().await {
            Ok(snapshot) => Ok(PublicDocument::new(snapshot.content.clone(), MAX_AGE)),
            Err(unavailable) if said_something_else(&unavailable) => {
                Err(DocumentError::BadAnswer(Some(Arc::new(unavailable))))
            }
            Err(unavailable) => Err(DocumentError::Unavailable(Some(Arc::new(unavailable)))),
        }
    }
}

/// Whether the issuer answered, but not with its metadata.
fn said_something_else(unavailable: &Unavailable) -> bool {
    unavailable
        .source()
        .and_then(|cause| cause.downcast_ref::<FetchError>())
        .is_some_and(|error| !error.is_unreachable())
}

/// Lets a document through if it is about one of `issuers`
/// ([RFC 8414 section 3.3](https://www.rfc-editor.org/rfc/rfc8414#section-3.3)).
fn vet(json: Bytes, issuers: &[String]) -> Result<Bytes, BadMetadata> {
    let document: Value =
        json::value(&json, Rules::STRICT).map_err(|_| BadMetadata::NotAnObject)?;
    let object = document.as_object().ok_or(BadMetadata::NotAnObject)?;
    match object.get("issuer").and_then(Value::as_str) {
        Some(issuer) if issuers.iter().any(|known| known == issuer) => Ok(json),
        _ => Err(BadMetadata::AnotherIssuer),
    }
}
