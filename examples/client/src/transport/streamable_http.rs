//! [`Authorized`] as the HTTP client of rmcp's transport.

use std::sync::Arc;

use futures_util::stream::BoxStream;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use rmcp::{
    model::ClientJsonRpcMessage,
    transport::streamable_http_client::{
        SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
        StreamableHttpResponseLimits,
    },
};
use sse_stream::Sse;

use super::{
    authorized::Authorized,
    mcp_body::{read_post, read_stream},
    mcp_error::{McpHttpError, TransportResult},
    mcp_request::McpRequest,
};

/// Headers as rmcp's transport passes them.
type Headers = std::collections::HashMap<header::HeaderName, HeaderValue>;

/// The token parameters are ignored: the transport is created without a token.
impl StreamableHttpClient for Authorized {
    type Error = McpHttpError;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        token: Option<String>,
        headers: Headers,
    ) -> TransportResult<StreamableHttpPostResponse> {
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
    ) -> TransportResult<StreamableHttpPostResponse> {
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
    ) -> TransportResult<StreamableHttpPostResponse> {
        let mut headers = request_headers(headers, session_id.as_deref())?;
        headers.insert(
            header::ACCEPT,
            HeaderValue::from_static("application/json, text/event-stream"),
        );
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        let request = McpRequest {
            method: Method::POST,
            url: uri,
            headers,
            body: Some(serde_json::to_vec(&message)?),
        };
        let response = self.send(&request).await?;
        read_post(&message, session_id.is_some(), response, limits).await
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session_id: Arc<str>,
        _: Option<String>,
        headers: Headers,
    ) -> TransportResult<()> {
        let request = McpRequest {
            method: Method::DELETE,
            url: uri,
            headers: request_headers(headers, Some(&session_id))?,
            body: None,
        };
        let status = self.send(&request).await?.status();
        match status.is_success() || status == StatusCode::METHOD_NOT_ALLOWED {
            true => Ok(()),
            false => Err(StreamableHttpError::UnexpectedServerResponse(
                format!("HTTP {}", status.as_u16()).into(),
            )),
        }
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        token: Option<String>,
        headers: Headers,
    ) -> TransportResult<BoxStream<'static, Result<Sse, SseError>>> {
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
    ) -> TransportResult<BoxStream<'static, Result<Sse, SseError>>> {
        let mut headers = request_headers(headers, session_id.as_deref())?;
        headers.insert(
            header::ACCEPT,
            HeaderValue::from_static("text/event-stream"),
        );
        if let Some(id) = last_event_id {
            headers.insert("last-event-id", header_value(&id)?);
        }
        let request = McpRequest {
            method: Method::GET,
            url: uri,
            headers,
            body: None,
        };
        read_stream(self.send(&request).await?, max_sse_event_size)
    }
}

fn request_headers(headers: Headers, session: Option<&str>) -> TransportResult<HeaderMap> {
    let mut headers = HeaderMap::from_iter(headers);
    if let Some(id) = session {
        headers.insert("mcp-session-id", header_value(id)?);
    }
    Ok(headers)
}

/// Values that the server chose.
fn header_value(value: &str) -> TransportResult<HeaderValue> {
    HeaderValue::from_str(value).map_err(|_| {
        StreamableHttpError::UnexpectedServerResponse(
            "an id that does not fit a header (RFC 9110 section 5.5)".into(),
        )
    })
}
