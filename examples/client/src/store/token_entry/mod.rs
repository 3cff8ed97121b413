//! The tokens of one server from one issuer, and the key that they are bound to.
//!
//! | file | job |
//! |---|---|
//! | `held` | the token that was loaded or saved last, and its key |
//! | `credential_store` | how rmcp loads and saves the tokens |
//! | `refresh_lock` | the lock that processes share during a refresh |

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rmcp::transport::auth::StoredCredentials;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{
    files::Change,
    record::{Record, RegisteredClient, owner},
    storage::Storage,
};
use crate::{error::ClientError, server_metadata::AuthorizationServer};

mod credential_store;
mod held;
mod refresh_lock;

pub(crate) use held::Binding;
use held::Held;

/// The tokens of one server from one issuer, in a [`TokenStore`](super::TokenStore). rmcp stores through it. Clones share
/// their state.
///
/// It alone knows which key belongs to which token: both are read from the file at once, and written at once. Its
/// asynchronous methods panic outside of a tokio runtime.
#[derive(Clone)]
pub struct TokenEntry {
    storage: Storage,
    server: Arc<str>,
    issuer: Option<Arc<str>>,
    account: Option<Arc<str>>,
    /// Issuer and account, by which the record is found.
    owner: Arc<str>,
    /// Where the tokens come from that are saved next.
    origin: Arc<Mutex<Origin>>,
    /// What was loaded or saved last.
    held: Arc<Mutex<Held>>,
}

#[derive(Default)]
enum Origin {
    #[default]
    Refresh,
    /// A login at this server by this client; none for a client that did not register itself.
    Login(Option<RegisteredClient>, Box<AuthorizationServer>),
}

impl TokenEntry {
    pub(super) fn new(storage: Storage, server: &Url, issuer: Option<&str>) -> Self {
        Self::of_account(storage, server, issuer, None)
    }

    pub(super) fn of_account(
        storage: Storage,
        server: &Url,
        issuer: Option<&str>,
        account: Option<&str>,
    ) -> Self {
        Self {
            storage,
            server: server.as_str().into(),
            issuer: issuer.map(Into::into),
            account: account.map(Into::into),
            owner: owner(issuer, account).into(),
            origin: Arc::default(),
            held: Arc::default(),
        }
    }

    /// The stored record.
    ///
    /// # Errors
    ///
    /// [`ClientError::Store`] when the file cannot be read or a newer version wrote it,
    /// [`ClientError::Usage`] when the passphrase is not that of the file.
    pub async fn read(&self) -> Result<Option<Record>, ClientError> {
        self.run(Self::read_blocking).await
    }

    /// The issuer; none when its metadata has no name.
    pub(crate) fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Whether both have loaded or saved the same token.
    pub(crate) fn holds_token_of(&self, other: &Self) -> bool {
        let token = self.held().token();
        token.is_some() && other.held().token() == token
    }

    /// The file, unless the tokens are in memory.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        self.storage.path(&self.server, &self.owner)
    }

    /// Removes tokens and registration. Nothing to remove is no error.
    ///
    /// # Errors
    ///
    /// [`ClientError::Store`] when the file cannot be removed.
    pub async fn remove(&self) -> Result<(), ClientError> {
        self.update(|_, _| Ok(Change::Remove)).await
    }

    /// Removes them unless they were replaced since they were loaded.
    ///
    /// # Errors
    ///
    /// Those of reading and writing the file.
    pub(crate) async fn remove_refused(&self) -> Result<(), ClientError> {
        self.update(|entry, stored| {
            Ok(match entry.held().is_that_of(stored.as_ref()) {
                true => Change::Remove,
                false => Change::Nothing,
            })
        })
        .await
    }

    /// The tokens that are saved next come from a login. They replace the stored ones, and are written together with the
    /// registration of `client`, without which they could not be refreshed.
    pub(crate) fn expect_login(
        &self,
        client: Option<RegisteredClient>,
        server: &AuthorizationServer,
    ) {
        *self.origin() = Origin::Login(client, Box::new(server.clone()));
    }

    /// The key for proofs at the authorization server: that of the tokens which were loaded, else the stored one, else
    /// one that is generated and stored now. It is kept as long as the file, and not replaced by a login: otherwise a
    /// login that fails would make the stored tokens unusable.
    ///
    /// # Errors
    ///
    /// Those of `generate`, and of reading and writing the file.
    pub(crate) async fn proof_key(
        &self,
        generate: impl FnOnce() -> Result<String, ClientError> + Send + 'static,
    ) -> Result<SecretString, ClientError> {
        if let Some(key) = self.held().proof_key() {
            return Ok(key.clone());
        }
        self.run(|entry| {
            let stored = entry.read_blocking()?.and_then(|record| record.proof_key);
            let key = SecretString::from(match stored {
                Some(key) => key,
                None => entry.generated_key(generate)?,
            });
            entry.held().set_proof_key(key.clone());
            Ok(key)
        })
        .await
    }

    /// How this token is bound to a key. It was loaded or saved before, so the file is read only if other tokens were
    /// loaded since: then the key counts that is stored now.
    ///
    /// # Errors
    ///
    /// Those of [`read`](Self::read).
    pub(crate) async fn binding_of(&self, token: &str) -> Result<Binding, ClientError> {
        let held = self.held().binding_of(token);
        match held {
            Some(binding) => Ok(binding),
            None => self.stored_binding().await,
        }
    }

    /// Whether the loaded tokens are bound to a key; if none were loaded, whether the stored ones are.
    ///
    /// # Errors
    ///
    /// Those of [`read`](Self::read).
    pub(crate) async fn is_bound(&self) -> Result<bool, ClientError> {
        let held = self.held().binding();
        let binding = match held {
            Some(binding) => binding,
            None => self.stored_binding().await?,
        };
        Ok(!matches!(binding, Binding::Unbound))
    }

    async fn stored_binding(&self) -> Result<Binding, ClientError> {
        let stored = Held::of(self.read().await?.as_ref());
        Ok(stored.binding().unwrap_or(Binding::Unbound))
    }

    /// Whether the stored tokens are not those that were loaded.
    async fn were_replaced(&self) -> Result<bool, ClientError> {
        let record = self.read().await?;
        let any = record
            .as_ref()
            .is_some_and(|record| record.tokens().is_some());
        let held = self.held();
        Ok(any && held.has_token() && !held.is_that_of(record.as_ref()))
    }

    fn read_blocking(&self) -> Result<Option<Record>, ClientError> {
        self.storage.read(&self.server, &self.owner)
    }

    /// Of two processes that log in at the same time, one generates the key for both.
    fn generated_key(
        &self,
        generate: impl FnOnce() -> Result<String, ClientError>,
    ) -> Result<String, ClientError> {
        let mut stored_key = None;
        self.storage.update(&self.server, &self.owner, |stored| {
            let mut record = stored.unwrap_or_else(|| self.empty());
            if let Some(key) = record.proof_key {
                stored_key = Some(key);
                return Ok(Change::Nothing);
            }
            let key = generate()?;
            record.proof_key = Some(key.clone());
            stored_key = Some(key);
            Ok(Change::Write(Box::new(record)))
        })?;
        stored_key.ok_or_else(|| ClientError::Token("no key to bind the tokens to".into()))
    }

    /// What saving these tokens changes.
    fn saved(
        &self,
        origin: Origin,
        stored: Option<Record>,
        credentials: StoredCredentials,
    ) -> Change {
        let mut held = self.held();
        let login = |stored: Option<Record>| {
            let mut record = stored.unwrap_or_else(|| self.empty());
            // The tokens are bound to the key that their request was signed with, whatever is stored by now.
            if let Some(key) = held.proof_key() {
                record.proof_key = Some(key.expose_secret().to_owned());
            }
            record
        };
        let mut record = match (origin, stored) {
            (Origin::Login(client, server), stored) => Record {
                client,
                authorization_server: Some(*server),
                ..login(stored)
            },
            (Origin::Refresh, Some(record)) if held.is_that_of(Some(&record)) => record,
            // Nothing was loaded, so this is no refresh: rmcp itself has logged in.
            (Origin::Refresh, stored) if !held.has_token() => login(stored),
            // A login or a logout since the refresh began takes precedence.
            (Origin::Refresh, _) => return Change::Nothing,
        };
        record.credentials = Some(credentials);
        *held = Held::of(Some(&record));
        Change::Write(Box::new(record))
    }

    /// Does blocking work on this entry, away from the threads of the runtime.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ClientError> + Send + 'static,
    ) -> Result<T, ClientError> {
        let entry = self.clone();
        self.storage.run(move |_| work(&entry)).await
    }

    async fn update(
        &self,
        change: impl FnOnce(&Self, Option<Record>) -> Result<Change, ClientError> + Send + 'static,
    ) -> Result<(), ClientError> {
        self.run(|entry| {
            let storage = &entry.storage;
            storage.update(&entry.server, &entry.owner, |stored| change(entry, stored))
        })
        .await
    }

    fn empty(&self) -> Record {
        Record {
            account: self.account.as_deref().map(str::to_owned),
            ..Record::empty(&self.server, self.issuer.as_deref())
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn origin(&self) -> MutexGuard<'_, Origin> {
        self.origin.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TokenEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenEntry")
            .field("server", &self.server)
            .field("issuer", &self.issuer)
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
