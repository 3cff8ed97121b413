//! The tokens of one connection, which all its requests share.

use std::sync::{Arc, Mutex, PoisonError};

use rmcp::transport::auth::AuthorizationManager;

use super::login_lock::LoginLock;
use crate::{
    error::ClientError,
    login::Context,
    store::TokenEntry,
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
    /// [`ClientError::Mcp`] when the HTTP client cannot be set up.
    pub(crate) fn new(
        context: Context,
        manager: AuthorizationManager,
        entry: Option<TokenEntry>,
    ) -> Result<Self, ClientError> {
        Ok(Self {
            http: Authorized::new(
                mcp_client(&context.options.server)?,
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
    pub(crate) async fn replace(&self, manager: AuthorizationManager, entry: Option<TokenEntry>) {
        self.http.replace(manager).await;
        *self.entry.lock().unwrap_or_else(PoisonError::into_inner) = entry;
    }

    /// The scopes of the stored tokens.
    ///
    /// # Errors
    ///
    /// [`ClientError::Store`] when they cannot be read.
    pub(crate) fn granted_scopes(&self) -> Result<Vec<String>, ClientError> {
        let record = match self.entry() {
            Some(entry) => entry.read()?,
            None => None,
        };
        let credentials = record.and_then(|record| record.credentials);
        Ok(credentials
            .map(|credentials| credentials.granted_scopes)
            .unwrap_or_default())
    }
}
