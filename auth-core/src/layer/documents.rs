//! Step 1: documents that everyone may read.

use bytes::Bytes;
use http::Response;
use http::request::Parts;

use super::guard::Guard;
use crate::error_chain::ErrorChain;
use crate::provider::AuthProvider;
use crate::well_known;

impl Guard {
    /// Step 1: whether a request is for a document that everyone may read.
    pub(crate) fn is_public_document(&self, parts: &Parts) -> bool {
        let path = parts.uri.path();
        let mut paths = self.metadata_paths.iter().chain(&self.document_paths);
        paths.any(|known| known == path)
    }

    /// The answer to a request for such a document.
    pub(crate) async fn public_document(&self, parts: &Parts) -> Response<Bytes> {
        let path = parts.uri.path();
        if let Some(answer) = well_known::answer_without_document(&parts.method) {
            return answer;
        }
        if self.metadata_paths.iter().any(|known| known == path) {
            return well_known::answer(Ok(&self.metadata), &parts.headers);
        }
        let document = self.provider.document(path).await;
        if let Err(error) = &document {
            let resource = self.resource().as_str();
            tracing::warn!(resource, path, error = %ErrorChain(error), "a public document cannot be had");
        }
        well_known::answer(document.as_ref(), &parts.headers)
    }
}
