//! Connects with stored tokens, else with a login, and repeats requests that are refused for their token.

use std::borrow::Cow;

use rmcp::{
    RoleClient, ServiceError,
    model::{CallToolRequestParams, CallToolResult, ClientConfig, JsonObject, Tool},
    service::RunningService,
};

use super::{
    access::Access,
    error_text::{chain_of, explain},
    handshake::{self, Service},
    login_lock::Generation,
    recovery::{Recovery, Remedy},
};
use crate::{
    error::ClientError,
    events::Progress,
    login::{Context, Login},
    options::ClientOptions,
    redact,
};

/// A connection to an MCP server. A request that needs a login or more scopes starts the login itself.
#[derive(Debug)]
pub struct McpClient {
    service: Service,
    access: Access,
}

/// Connects, and logs in when the server asks for it.
///
/// # Errors
///
/// [`ClientError`], with what to change: the server cannot be reached or is no MCP server, the login was
/// refused or not completed in time, or the server refuses the new token.
pub async fn connect(options: ClientOptions) -> Result<McpClient, ClientError> {
    let context = Context::new(options)?;
    let (manager, entry) = match context.restore().await? {
        Some(Login { manager, entry }) => (Some(manager), Some(entry)),
        None => (None, None),
    };
    let access = Access::new(context, manager, entry)?;
    let options = &access.context.options;
    let mut recovery = Recovery::default();
    let service = loop {
        let sent_at = access.login_lock.generation();
        match handshake::open(&access.http, &options.server, options.wire).await {
            Ok(service) => break service,
            Err(error) => {
                let remedy = Remedy::for_error(chain_of(&error), &access.context);
                if !recovery.apply(remedy, &access, sent_at).await? {
                    return Err(explain(&error, &access.context));
                }
            }
        }
    };
    if let Some(info) = service.peer().peer_info() {
        access.context.report(&Progress::Connected {
            protocol: info.protocol_version.to_string(),
            server: info
                .server_info
                .as_ref()
                .map_or_else(String::new, |server| redact::printable(&server.name)),
        });
    }
    Ok(McpClient { service, access })
}

impl McpClient {
    /// Lists all tools of the server.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when the server refuses, also after a new login.
    pub async fn list_tools(&self) -> Result<Vec<Tool>, ClientError> {
        let mut recovery = Recovery::default();
        loop {
            let sent_at = self.access.login_lock.generation();
            match self.service.list_all_tools().await {
                Ok(tools) => return Ok(tools),
                Err(error) => self.recover(&mut recovery, error, sent_at).await?,
            }
        }
    }

    /// Calls a tool. Whether the tool itself failed is in the result.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when the server refuses, also after a new login.
    pub async fn call_tool(
        &self,
        name: &str,
        arguments: Option<JsonObject>,
    ) -> Result<CallToolResult, ClientError> {
        let mut recovery = Recovery::default();
        loop {
            let mut request = CallToolRequestParams::new(Cow::Owned(name.to_owned()));
            request.arguments = arguments.clone();
            let sent_at = self.access.login_lock.generation();
            match self.service.call_tool(request).await {
                Ok(result) => return Ok(result),
                Err(ServiceError::McpError(error)) => {
                    return Err(ClientError::Tool {
                        tool: redact::printable(name),
                        reason: redact::printable(&error.message),
                    });
                }
                Err(error) => self.recover(&mut recovery, error, sent_at).await?,
            }
        }
    }

    /// rmcp's handle, for all other requests. They refresh tokens, but do not log in.
    #[must_use]
    pub const fn service(&self) -> &RunningService<RoleClient, ClientConfig> {
        &self.service
    }

    /// Ends the session.
    pub async fn close(self) {
        // The server may have ended already.
        let _ = self.service.cancel().await;
    }

    async fn recover(
        &self,
        recovery: &mut Recovery,
        error: ServiceError,
        sent_at: Generation,
    ) -> Result<(), ClientError> {
        let remedy = Remedy::for_error(chain_of(&error), &self.access.context);
        if recovery.apply(remedy, &self.access, sent_at).await? {
            Ok(())
        } else {
            Err(explain(&error, &self.access.context))
        }
    }
}
