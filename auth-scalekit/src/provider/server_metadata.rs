//! The authorization server's metadata, passed on for clients of older MCP versions that look for
//! it at the resource's own origin.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use auth_core::json::{self, Rules};
use auth_core::{Clock, DocumentError, DocumentSource, PublicDocument, Unavailable, async_trait};
use bytes::Bytes;
use serde_json::{Map, Value};

use crate::remote::{Answers, FetchError, Fetcher, Freshness, Places, Renewal, Source};

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
    #[error("the metadata is not a JSON object with each member once")]
    NotAnObject,
    #[error("the metadata names no issuer")]
    NoIssuer,
    #[error("the metadata is about issuer {0:?}: configure that one if it is meant")]
    AnotherIssuer(String),
}

/// How much of another issuer's name is shown.
const MAX_SHOWN: usize = 200;

impl ServerMetadata {
    /// The metadata at the first of `urls` that has it, if it is about one of `issuers`.
    pub(crate) fn fetched(
        urls: Vec<String>,
        issuers: [String; 2],
        fetcher: Fetcher,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Source::new(
            &Answers::of(1),
            Places::Known(urls),
            fetcher,
            Freshness::default(),
            Renewal::OnDemand,
            clock,
            move |json| vet(json, &issuers),
        ))
    }
}

#[async_trait]
impl DocumentSource for ServerMetadata {
    fn path(&self) -> &str {
        PATH
    }

    async fn read(&self) -> Result<PublicDocument, DocumentError> {
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

/// Lets a document through if it is about one of `issuers`.
fn vet(json: Bytes, issuers: &[String]) -> Result<Bytes, BadMetadata> {
    metadata_of(&json, issuers).map(|_| json)
}

/// Metadata, if it is about one of `issuers`, byte for byte: any other may be an attack
/// ([RFC 8414 section 3.3](https://www.rfc-editor.org/rfc/rfc8414#section-3.3)).
pub(crate) fn metadata_of(
    json: &[u8],
    issuers: &[impl AsRef<str>],
) -> Result<Map<String, Value>, BadMetadata> {
    let document = json::value(json, Rules::STRICT).map_err(|_| BadMetadata::NotAnObject)?;
    let Value::Object(metadata) = document else {
        return Err(BadMetadata::NotAnObject);
    };
    let issuer = metadata.get("issuer").and_then(Value::as_str);
    let issuer = issuer.ok_or(BadMetadata::NoIssuer)?;
    if issuers.iter().any(|known| known.as_ref() == issuer) {
        Ok(metadata)
    } else {
        let shown = issuer.chars().take(MAX_SHOWN).collect();
        Err(BadMetadata::AnotherIssuer(shown))
    }
}
