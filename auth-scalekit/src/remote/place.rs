//! Where a document is: at configured URLs, or at a URL that another document names.

use std::fmt;
use std::sync::Arc;

use auth_core::support::BoxFuture;
use auth_core::verifier::Unavailable;

/// The locations of a document.
#[derive(Debug, Clone)]
pub(crate) enum Places {
    /// At the first of these URLs that has it, the likeliest one first.
    Known(Vec<String>),
    /// At the URL that the metadata of an issuer names.
    Named {
        /// The issuer.
        issuer: String,
        /// The URL in its metadata.
        url: Arc<dyn UrlSource>,
    },
}

/// A URL that another document names. That document is fetched with separate limits and back-off.
pub(crate) trait UrlSource: fmt::Debug + Send + Sync {
    /// The URL as far as it is known. Fetches nothing.
    fn known(&self) -> Option<String>;

    /// The URL to use now.
    fn current(&self) -> BoxFuture<'_, Result<String, Unavailable>>;
}

impl Places {
    /// The location to try first, as far as it is known. Fetches nothing.
    pub(super) fn first(&self) -> Option<String> {
        match self {
            Self::Known(urls) => urls.first().cloned(),
            Self::Named { url, .. } => url.known(),
        }
    }

    /// What identifies the document: places with the same key are the same places.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Known(urls) => urls.join(" "),
            // Not a URL, so it equals no key of the other kind.
            Self::Named { issuer, .. } => format!("keys of issuer {issuer}"),
        }
    }

    /// The name of the document in errors while it has no URL.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Known(urls) => urls.first().map_or("", String::as_str),
            Self::Named { issuer, .. } => issuer,
        }
    }

    /// The URLs to try now.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] when the document that names them is.
    pub(super) async fn find(&self) -> Result<Vec<String>, Unavailable> {
        match self {
            Self::Known(urls) => Ok(urls.clone()),
            Self::Named { url, .. } => Ok(vec![url.current().await?]),
        }
    }
}
