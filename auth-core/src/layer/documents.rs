//! Step 1: public documents.

use bytes::Bytes;
use http::Response;
use http::request::Parts;

use super::guard::Guard;
use crate::error::ErrorChain;
use crate::provider::DocumentSource;
use crate::wire::well_known;

impl Guard {
    /// Step 1: whether a request is for a public document.
    pub(crate) fn is_public_document(&self, parts: &Parts) -> bool {
        let path = parts.uri.path();
        let mut documents = self.documents.iter();
        self.is_metadata(path) || documents.any(|document| document.path() == path)
    }

    /// The response to a request for a public document.
    pub(crate) async fn public_document(&self, parts: &Parts) -> Response<Bytes> {
        let path = parts.uri.path();
        if let Some(answer) = well_known::answer_without_document(&parts.method) {
            return answer;
        }
        let mut documents = self.documents.iter();
        let document = match documents.find(|document| document.path() == path) {
            Some(document) if !self.is_metadata(path) => document.read().await,
            _ => return well_known::answer(Ok(&self.metadata), &parts.headers),
        };
        if let Err(error) = &document {
            let resource = self.resource().as_str();
            tracing::warn!(resource, path, error = %ErrorChain(error), "a public document is unavailable");
        }
        well_known::answer(document.as_ref(), &parts.headers)
    }

    fn is_metadata(&self, path: &str) -> bool {
        self.metadata_paths.iter().any(|known| known == path)
    }
}
