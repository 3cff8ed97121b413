//! The way in: stored tokens, else a login, then MCP.

use std::{borrow::Cow, error::Error};

use rmcp::{
    ClientLifecycleMode, ClientServiceExt, RoleClient, ServiceError,
    model::{
        CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, Implementation,
        JsonObject, ProtocolVersion, Tool,
    },
    service::{ClientInitializeError, RunningService},
    transport::{
        StreamableHttpClientTransport,
        auth::{AuthClient, AuthError, WWWAuthenticateParams},
        streamable_http_client::{StreamableHttpClientTransportConfig, StreamableHttpError},
    },
};

use super::{
    error::{ClientError, root_cause},
    events::Progress,
    login::Context,
    network,
    options::{ClientOptions, Wire},
    redact,
    trace::without_query,
};

/// How often one operation may ask for more scopes.
const MAX_STEP_UPS: u32 = 3;

type HttpError = StreamableHttpError<reqwest::Error>;
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
    let manager = match context
        .restore()
        .await
        .map_err(|error| context.unreachable(error))?
    {
        Some(manager) => manager,
        None => context.manager().await?,
    };
    let access = Access {
        auth: AuthClient::new(network::mcp_client()?, manager),
        context,
    };
    let mut recovery = Recovery::default();
    let service = loop {
        match access.open().await {
            Ok(service) => break service,
            Err(error) => {
                let trouble =
                    Trouble::of(error.auth_challenge(), chain_of(&error), &access.context);
                if !recovery.handle(trouble, &access).await? {
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
            match self.service.list_all_tools().await {
                Ok(tools) => return Ok(tools),
                Err(error) => self.recover(&mut recovery, error).await?,
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
            match self.service.call_tool(request).await {
                Ok(result) => return Ok(result),
                Err(ServiceError::McpError(error)) => {
                    return Err(ClientError::Tool {
                        tool: redact::printable(name),
                        reason: redact::printable(&error.message),
                    });
                }
                Err(error) => self.recover(&mut recovery, error).await?,
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
    ) -> Result<(), ClientError> {
        let trouble = Trouble::of(
            error.auth_challenge(),
            chain_of(&error),
            &self.access.context,
        );
        if recovery.handle(trouble, &self.access).await? {
            Ok(())
        } else {
            Err(explain(&error, &self.access.context))
        }
    }
}

/// The shared token state, and the means to renew it.
#[derive(Debug)]
struct Access {
    auth: AuthClient<reqwest::Client>,
    context: Context,
}

impl Access {
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

/// Failures of the network or of the token refresh that another handshake would only repeat.
fn is_final(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<AuthError>().is_some() || error.downcast_ref::<reqwest::Error>().is_some()
}

/// What stands between a request and its answer.
enum Trouble {
    /// 401: there is no token, or not one the server accepts.
    Login(Option<String>),
    /// 403: the token lacks scopes.
    Scopes(String),
    /// The stored tokens belong to a client that the issuer no longer knows.
    ForgottenClient,
    /// Nothing a login could help with.
    Other,
}

impl Trouble {
    fn of<'a>(
        challenge: Option<&str>,
        mut causes: impl Iterator<Item = &'a (dyn Error + 'static)>,
        context: &Context,
    ) -> Self {
        if let Some(challenge) = challenge {
            let parsed = WWWAuthenticateParams::parse(challenge, &context.options.server);
            return if parsed.is_insufficient_scope() {
                Self::Scopes(challenge.to_owned())
            } else {
                Self::Login(Some(challenge.to_owned()))
            };
        }
        causes
            .find_map(|cause| match cause.downcast_ref::<AuthError>()? {
                AuthError::AuthorizationRequired => Some(Self::Login(None)),
                // Not a refusal of the grant, so rmcp takes it for a passing failure.
                AuthError::TokenRefreshFailed(_) if context.client_was_refused() => {
                    Some(Self::ForgottenClient)
                }
                _ => None,
            })
            .unwrap_or(Self::Other)
    }
}

/// What was already tried for one operation: each remedy is bounded.
#[derive(Default)]
struct Recovery {
    logged_in: bool,
    forgot: bool,
    step_ups: u32,
}

impl Recovery {
    /// Does something about it; false when there is nothing to do.
    async fn handle(&mut self, trouble: Trouble, access: &Access) -> Result<bool, ClientError> {
        let context = &access.context;
        let manager = match trouble {
            Trouble::Other => return Ok(false),
            Trouble::ForgottenClient if !self.forgot => {
                self.forgot = true;
                context.report(&Progress::LoginAgain(
                    "the issuer no longer knows this client".into(),
                ));
                context.store.remove()?;
                // Without tokens the server answers with a challenge, which is where a login starts.
                context.manager().await?
            }
            Trouble::ForgottenClient => {
                return Err(ClientError::Token("the client is not accepted".into()));
            }
            Trouble::Login(challenge) if !self.logged_in => {
                self.logged_in = true;
                if let Some(challenge) = &challenge {
                    context.report(&Progress::Challenge(redact::printable(challenge)));
                }
                context.login(challenge.as_deref(), &[]).await?
            }
            Trouble::Login(challenge) => {
                let reason = challenge.map_or_else(
                    || "no reason given".into(),
                    |challenge| reason_of(&challenge, context),
                );
                return Err(ClientError::StillRefused(reason));
            }
            Trouble::Scopes(challenge) => {
                let wanted = WWWAuthenticateParams::parse(&challenge, &context.options.server)
                    .scope
                    .unwrap_or_default();
                let granted = context.granted()?;
                // A token that has them already and is refused again will be refused for ever.
                let pointless = self.step_ups > 0
                    && wanted
                        .split_whitespace()
                        .all(|scope| granted.iter().any(|had| had == scope));
                if self.step_ups == MAX_STEP_UPS || pointless || wanted.is_empty() {
                    return Err(ClientError::InsufficientScope(redact::printable(&wanted)));
                }
                let scopes = union([&context.options.scopes, &granted], &wanted);
                self.step_ups += 1;
                context.report(&Progress::Challenge(redact::printable(&challenge)));
                context.report(&Progress::LoginAgain(format!(
                    "more scopes are needed: {}",
                    redact::printable(&wanted)
                )));
                context.login(Some(&challenge), &scopes).await?
            }
        };
        // Every clone of the HTTP client shares this manager, so the running session goes on with it.
        *access.auth.auth_manager.lock().await = manager;
        Ok(true)
    }
}

impl Context {
    fn granted(&self) -> Result<Vec<String>, ClientError> {
        let credentials = self.store.read()?.and_then(|record| record.credentials);
        Ok(credentials
            .map(|credentials| credentials.granted_scopes)
            .unwrap_or_default())
    }

    /// Discovery starts at the server, so an unreachable server looks like an unreachable issuer.
    fn unreachable(&self, error: ClientError) -> ClientError {
        let server = without_query(&self.options.server);
        match error {
            ClientError::IssuerUnreachable { url, reason } if url == server => {
                ClientError::ServerUnreachable { url, reason }
            }
            error => error,
        }
    }
}

/// Scopes to ask for in a step-up: what we had and what is missing, so that nothing is lost.
fn union(had: [&Vec<String>; 2], wanted: &str) -> Vec<String> {
    let mut scopes: Vec<String> = Vec::new();
    for scope in had
        .into_iter()
        .flatten()
        .map(String::as_str)
        .chain(wanted.split_whitespace())
    {
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    scopes
}

fn reason_of(challenge: &str, context: &Context) -> String {
    let parsed = WWWAuthenticateParams::parse(challenge, &context.options.server);
    let reason = parsed
        .error_description
        .or(parsed.error)
        .unwrap_or_else(|| "no reason given".into());
    redact::printable(&reason)
}

/// An error and all that lies below it.
fn chain_of<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    // rmcp's boxed transport error is not a `source` of the error around it.
    let inner = match (
        error.downcast_ref::<ClientInitializeError>(),
        error.downcast_ref::<ServiceError>(),
    ) {
        (Some(ClientInitializeError::TransportError { error, .. }), _) => {
            Some(error.error.as_ref())
        }
        (Some(ClientInitializeError::LegacyFallbackFailed { fallback, .. }), _) => {
            match fallback.as_ref() {
                ClientInitializeError::TransportError { error, .. } => Some(error.error.as_ref()),
                _ => None,
            }
        }
        (_, Some(ServiceError::TransportSend(error))) => Some(error.error.as_ref()),
        _ => None,
    };
    let inner = inner.map(|error| error as &(dyn Error + 'static));
    std::iter::successors(Some(inner.unwrap_or(error)), |error| {
        let error: &'a (dyn Error + 'static) = *error;
        match error.downcast_ref::<HttpError>() {
            // rmcp does not name it as the source.
            Some(HttpError::Client(inner)) => Some(inner),
            _ => error.source(),
        }
    })
}

/// The error in the user's words.
fn explain(error: &(dyn Error + 'static), context: &Context) -> ClientError {
    let url = without_query(&context.options.server);
    for cause in chain_of(error) {
        if let Some(error) = cause.downcast_ref::<reqwest::Error>()
            && (error.is_connect() || error.is_timeout())
        {
            return ClientError::ServerUnreachable {
                url,
                reason: root_cause(error),
            };
        }
        if let Some(AuthError::TokenRefreshFailed(text)) = cause.downcast_ref::<AuthError>() {
            return ClientError::Token(
                context
                    .http
                    .token_refusal()
                    .unwrap_or_else(|| redact::printable(text)),
            );
        }
        match cause.downcast_ref::<HttpError>() {
            Some(HttpError::HttpStatus(failure)) if failure.status != 501 => {
                return ClientError::Mcp(format!(
                    "{url} has trouble of its own (HTTP {}); try again later",
                    failure.status
                ));
            }
            Some(
                error @ (HttpError::HttpStatus(_)
                | HttpError::UnexpectedServerResponse(_)
                | HttpError::UnexpectedContentType(_)
                | HttpError::Deserialize(_)
                | HttpError::UnexpectedEndOfStream
                | HttpError::SessionExpired),
            ) => {
                return ClientError::NotMcp {
                    url,
                    reason: redact::printable(&error.to_string()),
                };
            }
            _ => {}
        }
    }
    let last = chain_of(error).last().unwrap_or(error);
    ClientError::Mcp(format!("{url}: {}", redact::printable(&last.to_string())))
}
