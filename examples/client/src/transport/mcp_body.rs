//! Reads the responses of an MCP server: JSON, or a stream of events, both of limited size.

use std::borrow::Cow;

use futures_util::{
    Stream, StreamExt as _,
    stream::{self, BoxStream},
};
use http::{HeaderMap, StatusCode, header};
use reqwest::Response;
use rmcp::{
    model::{ClientJsonRpcMessage, ClientRequest, ErrorData, JsonRpcMessage, ServerJsonRpcMessage},
    transport::streamable_http_client::{
        SseError, StreamableHttpError, StreamableHttpPostResponse, StreamableHttpResponseLimits,
    },
};
use sse_stream::{Sse, SseStream};

use super::mcp_error::{McpHttpError, TransportResult};
use crate::redact;

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";
const SESSION: &str = "mcp-session-id";

/// Reads the response to a POST, which is no refusal.
///
/// # Errors
///
/// [`StreamableHttpError`] when it is not one that the protocol permits, or is too large.
pub(super) async fn read_post(
    message: &ClientJsonRpcMessage,
    in_session: bool,
    response: Response,
    limits: StreamableHttpResponseLimits,
) -> TransportResult<StreamableHttpPostResponse> {
    let status = response.status();
    // Notifications and responses await nothing. Older servers answer them with anything.
    let awaits = matches!(message, ClientJsonRpcMessage::Request(_));
    if matches!(status, StatusCode::ACCEPTED | StatusCode::NO_CONTENT) {
        return match awaits {
            true => Err(unexpected(format!(
                "HTTP {} without an answer to a request",
                status.as_u16()
            ))),
            false => Ok(StreamableHttpPostResponse::Accepted),
        };
    }
    if status == StatusCode::NOT_FOUND && in_session {
        return Err(StreamableHttpError::SessionExpired);
    }
    let media_type = media_type(response.headers());
    let session = response.headers().get(SESSION);
    let session = session.and_then(|id| Some(id.to_str().ok()?.to_owned()));
    if !status.is_success() {
        return read_error(message, status, &media_type, session, response, limits).await;
    }
    match media_type.as_str() {
        EVENTS => Ok(StreamableHttpPostResponse::Sse(
            events(response, limits.max_sse_event_size),
            session,
        )),
        JSON => {
            let body = read_bounded(response, limits.max_json_response_size).await?;
            match serde_json::from_slice(&body) {
                Ok(ServerJsonRpcMessage::Error(error)) => {
                    let id = request_id(message).map(|(id, _)| id);
                    let error = ServerJsonRpcMessage::error(error.error, id);
                    Ok(StreamableHttpPostResponse::Json(error, session))
                }
                Ok(message) => Ok(StreamableHttpPostResponse::Json(message, session)),
                Err(_) if !awaits => Ok(StreamableHttpPostResponse::Accepted),
                Err(error) => Err(unexpected(format!(
                    "JSON that is no message of JSON-RPC, line {} column {}",
                    error.line(),
                    error.column()
                ))),
            }
        }
        _ if !awaits => Ok(StreamableHttpPostResponse::Accepted),
        _ => Err(StreamableHttpError::UnexpectedContentType(Some(media_type))),
    }
}

/// The response of another status: an error of JSON-RPC, else only its status.
async fn read_error(
    message: &ClientJsonRpcMessage,
    status: StatusCode,
    media_type: &str,
    session: Option<String>,
    response: Response,
    limits: StreamableHttpResponseLimits,
) -> TransportResult<StreamableHttpPostResponse> {
    let mut answered = None;
    if media_type == JSON {
        let body = read_bounded(response, limits.max_json_response_size).await?;
        if let Ok(message @ JsonRpcMessage::Error(_)) = serde_json::from_slice(&body) {
            answered = Some(message);
        }
    }
    let Some((id, is_discovery)) = request_id(message) else {
        return Err(unexpected(format!("HTTP {}", status.as_u16())));
    };
    match answered {
        // The refusal of a gate in front of the server rarely has the id of the request. Without it the request would
        // wait for ever.
        Some(ServerJsonRpcMessage::Error(error)) => {
            let error = ServerJsonRpcMessage::error(error.error, Some(id));
            Ok(StreamableHttpPostResponse::Json(error, session))
        }
        // An older server cannot answer a request that it does not know.
        _ if is_discovery => {
            let error = ErrorData::invalid_request(format!("HTTP {}", status.as_u16()), None);
            let error = ServerJsonRpcMessage::error(error, Some(id));
            Ok(StreamableHttpPostResponse::Json(error, None))
        }
        _ => Err(unexpected(format!("HTTP {}", status.as_u16()))),
    }
}

/// The id of a request, and whether it is `server/discover`; none for messages that await nothing.
fn request_id(message: &ClientJsonRpcMessage) -> Option<(rmcp::model::RequestId, bool)> {
    match message {
        ClientJsonRpcMessage::Request(request) => {
            let is_discovery = matches!(request.request, ClientRequest::DiscoverRequest(_));
            Some((request.id.clone(), is_discovery))
        }
        _ => None,
    }
}

/// Reads the response to the GET that opens a stream of events.
///
/// # Errors
///
/// [`StreamableHttpError::ServerDoesNotSupportSse`] when the server has no such stream.
pub(super) fn read_stream(
    response: Response,
    max_event: usize,
) -> TransportResult<BoxStream<'static, Result<Sse, SseError>>> {
    let status = response.status();
    match media_type(response.headers()).as_str() {
        _ if status == StatusCode::METHOD_NOT_ALLOWED => {
            Err(StreamableHttpError::ServerDoesNotSupportSse)
        }
        _ if !status.is_success() => Err(unexpected(format!("HTTP {}", status.as_u16()))),
        EVENTS => Ok(events(response, max_event)),
        other => Err(StreamableHttpError::UnexpectedContentType(Some(
            other.to_owned(),
        ))),
    }
}

fn unexpected(what: String) -> StreamableHttpError<McpHttpError> {
    StreamableHttpError::UnexpectedServerResponse(Cow::Owned(what))
}

/// Without its parameters, in lower case.
fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let essence = value.as_deref().unwrap_or_default().split(';').next();
    redact::printable(essence.unwrap_or_default().trim()).to_ascii_lowercase()
}

async fn read_bounded(mut response: Response, max_size: usize) -> TransportResult<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(McpHttpError::Network)
        .map_err(StreamableHttpError::Client)?
    {
        if chunk.len() > max_size - body.len() {
            return Err(StreamableHttpError::ResponseBodyTooLarge { max_size });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn events(response: Response, max_event: usize) -> BoxStream<'static, Result<Sse, SseError>> {
    let limited = limited_events(response.bytes_stream(), max_event);
    SseStream::from_bytes_stream(Box::pin(limited)).boxed()
}

/// Why a stream of events ended before its end.
#[derive(Debug, thiserror::Error)]
enum StreamError<E: std::error::Error + 'static> {
    #[error(transparent)]
    Body(E),
    #[error("an event is larger than {0} bytes")]
    TooLarge(usize),
}

/// The same bytes, until an event is larger than `max` bytes.
fn limited_events<B: AsRef<[u8]>, E: std::error::Error + 'static>(
    chunks: impl Stream<Item = Result<B, E>>,
    max: usize,
) -> impl Stream<Item = Result<B, StreamError<E>>> {
    let mut event = EventLength::default();
    let checked = chunks.map(move |chunk| {
        let chunk = chunk.map_err(StreamError::Body)?;
        match event.add(chunk.as_ref(), max) {
            true => Ok(chunk),
            false => Err(StreamError::TooLarge(max)),
        }
    });
    // Nothing after the first error is read.
    stream::unfold(Some(Box::pin(checked)), |open| async {
        let mut open = open?;
        let next = open.next().await?;
        let rest = next.is_ok().then_some(open);
        Some((next, rest))
    })
}

/// The bytes since the last blank line, which ends an event.
#[derive(Default)]
struct EventLength {
    bytes: usize,
    /// Whether only ends of lines came since the last other byte: one `\n`, `\r` or `\r\n` ends a line.
    line_is_empty: bool,
    after_cr: bool,
}

impl EventLength {
    /// Whether the event is still small enough.
    fn add(&mut self, chunk: &[u8], max: usize) -> bool {
        for byte in chunk {
            let second_of_pair = *byte == b'\n' && std::mem::take(&mut self.after_cr);
            self.after_cr = *byte == b'\r';
            match byte {
                _ if second_of_pair => {}
                b'\n' | b'\r' if self.line_is_empty => self.bytes = 0,
                b'\n' | b'\r' => self.line_is_empty = true,
                _ => self.line_is_empty = false,
            }
            self.bytes += 1;
            if self.bytes > max {
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::convert::Infallible;

    use super::*;

    async fn passes(chunks: &[&'static str], max: usize) -> bool {
        let chunks: Vec<_> = chunks
            .iter()
            .map(|chunk| Ok::<_, Infallible>(*chunk))
            .collect();
        let read: Vec<_> = limited_events(stream::iter(chunks), max).collect().await;
        read.iter().all(Result::is_ok)
    }

    #[tokio::test]
    async fn an_event_has_a_limit_and_a_stream_of_events_has_none() {
        for end in ["\n\n", "\r\r", "\r\n\r\n"] {
            let event: &str = format!("data: 1234{end}").leak();
            let whole = event.len();
            assert!(passes(&[event; 50], whole).await, "{end:?}");
            assert!(!passes(&[event], whole - 3).await, "{end:?}");
        }
        assert!(!passes(&["data: 12", "34", "56", "78"], 12).await);
        assert!(passes(&["data: 12\n", "\ndata: 34\n\n"], 12).await);
        // Lines that end alone do not end the event.
        assert!(!passes(&["data: 1\r\n", "data: 2\r\n", "data: 3\r\n"], 20).await);
    }
}
