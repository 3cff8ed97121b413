//! The layer around an inner service that echoes its request.

use std::convert::Infallible;

use auth_core::layer::{AuthContext, AuthLayer, AuthLayerBuilder, ResponseBody};
use auth_core::operation::RequestBody;
use auth_core::provider::{ProtectedResourceMetadata, PublicUrl, ResourceServer};
use auth_core::token::VerifiedToken;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt};

use crate::support::{Scripted, StoppedClock, provider};

pub(crate) type Service =
    BoxCloneSyncService<Request<String>, Response<ResponseBody<Full<Bytes>>>, Infallible>;

/// The echo service behind the layer of [`provider`], which requires `read`.
pub(crate) fn guarded(change: impl FnOnce(AuthLayerBuilder) -> AuthLayerBuilder) -> Service {
    around(
        &change(AuthLayer::builder(provider()).clock(StoppedClock))
            .build()
            .unwrap(),
    )
}

/// The same for a resource on loopback, for which the layer checks `Host` too.
pub(crate) fn guarded_on_loopback(
    change: impl FnOnce(AuthLayerBuilder) -> AuthLayerBuilder,
) -> Service {
    let resource = PublicUrl::parse("http://localhost:8000/mcp").unwrap();
    let metadata = ProtectedResourceMetadata::new(resource, ["https://id.example.com"]);
    let provider = ResourceServer::new(Scripted, metadata);
    around(
        &change(AuthLayer::builder(provider).clock(StoppedClock))
            .build()
            .unwrap(),
    )
}

pub(crate) fn around(layer: &AuthLayer) -> Service {
    BoxCloneSyncService::new(layer.layer(tower::service_fn(echo)))
}

/// Responds with the request that it received.
async fn echo(request: Request<RequestBody<String>>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let token = AuthContext::of(&parts.extensions).and_then(AuthContext::token);
    let text = |name: &str| Some(parts.headers.get(name)?.to_str().unwrap().to_owned());
    let received = json!({
        "caller": token.map(VerifiedToken::subject),
        "authorization": text("authorization"),
        "session": text("mcp-session-id"),
        "body": String::from_utf8_lossy(&body),
    });
    let text = text("x-response").unwrap_or_else(|| received.to_string());
    let mut response = Response::new(Full::from(text.clone()));
    response
        .headers_mut()
        .insert("content-length", text.len().into());
    if let Some(id) = parts.headers.get("x-new-session") {
        response.headers_mut().insert("mcp-session-id", id.clone());
    }
    Ok(response)
}

/// A response whose body was read.
#[derive(Debug)]
pub(crate) struct TextResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl TextResponse {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The request that the inner service received.
    pub(crate) fn echoed(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Sends one request.
pub(crate) async fn send(
    service: &Service,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> TextResponse {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body.to_owned()).unwrap();
    let (parts, body) = service.clone().oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    TextResponse {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

/// Posts a message with these headers.
pub(crate) async fn post(service: &Service, headers: &[(&str, &str)], body: &str) -> TextResponse {
    send(service, Method::POST, "/mcp", headers, body).await
}
