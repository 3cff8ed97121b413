//! Sends MCP requests with the stored token, and refreshes a refused token once for all requests.

use std::{fmt, sync::Arc};

use http::HeaderMap;
use oauth2::TokenResponse as _;
use reqwest::Response;
use rmcp::transport::auth::{AuthError, AuthorizationManager};
use tokio::sync::Mutex;

use super::{
    mcp_error::TransportResult,
    mcp_request::{McpRequest, refusal_of, refuses_token},
};
use crate::dpop::DpopSession;

/// Sends MCP requests with the tokens of this client. rmcp's `AuthClient` would refresh for each refused request, even
/// right after the refresh of another one.
#[derive(Clone)]
pub(crate) struct Authorized {
    pub(super) http: reqwest::Client,
    /// None before the first login.
    manager: Arc<Mutex<Option<AuthorizationManager>>>,
    pub(super) dpop: Arc<DpopSession>,
}

impl Authorized {
    pub(crate) fn new(
        http: reqwest::Client,
        manager: Option<AuthorizationManager>,
        dpop: Arc<DpopSession>,
    ) -> Self {
        Self {
            http,
            manager: Arc::new(Mutex::new(manager)),
            dpop,
        }
    }

    /// Continues with the tokens of another login. All clones share the manager, so the running MCP session does too.
    pub(crate) async fn replace(&self, manager: Option<AuthorizationManager>) {
        *self.manager.lock().await = manager;
    }

    /// Sends one request. Without a stored token it is sent without: the server's refusal then starts a login.
    ///
    /// # Errors
    ///
    /// The refusal, when the server accepts neither this token nor a refreshed one; the failure of the refresh, when
    /// the issuer did not refuse it.
    pub(super) async fn send(&self, request: &McpRequest) -> TransportResult<Response> {
        let response = match self.current().await? {
            None => request.send(&self.http, HeaderMap::new()).await?,
            Some(token) => {
                let response = self.send_with_token(request, &token).await?;
                match refuses_token(&response) {
                    true => match self.refreshed(&token).await? {
                        Some(token) => self.send_with_token(request, &token).await?,
                        None => response,
                    },
                    false => response,
                }
            }
        };
        match refusal_of(&response) {
            None => Ok(response),
            Some(refusal) => Err(refusal),
        }
    }

    async fn current(&self) -> Result<Option<String>, AuthError> {
        let manager = Arc::clone(&self.manager);
        finish(async move {
            match manager.lock().await.as_ref() {
                Some(manager) => current(manager).await,
                None => Ok(None),
            }
        })
        .await
    }

    /// Another token than the refused one; none when only a login can get one.
    async fn refreshed(&self, refused: &str) -> Result<Option<String>, AuthError> {
        let manager = Arc::clone(&self.manager);
        let refused = refused.to_owned();
        finish(async move {
            // Locked until the end: a request that waits here finds the token of the first refresh.
            match manager.lock().await.as_ref() {
                Some(manager) => refreshed(manager, &refused).await,
                None => Ok(None),
            }
        })
        .await
    }
}

/// Finishes a refresh even if its request is cancelled: the issuer may have replaced the refresh token already.
async fn finish<T: Send + 'static>(
    work: impl Future<Output = Result<T, AuthError>> + Send + 'static,
) -> Result<T, AuthError> {
    match tokio::spawn(work).await {
        Ok(result) => result,
        Err(error) => Err(AuthError::InternalError(error.to_string())),
    }
}

async fn refreshed(
    manager: &AuthorizationManager,
    refused: &str,
) -> Result<Option<String>, AuthError> {
    match current(manager).await? {
        Some(token) if token == refused => {}
        other => return Ok(other),
    }
    match manager.refresh_token().await {
        Ok(response) => {
            let token = response.access_token().secret().clone();
            Ok(Some(token).filter(|token| token != refused))
        }
        Err(AuthError::AuthorizationRequired | AuthError::TokenRefreshRejected(_)) => Ok(None),
        // The store refuses when another process has refreshed the tokens while this one waited for the lock.
        Err(error @ AuthError::CredentialStoreError(_)) => {
            match current(manager).await?.filter(|token| token != refused) {
                None => Err(error),
                token => Ok(token),
            }
        }
        Err(error) => Err(error),
    }
}

/// The stored token, refreshed when it is about to expire; none when there is none.
async fn current(manager: &AuthorizationManager) -> Result<Option<String>, AuthError> {
    let mut token = manager.get_access_token().await;
    if matches!(token, Err(AuthError::CredentialStoreError(_))) {
        // As above: the tokens of the other process are good.
        token = manager.get_access_token().await;
    }
    match token {
        Ok(token) => Ok(Some(token)),
        Err(AuthError::AuthorizationRequired) => Ok(None),
        Err(error) => Err(error),
    }
}

impl fmt::Debug for Authorized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authorized")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::sync::{Mutex as Cell, atomic::AtomicU32, atomic::Ordering};

    use rmcp::transport::auth::{
        AuthorizationMetadata, CredentialRefreshGuard, CredentialStore, StoredCredentials,
    };
    use serde_json::json;

    use super::*;

    const SERVER: &str = "http://localhost:8000/mcp";

    /// Whose guard refuses, because another process has stored `next` in the meantime.
    #[derive(Clone)]
    struct Refusing {
        token: Arc<Cell<&'static str>>,
        next: &'static str,
        asked: Arc<AtomicU32>,
    }

    #[async_trait::async_trait]
    impl CredentialStore for Refusing {
        async fn load(&self) -> Result<Option<StoredCredentials>, AuthError> {
            let token = *self.token.lock().unwrap();
            let response = json!({
                "access_token": token, "token_type": "bearer", "refresh_token": "spent",
            });
            let response = serde_json::from_value(response).unwrap();
            let client = "client".to_owned();
            Ok(Some(StoredCredentials::new(
                client,
                Some(response),
                vec![],
                None,
            )))
        }

        async fn save(&self, _: StoredCredentials) -> Result<(), AuthError> {
            unreachable!("nothing is refreshed")
        }

        async fn clear(&self) -> Result<(), AuthError> {
            unreachable!("nothing is refused")
        }

        async fn acquire_refresh_guard(&self) -> Result<Option<CredentialRefreshGuard>, AuthError> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            *self.token.lock().unwrap() = self.next;
            Err(AuthError::CredentialStoreError("renewed already".into()))
        }
    }

    async fn renewed(next: &'static str) -> (Result<Option<String>, String>, u32) {
        let store = Refusing {
            token: Arc::new(Cell::new("old")),
            next,
            asked: Arc::default(),
        };
        let mut manager = AuthorizationManager::new(SERVER).await.unwrap();
        let mut metadata = AuthorizationMetadata::default();
        metadata.authorization_endpoint = "http://localhost:9000/authorize".into();
        metadata.token_endpoint = "http://localhost:9000/token".into();
        manager.set_metadata(metadata);
        manager.configure_client_id("client").unwrap();
        manager.set_credential_store(store.clone());
        let sender = Authorized::new(reqwest::Client::new(), Some(manager), Arc::default());
        let renewed = sender.refreshed("old").await;
        (
            renewed.map_err(|error| error.to_string()),
            store.asked.load(Ordering::SeqCst),
        )
    }

    #[tokio::test]
    async fn tokens_of_another_process_are_used_when_the_store_refuses_a_refresh() {
        assert_eq!(renewed("new").await, (Ok(Some("new".to_owned())), 1));
        // The store refuses although there is no other token: its failure is reported.
        let (refused, asked) = renewed("old").await;
        assert!(
            refused.is_err_and(|error| error.contains("renewed already")),
            "reported unchanged"
        );
        assert_eq!(asked, 1);
    }
}
