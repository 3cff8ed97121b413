//! The way in: stored tokens, else a login, then MCP.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
};

use rmcp::{
    ClientLifecycleMode, ClientServiceExt, RoleClient, ServiceError,
    model::{
        CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, Implementation,
        JsonObject, ProtocolVersion, Tool,
    },
    service::{ClientInitializeError, RunningService},
    transport::{
        StreamableHttpClientTransport, auth::AuthorizationManager,
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};

use crate::{
    connection::{
        error_text::{chain_of, explain, is_final},
        recovery::{Recovery, Trouble},
        refresh_lock::{Renewal, Renewals},
    },
    error::ClientError,
    events::Progress,
    login::context::{Context, Login},
    options::client_options::{ClientOptions, Wire},
    redact,
    store::Slot,
    transport::{authorized::Authorized, network},
};

type Service = RunningService<RoleClient, ClientConfig>;

/// A connection to an MCP server. Requests that need a login, or more scopes, get it by themselves.
#[derive(Debug)]
pub struct McpClient {
    service: Service,
    access: Access,
}

/// Connects, and logs in when the server asks for it.
///
/// # Errors
///
/// [`ClientError`], with what to change: the server is not there or is no MCP server, the login was
/// refused or nobody came back from it, or the server refuses the new token.
pub async fn connect(options: ClientOptions) -> Result<McpClient, ClientError> {
    let context = Context::new(options)?;
    let (manager, slot) = match context
        .restore()
        .await
        .map_err(|error| context.unreachable(error))?
    {
        Some(Login { manager, slot }) => (manager, Some(slot)),
        None => (context.manager().await?, None),
    };
    let access = Access {
        auth: Authorized::new(
            network::mcp_client(&context.options.server)?,
            manager,
            Arc::clone(&context.dpop),
        ),
        slot: Mutex::new(slot),
        renewals: Renewals::default(),
        context,
    };
    let mut recovery = Recovery::default();
    let service = loop {
        let before = access.renewals.so_far();
        match access.open().await {
            Ok(service) => break service,
            Err(error) => {
                let trouble =
                    Trouble::of(error.auth_challenge(), chain_of(&error), &access.context);
                if !recovery.handle(trouble, &access, before).await? {
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
    /// All tools the server offers.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when the server refuses, also after a new login.
    pub async fn list_tools(&self) -> Result<Vec<Tool>, ClientError> {
        let mut recovery = Recovery::default();
        loop {
            let before = self.access.renewals.so_far();
            match self.service.list_all_tools().await {
                Ok(tools) => return Ok(tools),
                Err(error) => self.recover(&mut recovery, error, before).await?,
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
            let before = self.access.renewals.so_far();
            match self.service.call_tool(request).await {
                Ok(result) => return Ok(result),
                Err(ServiceError::McpError(error)) => {
                    return Err(ClientError::Tool {
                        tool: redact::printable(name),
                        reason: redact::printable(&error.message),
                    });
                }
                Err(error) => self.recover(&mut recovery, error, before).await?,
            }
        }
    }

    /// rmcp's own handle, for everything else. Its requests refresh tokens, but do not log in.
    #[must_use]
    pub const fn service(&self) -> &RunningService<RoleClient, ClientConfig> {
        &self.service
    }

    /// Ends the session.
    pub async fn close(self) {
        // The server may be gone already, and there is nothing left to do about it.
        let _ = self.service.cancel().await;
    }

    async fn recover(
        &self,
        recovery: &mut Recovery,
        error: ServiceError,
        before: Renewal,
    ) -> Result<(), ClientError> {
        let trouble = Trouble::of(
            error.auth_challenge(),
            chain_of(&error),
            &self.access.context,
        );
        if recovery.handle(trouble, &self.access, before).await? {
            Ok(())
        } else {
            Err(explain(&error, &self.access.context))
        }
    }
}

/// The shared token state, and the means to renew it.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) auth: Authorized,
    /// Where its tokens are, once there are any.
    slot: Mutex<Option<Slot>>,
    pub(crate) renewals: Renewals,
    pub(crate) context: Context,
}

impl Access {
    pub(crate) fn slot(&self) -> Option<Slot> {
        self.slot
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Every clone of the HTTP client shares its manager, so the running session goes on with this one.
    pub(crate) async fn go_on_with(&self, manager: AuthorizationManager, slot: Option<Slot>) {
        self.auth.replace(manager).await;
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = slot;
    }

    async fn open(&self) -> Result<Service, ClientInitializeError> {
        let stateless = || vec![ProtocolVersion::V_2026_07_28];
        match self.context.options.wire {
            Wire::Stateful => self.serve(ClientLifecycleMode::Initialize).await,
            Wire::Stateless => {
                self.serve(ClientLifecycleMode::Discover {
                    preferred_versions: stateless(),
                })
                .await
            }
            Wire::Auto => {
                let auto = ClientLifecycleMode::Auto {
                    preferred_versions: stateless(),
                    legacy_version: None,
                };
                match self.serve(auto).await {
                    // rmcp falls back only for a well-formed refusal; older servers answer the
                    // unknown request with a bare 400.
                    Err(error)
                        if error.auth_challenge().is_none() && !chain_of(&error).any(is_final) =>
                    {
                        tracing::debug!("no discovery here, trying the initialize handshake");
                        self.serve(ClientLifecycleMode::Initialize).await
                    }
                    result => result,
                }
            }
        }
    }

    async fn serve(
        &self,
        lifecycle: ClientLifecycleMode,
    ) -> Result<Service, ClientInitializeError> {
        let transport = StreamableHttpClientTransport::with_client(
            self.auth.clone(),
            StreamableHttpClientTransportConfig::with_uri(self.context.options.server.as_str()),
        );
        let config = ClientConfig::new(
            ClientCapabilities::default(),
            Implementation::new("auth-scalekit-client", env!("CARGO_PKG_VERSION")),
        );
        config.serve_with_lifecycle(transport, lifecycle).await
    }
}
