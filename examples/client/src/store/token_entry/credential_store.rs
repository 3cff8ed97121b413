//! How rmcp loads and saves the tokens of an entry.

use async_trait::async_trait;
use rmcp::transport::auth::{
    AuthError, CredentialRefreshGuard, CredentialStore, StoredCredentials,
};

use super::{
    super::{
        files::Change,
        record::{Record, Tokens},
    },
    TokenEntry,
    held::Held,
    refresh_lock,
};
use crate::error::ClientError;

#[async_trait]
impl CredentialStore for TokenEntry {
    async fn load(&self) -> Result<Option<StoredCredentials>, AuthError> {
        let load = |entry: &Self| {
            let record = entry.read_blocking()?;
            *entry.held() = Held::of(record.as_ref());
            Ok(record.and_then(|record| record.credentials))
        };
        self.run(load).await.map_err(auth_error)
    }

    async fn save(&self, credentials: StoredCredentials) -> Result<(), AuthError> {
        let origin = std::mem::take(&mut *self.origin());
        self.update(move |entry, stored| Ok(entry.saved(origin, stored, credentials)))
            .await
            .map_err(auth_error)
    }

    /// rmcp calls this when the authorization server changed; the registration is removed as well.
    async fn clear(&self) -> Result<(), AuthError> {
        self.remove().await.map_err(auth_error)
    }

    /// Removes the refused tokens, unless another process has replaced them.
    async fn on_refresh_token_rejected(
        &self,
        refused: &StoredCredentials,
    ) -> Result<(), AuthError> {
        let refused = refused.token_response.as_ref();
        let refused = refused.and_then(|response| Tokens::of_response(response)?.refresh_token);
        let remove = move |_: &Self, stored: Option<Record>| {
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
        };
        self.update(remove).await.map_err(auth_error)
    }

    /// Two processes must not use the same refresh token: with rotation, that would end both logins. When another process
    /// has just refreshed the tokens, this is an error, and the caller loads them again.
    async fn acquire_refresh_guard(&self) -> Result<Option<CredentialRefreshGuard>, AuthError> {
        let guard = match (self.storage.memory_refresh_lock(), self.path()) {
            (Some(lock), _) => CredentialRefreshGuard::new(lock.lock_owned().await),
            (None, Some(path)) => {
                let lock = refresh_lock::acquire(&path.with_extension("lock")).await?;
                CredentialRefreshGuard::new(lock)
            }
            (None, None) => return Ok(None),
        };
        if self.were_replaced().await.map_err(auth_error)? {
            return Err(AuthError::CredentialStoreError(
                "another process has renewed the tokens; load them again".into(),
            ));
        }
        Ok(Some(guard))
    }
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "used as a function for map_err"
)]
fn auth_error(error: ClientError) -> AuthError {
    AuthError::CredentialStoreError(error.to_string())
}
