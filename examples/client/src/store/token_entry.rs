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

use crate::error::ClientError;
use crate::store::{
    file::{Lock, store_error},
    record::{Record, RegisteredClient, Tokens},
    tokens::{Change, TokenStore},
};

/// How long a refresh waits for another process that refreshes the same tokens: for as long as two requests
/// may take.
const LOCK_PATIENCE: Duration = Duration::from_secs(75);

/// How often it looks whether that one is done.
const LOCK_PERIOD: Duration = Duration::from_millis(20);

/// The place for the tokens of one server from one issuer, in a [`TokenStore`]. Clones share what they know.
#[derive(Clone)]
pub struct Slot {
    store: TokenStore,
    server: Arc<str>,
    issuer: Option<Arc<str>>,
    /// What the next tokens come of.
    next: Arc<Mutex<Next>>,
    /// The access token that was last handed out, as its hash.
    seen: Arc<Mutex<Option<Seen>>>,
}

#[derive(Default)]
enum Next {
    #[default]
    Refresh,
    /// By this client, or one that nobody registered.
    Login(Option<RegisteredClient>),
}

#[derive(PartialEq, Eq)]
struct Seen([u8; digest::SHA256_OUTPUT_LEN]);

impl Slot {
    pub(super) fn new(store: TokenStore, server: &Url, issuer: Option<&str>) -> Self {
        Self {
            store,
            server: server.as_str().into(),
            issuer: issuer.map(Into::into),
            next: Arc::default(),
            seen: Arc::default(),
        }
    }

    /// What is stored.
    ///
    /// # Errors
    ///
    /// [`ClientError::Store`] when the file cannot be read or a newer version wrote it,
    /// [`ClientError::Usage`] when the passphrase is another than that of the file.
    pub fn read(&self) -> Result<Option<Record>, ClientError> {
        self.store.read(&self.server, self.issuer())
    }

    /// The file, unless the tokens are in memory.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        self.store.path(&self.server, self.issuer())
    }

    /// Removes tokens and registration. Nothing to remove is no error.
    ///
    /// # Errors
    ///
    /// [`ClientError::Store`] when the file cannot be removed.
    pub fn remove(&self) -> Result<(), ClientError> {
        self.update(|_| Ok(Change::Remove))
    }

    /// The same, unless they are others by now than those that were last handed out.
    pub(crate) fn remove_refused(&self) -> Result<(), ClientError> {
        self.update(|stored| {
            Ok(match self.last_handed_out(stored.as_ref()) {
                true => Change::Remove,
                false => Change::Nothing,
            })
        })
    }

    fn update(
        &self,
        change: impl FnOnce(Option<Record>) -> Result<Change, ClientError>,
    ) -> Result<(), ClientError> {
        self.store.update(&self.server, self.issuer(), change)
    }

    /// The tokens saved next are those of a login, by this client, or one that nobody registered. They
    /// replace what is there, and are written together with their client, without which they could not be
    /// refreshed.
    pub(crate) fn expect_login(&self, client: Option<RegisteredClient>) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Next::Login(client);
    }

    /// The key that tokens are bound to, made now if there is none. It lives as long as the file.
    ///
    /// # Errors
    ///
    /// Those of `make`, and of reading and writing the file.
    pub(crate) fn proof_key(
        &self,
        make: impl FnOnce() -> Result<String, ClientError>,
    ) -> Result<String, ClientError> {
        if let Some(key) = self.read()?.and_then(|record| record.proof_key) {
            return Ok(key);
        }
        // Of two processes that log in at the same time, one makes the key for both.
        let mut kept = None;
        self.update(|stored| {
            let mut record = stored.unwrap_or_else(|| self.empty());
            if let Some(key) = record.proof_key {
                kept = Some(key);
                return Ok(Change::Nothing);
            }
            let key = make()?;
            record.proof_key = Some(key.clone());
            kept = Some(key);
            Ok(Change::Write(Box::new(record)))
        })?;
        kept.ok_or_else(|| ClientError::Token("no key to bind the tokens to".into()))
    }

    fn empty(&self) -> Record {
        Record::empty(&self.server, self.issuer.as_deref())
    }

    fn issuer(&self) -> &str {
        self.issuer.as_deref().unwrap_or_default()
    }

    fn note_seen(&self, credentials: Option<&StoredCredentials>) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = credentials.and_then(Seen::of);
    }

    fn handed_out(&self) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.is_some()
    }

    fn last_handed_out(&self, stored: Option<&Record>) -> bool {
        let credentials = stored.and_then(|record| record.credentials.as_ref());
        let now = credentials.and_then(Seen::of);
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        now.is_some() && now == *seen
    }

    /// Whether there are tokens, and others than those that were last handed out.
    fn were_renewed(&self) -> Result<bool, ClientError> {
        let record = self.read()?;
        let any = record
            .as_ref()
            .is_some_and(|record| record.tokens().is_some());
        Ok(any && self.handed_out() && !self.last_handed_out(record.as_ref()))
    }

    /// The lock that processes share while one of them refreshes.
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
        tokio::time::timeout(LOCK_PATIENCE, wait)
            .await
            .map_err(|_| {
                AuthError::CredentialStoreError(format!(
                    "another process has held {} for {} s; end it",
                    path.display(),
                    LOCK_PATIENCE.as_secs()
                ))
            })?
    }
}

#[async_trait]
impl CredentialStore for Slot {
    async fn load(&self) -> Result<Option<StoredCredentials>, AuthError> {
        let record = self.read().map_err(auth_error)?;
        let credentials = record.and_then(|record| record.credentials);
        self.note_seen(credentials.as_ref());
        Ok(credentials)
    }

    async fn save(&self, credentials: StoredCredentials) -> Result<(), AuthError> {
        let next = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *next)
        };
        self.update(|stored| {
            let record = match (next, stored) {
                (Next::Login(client), stored) => {
                    let mut record = stored.unwrap_or_else(|| self.empty());
                    record.client = client;
                    record
                }
                (Next::Refresh, Some(record)) if self.last_handed_out(Some(&record)) => record,
                // No refresh either, then: a login by somebody who uses rmcp alone.
                (Next::Refresh, stored) if !self.handed_out() => {
                    stored.unwrap_or_else(|| self.empty())
                }
                // Somebody has logged in or out since the refresh began, and has the last word.
                (Next::Refresh, _) => return Ok(Change::Nothing),
            };
            self.note_seen(Some(&credentials));
            Ok(Change::Write(Box::new(Record {
                credentials: Some(credentials),
                ..record
            })))
        })
        .map_err(auth_error)
    }

    /// rmcp calls this when the authorization server changed: its registration goes too.
    async fn clear(&self) -> Result<(), AuthError> {
        self.remove().map_err(auth_error)
    }

    /// Drops the refused tokens, unless another process replaced them in the meantime.
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

    /// Two processes must not spend the same refresh token: rotation would end both logins. And what another
    /// has just renewed is not to be renewed again: then this is an error, and the tokens can be loaded anew.
    async fn acquire_refresh_guard(&self) -> Result<Option<CredentialRefreshGuard>, AuthError> {
        let guard = match self.store.refreshing() {
            Some(refreshing) => CredentialRefreshGuard::new(refreshing.lock_owned().await),
            None => CredentialRefreshGuard::new(self.lock().await?),
        };
        if self.were_renewed().map_err(auth_error)? {
            return Err(AuthError::CredentialStoreError(
                "another process has renewed the tokens; load them again".into(),
            ));
        }
        Ok(Some(guard))
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot")
            .field("server", &self.server)
            .field("issuer", &self.issuer)
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}

impl Seen {
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
