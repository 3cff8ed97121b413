//! The tokens of one connection, which all its requests share.

use std::sync::{Arc, Mutex, PoisonError};

use rmcp::transport::auth::AuthorizationManager;

use super::login_lock::LoginLock;
use crate::{
    error::ClientError,
    login::Context,
    store::{Record, TokenEntry},
    transport::{Authorized, mcp_client},
};

/// The tokens of one connection, and what is needed to replace them.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) http: Authorized,
    /// Where the tokens are stored; none before the first login.
    entry: Mutex<Option<TokenEntry>>,
    pub(crate) login_lock: LoginLock,
    pub(crate) context: Context,
}

impl Access {
    /// # Errors
    ///
    /// [`ClientError::Internal`] when the HTTP client cannot be set up.
    pub(crate) fn new(
        context: Context,
        manager: Option<AuthorizationManager>,
        entry: Option<TokenEntry>,
    ) -> Result<Self, ClientError> {
        Ok(Self {
            http: Authorized::new(
                mcp_client(&context.options.server, context.options.proxy())?,
                manager,
                Arc::clone(&context.dpop),
            ),
            entry: Mutex::new(entry),
            login_lock: LoginLock::default(),
            context,
        })
    }

    pub(crate) fn entry(&self) -> Option<TokenEntry> {
        self.entry
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Continues with the tokens of another login. All clones of the HTTP client share the manager, so the
    /// running MCP session uses them as well.
    pub(crate) async fn replace(
        &self,
        manager: Option<AuthorizationManager>,
        entry: Option<TokenEntry>,
    ) {
        self.http.replace(manager).await;
        *self.entry.lock().unwrap_or_else(PoisonError::into_inner) = entry;
    }

    /// The stored tokens, and where they come from; none before the first login.
    ///
    /// # Errors
    ///
    /// [`ClientError::Store`] when they cannot be read.
    pub(crate) async fn record(&self) -> Result<Option<Record>, ClientError> {
        match self.entry() {
            Some(entry) => entry.read().await,
            None => Ok(None),
        }
    }
}
