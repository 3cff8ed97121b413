//! All tokens of a client: opens, lists and removes them.

use std::{fmt, path::Path};

use url::Url;

use super::{
    names, protection::Protection, record::Record, storage::Storage, token_entry::TokenEntry,
};
use crate::{error::ClientError, events::Reporter};

/// The tokens for all servers. Cloning it is cheap.
///
/// Files are read and written, and keys are derived, on tokio's threads for blocking work: the asynchronous methods panic
/// outside of a tokio runtime.
#[derive(Clone)]
pub struct TokenStore(Storage);

impl TokenStore {
    /// A store that ends with the process.
    #[must_use]
    pub fn in_memory() -> Self {
        Self(Storage::memory(None))
    }

    /// A store that ends with the process, because files cannot be used: the first login reports the reason.
    #[must_use]
    pub fn in_memory_because(reason: impl Into<String>) -> Self {
        Self(Storage::memory(Some(reason.into())))
    }

    /// Files in a directory, which is created at the first login.
    #[must_use]
    pub fn in_directory(directory: &Path, protection: Protection) -> Self {
        Self(Storage::directory(directory, protection))
    }

    /// How often files were touched.
    #[cfg(test)]
    pub(super) fn counts(&self) -> &super::files::Counts {
        self.0.counts()
    }

    pub(crate) fn with_reporter(mut self, reporter: Reporter) -> Self {
        self.0.reporter = reporter;
        self
    }

    /// The entry for the tokens of a server from an issuer.
    #[must_use]
    pub fn entry(&self, server: &Url, issuer: Option<&str>) -> TokenEntry {
        TokenEntry::new(self.0.clone(), server, issuer)
    }

    /// The entry for the tokens of an account that is not a person's.
    pub(crate) fn entry_of(
        &self,
        server: &Url,
        issuer: Option<&str>,
        account: Option<&str>,
    ) -> TokenEntry {
        TokenEntry::of_account(self.0.clone(), server, issuer, account)
    }

    /// The records of all servers, in the order of their URLs. A file that cannot be used is set aside under another
    /// name; files of another [`Protection`] are ignored.
    ///
    /// # Errors
    ///
    /// [`ClientError::Store`] when a file cannot be read or a newer version wrote it,
    /// [`ClientError::Usage`] when the passphrase is not that of a file.
    pub async fn records(&self) -> Result<Vec<Record>, ClientError> {
        self.0.run(|storage| storage.find(|_| true, |_| true)).await
    }

    /// The records of a server: more than one when its issuer has changed.
    ///
    /// # Errors
    ///
    /// As [`records`](Self::records).
    pub async fn of_server(&self, server: &Url) -> Result<Vec<Record>, ClientError> {
        let server = server.as_str().to_owned();
        let beginning = names::beginning(&server);
        let find = move |storage: &Storage| {
            storage.find(
                |name| name.starts_with(&beginning),
                |record| record.server == server,
            )
        };
        self.0.run(find).await
    }

    /// Removes the records of a server, under every [`Protection`], and returns the number of logins.
    ///
    /// # Errors
    ///
    /// [`ClientError::Store`] when a file cannot be removed.
    pub async fn remove(&self, server: &Url) -> Result<usize, ClientError> {
        let server = server.as_str().to_owned();
        let beginning = names::beginning(&server);
        let remove = move |storage: &Storage| {
            storage.remove(
                |name| name.starts_with(&beginning),
                |(known, _)| *known == server,
            )
        };
        self.0.run(remove).await
    }

    /// Removes the records of all servers, under every [`Protection`], and returns the number of logins.
    ///
    /// # Errors
    ///
    /// [`ClientError::Store`] when a file cannot be removed.
    pub async fn remove_all(&self) -> Result<usize, ClientError> {
        self.0
            .run(|storage| storage.remove(|_| true, |_| true))
            .await
    }
}

impl fmt::Debug for TokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
