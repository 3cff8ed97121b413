//! The only file that uses wiremock: the mocks that a test has mounted, and the issuer with the lowest priority.

use std::sync::Arc;

use auth_core::support::Clock;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::issuer::Issuer;
use crate::oauth::reply::Reply;

/// wiremock tries mocks from 1 to 255, and an author's default is 5: the issuer answers what no
/// other mock does.
const ISSUER: u8 = 255;

/// A wiremock server that only the pipeline talks to. It starts with the first call of `MockScalekit::server`: it
/// costs a thread, and each request a second connection.
#[derive(Debug)]
pub(crate) struct UserMocks(MockServer);

impl UserMocks {
    pub(crate) fn start(issuer: &Arc<Issuer>, clock: &Arc<dyn Clock>) -> Self {
        let (issuer, clock) = (Arc::clone(issuer), Arc::clone(clock));
        // The caller may be inside a runtime, which must not be blocked.
        let started = std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("the operating system gives a runtime its resources")
                .block_on(start(issuer, clock))
        });
        Self(started.join().expect("wiremock starts"))
    }

    pub(crate) fn server(&self) -> &MockServer {
        &self.0
    }

    /// What the mocks answer; none when one closes the connection instead (`respond_with_err`).
    pub(crate) async fn answer(&self, request: &Request<Vec<u8>>) -> Option<Response<Bytes>> {
        let stream = TcpStream::connect(self.0.address()).await.ok()?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
        tokio::spawn(connection);
        let response = sender.send_request(relayed(request)).await.ok()?;
        let (mut parts, body) = response.into_parts();
        // Of this hop alone.
        for name in [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
            parts.headers.remove(name);
        }
        let body = body.collect().await.ok()?.to_bytes();
        Some(Response::from_parts(parts, body))
    }
}

/// The same request in HTTP/1.1.
fn relayed(request: &Request<Vec<u8>>) -> Request<Full<Bytes>> {
    let uri = request.uri();
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut relayed = Request::new(Full::from(request.body().clone()));
    *relayed.method_mut() = request.method().clone();
    *relayed.uri_mut() = path.parse().expect("a path that came over http is one");
    *relayed.headers_mut() = request.headers().clone();
    // HTTP/2 has the host in the URI.
    let host = uri
        .authority()
        .and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    if let Some(host) = host {
        relayed.headers_mut().insert(HOST, host);
    }
    relayed.headers_mut().remove(TRANSFER_ENCODING);
    relayed
}

async fn start(issuer: Arc<Issuer>, clock: Arc<dyn Clock>) -> MockServer {
    // Never a server of wiremock's pool: its port stays open after the test. And wiremock must not
    // record: it prints what it recorded, secrets and all, when an expectation fails.
    let server = MockServer::builder()
        .disable_request_recording()
        .start()
        .await;
    Mock::given(any())
        .respond_with(move |request: &wiremock::Request| {
            template(&issuer.handle(&convert(request), clock.now()))
        })
        .with_priority(ISSUER)
        .mount(&server)
        .await;
    server
}

fn convert(request: &wiremock::Request) -> Request<Vec<u8>> {
    let mut converted = Request::new(request.body.clone());
    *converted.method_mut() = request.method.clone();
    *converted.uri_mut() = request
        .url
        .as_str()
        .parse()
        .expect("a url that came over http is a uri");
    *converted.headers_mut() = request.headers.clone();
    converted
}

fn template(reply: &Reply) -> ResponseTemplate {
    let mut headers = reply.headers().clone();
    let mime = headers.remove(CONTENT_TYPE);
    let mut template = ResponseTemplate::new(reply.status());
    for (name, value) in &headers {
        template = template.append_header(name, value);
    }
    match mime.as_ref().and_then(|mime| mime.to_str().ok()) {
        Some(mime) => template.set_body_raw(reply.body().clone(), mime),
        None => template,
    }
}
