//! [`ServerMetadata`]: the authorization server's metadata, served for clients of older MCP versions, which
//! look for it at the origin of the resource.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use auth_core::provider::{DocumentError, DocumentSource, PublicDocument};
use auth_core::support::{Clock, async_trait};
use auth_core::verifier::Unavailable;
use bytes::Bytes;

use crate::remote::{
    Answers, BadMetadata, FetchError, Fetcher, Freshness, METADATA_PATH, Places, Renewal, Source,
    metadata_of,
};

/// How long clients may cache the document. Settings in the dashboard change it, so not long.
const MAX_AGE: Duration = Duration::from_secs(300);

/// The issuer's document, byte for byte.
#[derive(Debug, Clone)]
pub(crate) struct ServerMetadata(Source<Bytes>);

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
        METADATA_PATH
    }

    async fn read(&self) -> Result<PublicDocument, DocumentError> {
        match self.0.current().await {
            Ok(snapshot) => Ok(PublicDocument::new(snapshot.content.clone(), MAX_AGE)),
            Err(unavailable) if replied_otherwise(&unavailable) => {
                Err(DocumentError::InvalidResponse(Some(Arc::new(unavailable))))
            }
            Err(unavailable) => Err(DocumentError::Unavailable(Some(Arc::new(unavailable)))),
        }
    }
}

/// Whether the issuer replied, but not with its metadata.
fn replied_otherwise(unavailable: &Unavailable) -> bool {
    unavailable
        .source()
        .and_then(|cause| cause.downcast_ref::<FetchError>())
        .is_some_and(|error| !error.is_unreachable())
}

/// Accepts a document that is about one of `issuers`.
fn vet(json: Bytes, issuers: &[String]) -> Result<Bytes, BadMetadata> {
    metadata_of(&json, issuers).map(|_| json)
}
