//! Where a document is: at URLs that are known, or at one that another document names.

use auth_core::Unavailable;

use super::source::Source;
use super::url::FetchUrl;

/// Where a document is.
#[derive(Debug, Clone)]
pub(crate) enum Places {
    /// At the first of these URLs that has it, the likeliest one first.
    Known(Vec<String>),
    /// At the URL that the issuer's metadata names. Its fetches have limits of their own.
    Named {
        /// Whose metadata it is.
        issuer: String,
        /// The URL in it.
        metadata: Source<FetchUrl>,
    },
}

impl Places {
    /// The place to look at first, as far as it is known now. Fetches nothing.
    pub(super) fn first(&self) -> Option<String> {
        match self {
            Self::Known(urls) => urls.first().cloned(),
            Self::Named { metadata, .. } => {
                let known = metadata.state().answer?;
                Some(known.content.as_str().into())
            }
        }
    }

    /// What identifies the document: two places with the same key are the same place.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Known(urls) => urls.join(" "),
            // No URL, so that it is nobody else's.
            Self::Named { issuer, .. } => format!("keys of issuer {issuer}"),
        }
    }

    /// What errors call the document by as long as it has no URL.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Known(urls) => urls.first().map_or("", String::as_str),
            Self::Named { issuer, .. } => issuer,
        }
    }

    /// The URLs to look at now.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] when the document that names them is.
    pub(super) async fn find(&self) -> Result<Vec<String>, Unavailable> {
        match self {
            Self::Known(urls) => Ok(urls.clone()),
            Self::Named { metadata, .. } => {
                let current = metadata.current().await?;
                Ok(vec![current.content.as_str().into()])
            }
        }
    }
}
