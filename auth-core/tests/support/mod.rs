//! A verifier whose verdict is in the token, and a server on a real socket.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "each test binary uses a part of it, and a failure here is the test's failure"
)]

mod hyper_server;
#[path = "../../src/support/numbers.rs"]
mod numbers;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use auth_core::layer::AuthContext;
use auth_core::provider::{ProtectedResourceMetadata, PublicUrl, ResourceServer};
use auth_core::support::{Clock, async_trait};
use auth_core::token::{Scopes, VerifiedToken};
use auth_core::verifier::{
    InvalidReason, InvalidToken, TokenVerifier, Unavailable, VerifyError, VerifyRequest,
};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tower::Service;

#[allow(unused_imports, reason = "not every test binary draws numbers")]
pub(crate) use numbers::Numbers;

pub(crate) const RESOURCE: &str = "https://mcp.example.com/mcp";
pub(crate) const METADATA_PATH: &str = "/.well-known/oauth-protected-resource/mcp";

/// Decides by the token: `good`, `good.<scope>.<scope>`, `outage`, `newer` (of an unknown key), `long`,
/// `long.<limit>`. All others have a bad signature.
#[derive(Debug, Default)]
pub(crate) struct Scripted;

#[async_trait]
impl TokenVerifier for Scripted {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        let mut parts = request.token().secret().split('.');
        match parts.next() {
            Some("good") => {
                let expires_at = request.now() + Duration::from_secs(60);
                let token = VerifiedToken::assertion("https://id.example.com", "usr_1", expires_at);
                Ok(token
                    .with_client_id("m2m_1")
                    .with_scopes(Scopes::granted(parts)))
            }
            Some("outage") => Err(Unavailable::new(Duration::from_secs(7))
                .because(std::io::Error::other("connection refused"))
                .into()),
            Some("newer") => Err(Unavailable::unknown_key(Duration::from_secs(7)).into()),
            Some("long") => Err(match parts.next() {
                Some(limit) => InvalidToken::too_long(limit.parse().unwrap()).into(),
                None => InvalidReason::TooLong.into(),
            }),
            _ => Err(InvalidReason::BadSignature.into()),
        }
    }
}

/// A clock with a constant time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

pub(crate) fn provider() -> ResourceServer<Scripted> {
    let resource = PublicUrl::parse(RESOURCE).unwrap();
    let metadata = ProtectedResourceMetadata::new(resource, ["https://id.example.com"])
        .with_scopes_supported(Scopes::new(["read"]).unwrap());
    ResourceServer::new(Scripted, metadata).with_required_scopes(Scopes::new(["read"]).unwrap())
}

/// An inner service that counts its calls, and responds with 200 and the subject of the caller.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inner {
    pub(crate) calls: Arc<AtomicUsize>,
}

impl Inner {
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl<B: Send + 'static> Service<Request<B>> for Inner {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let token = AuthContext::of(request.extensions()).and_then(AuthContext::token);
        let subject = token.map_or("anonymous", VerifiedToken::subject);
        let authorization = request.headers().contains_key("authorization");
        let body = format!("{subject} authorization={authorization}");
        std::future::ready(Ok(Response::new(Full::from(body))))
    }
}

/// Serves `service` with hyper alone on a free loopback port, until the runtime ends.
pub(crate) async fn serve<S, B>(service: S) -> SocketAddr
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(hyper_server::serve(listener, service));
    address
}

/// Sends one request over a new connection, and reads the whole response.
pub(crate) async fn send(address: SocketAddr, request: http::request::Builder) -> Response<String> {
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let request = request
        .header("host", "mcp.example.com")
        .body(Full::<Bytes>::default())
        .unwrap();
    let (parts, body) = sender.send_request(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Response::from_parts(parts, String::from_utf8(body.to_vec()).unwrap())
}

pub(crate) fn header<'a>(response: &'a Response<String>, name: &str) -> Option<&'a str> {
    response
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap())
}
