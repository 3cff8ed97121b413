//! The tokens of one server from one issuer.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use aws_lc_rs::digest;
use rmcp::transport::auth::{
    AuthError, CredentialRefreshGuard, CredentialStore, StoredCredentials,
};
use url::Url;

use super::{
    disk::store_error,
    lock::Lock,
    record::{Record, RegisteredClient, Tokens},
    storage::{Change, Storage},
};
use crate::{error::ClientError, server_metadata::AuthorizationServer};

/// How long a refresh waits for another process that refreshes the same tokens: as long as two requests may take.
const LOCK_TIMEOUT: Duration = Duration::from_secs(75);

/// How often it tries to get the lock meanwhile.
const LOCK_PERIOD: Duration = Duration::from_millis(20);

/// The tokens of one server from one issuer, in a [`TokenStore`](super::TokenStore). rmcp stores through it. Clones share
/// their state.
#[derive(Clone)]
pub struct TokenEntry {
    storage: Storage,
    server: Arc<str>,
    issuer: Option<Arc<str>>,
    /// Where the tokens come from that are saved next.
    origin: Arc<Mutex<Origin>>,
    /// The hash of the access token that was loaded or saved last.
    current: Arc<Mutex<Option<TokenHash>>>,
}

#[derive(Default)]
enum Origin {
    #[default]
    Refresh,
    /// A login at this server by this client; none for a client that did not register itself.
    Login(Option<RegisteredClient>, Box<AuthorizationServer>),
}

#[derive(PartialEq, Eq)]
struct TokenHash([u8; digest::SHA256_OUTPUT_LEN]);

impl TokenEntry {
    pub(super) fn new(storage: Storage, server: &Url, issuer: Option<&str>) -> Self {
        Self {
            storage,
            server: server.as_str().into(),
            issuer: issuer.map(Into::into),
            origin: Arc::default(),
            current: Arc::default(),
        }
    }

    /// The stored record.
    ///
    /// # Errors
    ///
    /// [`ClientError::Store`] when the file cannot be read or a newer version wrote it,
    /// [`ClientError::Usage`] when the passphrase is not that of the file.
    pub fn read(&self) -> Result<Option<Record>, ClientError> {
        self.storage.read(&self.server, self.issuer())
    }

    /// The file, unless the tokens are in memory.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        self.storage.path(&self.server, self.issuer())
    }

    /// Removes tokens and registration. Nothing to remove is no error.
    ///
    /// # Errors
    ///
    /// [`ClientError::Store`] when the file cannot be removed.
    pub fn remove(&self) -> Result<(), ClientError> {
        self.update(|_| Ok(Change::Remove))
    }

    /// Removes them unless they were replaced since they were loaded.
    ///
    /// # Errors
    ///
    /// Those of reading and writing the file.
    pub(crate) fn remove_refused(&self) -> Result<(), ClientError> {
        self.update(|stored| {
            Ok(match self.is_current(stored.as_ref()) {
                true => Change::Remove,
                false => Change::Nothing,
            })
        })
    }

    fn update(
        &self,
        change: impl FnOnce(Option<Record>) -> Result<Change, ClientError>,
    ) -> Result<(), ClientError> {
        self.storage.update(&self.server, self.issuer(), change)
    }

    /// The tokens that are saved next come from a login. They replace the stored ones, and are written together with the
    /// registration of `client`, without which they could not be refreshed.
    pub(crate) fn expect_login(
        &self,
        client: Option<RegisteredClient>,
        server: &AuthorizationServer,
    ) {
        *self.origin.lock().unwrap_or_else(PoisonError::into_inner) =
            Origin::Login(client, Box::new(server.clone()));
    }

    /// The key that tokens are bound to, generated now if there is none. It is kept as long as the file.
    ///
    /// # Errors
    ///
    /// Those of `generate`, and of reading and writing the file.
    pub(crate) fn proof_key(
        &self,
        generate: impl FnOnce() -> Result<String, ClientError>,
    ) -> Result<String, ClientError> {
        if let Some(key) = self.read()?.and_then(|record| record.proof_key) {
            return Ok(key);
        }
        // Of two processes that log in at the same time, one generates the key for both.
        let mut stored_key = None;
        self.update(|stored| {
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

    fn empty(&self) -> Record {
        Record::empty(&self.server, self.issuer.as_deref())
    }

    fn issuer(&self) -> &str {
        self.issuer.as_deref().unwrap_or_default()
    }

    fn set_current(&self, credentials: Option<&StoredCredentials>) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) =
            credentials.and_then(TokenHash::of);
    }

    fn has_current(&self) -> bool {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.is_some()
    }

    fn is_current(&self, stored: Option<&Record>) -> bool {
        let credentials = stored.and_then(|record| record.credentials.as_ref());
        let stored = credentials.and_then(TokenHash::of);
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        stored.is_some() && stored == *current
    }

    /// Whether the stored tokens are not those that were loaded.
    fn were_replaced(&self) -> Result<bool, ClientError> {
        let record = self.read()?;
        let any = record
            .as_ref()
            .is_some_and(|record| record.tokens().is_some());
        Ok(any && self.has_current() && !self.is_current(record.as_ref()))
    }

    /// The refresh lock that processes share.
    async fn lock(&self) -> Result<Option<Lock>, AuthError> {
        let Some(path) = self.path().map(|path| path.with_extension("lock")) else {
            return Ok(None);
        };
        let wait = async {
            loop {
                match Lock::try_now(&path) {
                    Ok(Some(lock)) => return Ok(Some(lock)),
                    Ok(None) => tokio::time::sleep(LOCK_PERIOD).await,
                    Err(error) => return Err(auth_error(store_error(&path, &error))),
                }
            }
        };
        tokio::time::timeout(LOCK_TIMEOUT, wait)
            .await
            .map_err(|_| {
                AuthError::CredentialStoreError(format!(
                    "another process has held {} for {} s; end it",
                    path.display(),
                    LOCK_TIMEOUT.as_secs()
                ))
            })?
    }
}

#[async_trait]
impl CredentialStore for TokenEntry {
    async fn load(&self) -> Result<Option<StoredCredentials>, AuthError> {
        let record = self.read().map_err(auth_error)?;
        let credentials = record.and_then(|record| record.credentials);
        self.set_current(credentials.as_ref());
        Ok(credentials)
    }

    async fn save(&self, credentials: StoredCredentials) -> Result<(), AuthError> {
        let origin = {
            let mut origin = self.origin.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *origin)
        };
        self.update(|stored| {
            let record = match (origin, stored) {
                (Origin::Login(client, server), stored) => {
                    let mut record = stored.unwrap_or_else(|| self.empty());
                    record.client = client;
                    record.authorization_server = Some(*server);
                    record
                }
                (Origin::Refresh, Some(record)) if self.is_current(Some(&record)) => record,
                // Nothing was loaded, so this is no refresh: rmcp itself has logged in.
                (Origin::Refresh, stored) if !self.has_current() => {
                    stored.unwrap_or_else(|| self.empty())
                }
                // A login or a logout since the refresh began takes precedence.
                (Origin::Refresh, _) => return Ok(Change::Nothing),
            };
            self.set_current(Some(&credentials));
            Ok(Change::Write(Box::new(Record {
                credentials: Some(credentials),
                ..record
            })))
        })
        .map_err(auth_error)
    }

    /// rmcp calls this when the authorization server changed; the registration is removed as well.
    async fn clear(&self) -> Result<(), AuthError> {
        self.remove().map_err(auth_error)
    }

    /// Removes the refused tokens, unless another process has replaced them.
    async fn on_refresh_token_rejected(
        &self,
        refused: &StoredCredentials,
    ) -> Result<(), AuthError> {
        let refused = refused.token_response.as_ref();
        let refused = refused.and_then(|response| Tokens::of_response(response)?.refresh_token);
        self.update(|stored| {
            let stored = stored.filter(|record| {
                let tokens = record.tokens();
                refused.is_some() && tokens.and_then(|tokens| tokens.refresh_token) == refused
            });
            Ok(stored.map_or(Change::Nothing, |record| {
                Change::Write(Box::new(Record {
                    credentials: None,
                    ..record
                }))
            }))
        })
        .map_err(auth_error)
    }

    /// Two processes must not use the same refresh token: with rotation, that would end both logins. When another process
    /// has just refreshed the tokens, this is an error, and the caller loads them again.
    async fn acquire_refresh_guard(&self) -> Result<Option<CredentialRefreshGuard>, AuthError> {
        let guard = match self.storage.memory_refresh_lock() {
            Some(lock) => CredentialRefreshGuard::new(lock.lock_owned().await),
            None => CredentialRefreshGuard::new(self.lock().await?),
        };
        if self.were_replaced().map_err(auth_error)? {
            return Err(AuthError::CredentialStoreError(
                "another process has renewed the tokens; load them again".into(),
            ));
        }
        Ok(Some(guard))
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

impl TokenHash {
    fn of(credentials: &StoredCredentials) -> Option<Self> {
        let token = Tokens::of_response(credentials.token_response.as_ref()?)?.access_token;
        let hash = digest::digest(&digest::SHA256, token.as_bytes());
        hash.as_ref().try_into().ok().map(Self)
    }
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "used as a function for map_err"
)]
fn auth_error(error: ClientError) -> AuthError {
    AuthError::CredentialStoreError(error.to_string())
}

#[cfg(test)]
mod tests;
