//! Sends MCP requests with the stored token. One that is refused is renewed once, for all requests.

use std::{collections::HashMap, fmt, sync::Arc};

use futures_util::stream::BoxStream;
use http::{HeaderName, HeaderValue};
use rmcp::{
    model::ClientJsonRpcMessage,
    transport::{
        auth::{AuthError, AuthorizationManager},
        streamable_http_client::{
            SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
            StreamableHttpResponseLimits,
        },
    },
};
use sse_stream::Sse;
use tokio::sync::Mutex;

type Answer<T> = Result<T, StreamableHttpError<reqwest::Error>>;
type Headers = HashMap<HeaderName, HeaderValue>;

/// rmcp's HTTP client, and the tokens for it. rmcp's own `AuthClient` refreshes for every request that
/// is refused, also when another one has just done so.
#[derive(Clone)]
pub(crate) struct Authorized {
    http: reqwest::Client,
    manager: Arc<Mutex<AuthorizationManager>>,
}

impl Authorized {
    pub(crate) fn new(http: reqwest::Client, manager: AuthorizationManager) -> Self {
        Self {
            http,
            manager: Arc::new(Mutex::new(manager)),
        }
    }

    /// Goes on with what a login made. Every clone shares it, so the running session does as well.
    pub(crate) async fn replace(&self, manager: AuthorizationManager) {
        *self.manager.lock().await = manager;
    }

    /// Sends one request. Without a token it goes out bare: the server's challenge says how to log in.
    ///
    /// # Errors
    ///
    /// The challenge, when neither this token nor a new one is accepted; and what kept a new one away,
    /// when that is no refusal.
    async fn send<T, F>(&self, call: impl Fn(Option<String>) -> F) -> Answer<T>
    where
        F: Future<Output = Answer<T>>,
    {
        let sent = current(&*self.manager.lock().await).await?;
        match (call(sent.clone()).await, sent) {
            (Err(StreamableHttpError::AuthRequired(challenge)), Some(refused)) => {
                match self.renewed(&refused).await? {
                    Some(token) => call(Some(token)).await,
                    None => Err(StreamableHttpError::AuthRequired(challenge)),
                }
            }
            (answer, _) => answer,
        }
    }

    /// Another token than the refused one; none when it takes a login to get one.
    async fn renewed(&self, refused: &str) -> Result<Option<String>, AuthError> {
        // Held to the end: who waits here finds the token that the first one got.
        let manager = self.manager.lock().await;
        match current(&manager).await? {
            Some(token) if token == refused => {}
            other => return Ok(other),
        }
        let trouble = match manager.refresh_token().await {
            Ok(_) => None,
            Err(AuthError::AuthorizationRequired | AuthError::TokenRefreshRejected(_)) => {
                return Ok(None);
            }
            // The store refuses when another process renewed the tokens while we waited for it.
            Err(error @ AuthError::CredentialStoreError(_)) => Some(error),
            Err(error) => return Err(error),
        };
        let token = current(&manager).await?.filter(|token| token != refused);
        match (token, trouble) {
            (None, Some(error)) => Err(error),
            (token, _) => Ok(token),
        }
    }
}

/// The stored token, refreshed when it is near its end; none when there is none to use.
async fn current(manager: &AuthorizationManager) -> Result<Option<String>, AuthError> {
    let mut token = manager.get_access_token().await;
    if matches!(token, Err(AuthError::CredentialStoreError(_))) {
        // As above: what the other process stored is good.
        token = manager.get_access_token().await;
    }
    match token {
        Ok(token) => Ok(Some(token)),
        Err(AuthError::AuthorizationRequired) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The token that the transport may be given is not looked at: nobody gives it one.
impl StreamableHttpClient for Authorized {
    type Error = reqwest::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        token: Option<String>,
        headers: Headers,
    ) -> Answer<StreamableHttpPostResponse> {
        let limits = StreamableHttpResponseLimits::default();
        self.post_message_with_response_limits(uri, message, session_id, token, headers, limits)
            .await
    }

    async fn post_message_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        token: Option<String>,
        headers: Headers,
        max_sse_event_size: usize,
    ) -> Answer<StreamableHttpPostResponse> {
        let mut limits = StreamableHttpResponseLimits::default();
        limits.max_sse_event_size = max_sse_event_size;
        self.post_message_with_response_limits(uri, message, session_id, token, headers, limits)
            .await
    }

    async fn post_message_with_response_limits(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        _: Option<String>,
        headers: Headers,
        limits: StreamableHttpResponseLimits,
    ) -> Answer<StreamableHttpPostResponse> {
        self.send(|token| {
            self.http.post_message_with_response_limits(
                Arc::clone(&uri),
                message.clone(),
                session_id.clone(),
                token,
                headers.clone(),
                limits,
            )
        })
        .await
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session_id: Arc<str>,
        _: Option<String>,
        headers: Headers,
    ) -> Answer<()> {
        self.send(|token| {
            self.http.delete_session(
                Arc::clone(&uri),
                Arc::clone(&session_id),
                token,
                headers.clone(),
            )
        })
        .await
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        token: Option<String>,
        headers: Headers,
    ) -> Answer<BoxStream<'static, Result<Sse, SseError>>> {
        let limits = StreamableHttpResponseLimits::default();
        let max = limits.max_sse_event_size;
        self.get_stream_with_max_sse_event_size(uri, session_id, last_event_id, token, headers, max)
            .await
    }

    async fn get_stream_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        _: Option<String>,
        headers: Headers,
        max_sse_event_size: usize,
    ) -> Answer<BoxStream<'static, Result<Sse, SseError>>> {
        self.send(|token| {
            self.http.get_stream_with_max_sse_event_size(
                Arc::clone(&uri),
                session_id.clone(),
                last_event_id.clone(),
                token,
                headers.clone(),
                max_sse_event_size,
            )
        })
        .await
    }
}

impl fmt::Debug for Authorized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authorized")
    }
}
