//! HTTP requests that a client library would not send, and their replies. Written on hyper, since probes choose
//! each header and path byte by byte.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use auth_core::support::json::{self, Rules};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::outcome::{CheckResult, failed};

/// A server has this long for an answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// More of a body than this is not read.
const MAX_BODY: usize = 1024 * 1024;

/// One request. The address it goes to is the target's.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) method: Method,
    /// With its query, sent as it is.
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// Whether the rest of the body never comes.
    pub(super) unfinished: bool,
}

impl Call {
    pub(super) fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    pub(super) fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    pub(super) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// The first byte of a body of `length` bytes; the rest never comes.
    pub(super) fn begin_body(self, length: usize) -> Self {
        let mut call = self.header("content-length", length.to_string()).body(" ");
        call.unfinished = true;
        call
    }

    /// In place of what was there.
    pub(super) fn header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        let value = HeaderValue::from_bytes(value.as_ref()).expect("probes send header values");
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    /// Beside what is there.
    pub(super) fn also(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        let value = HeaderValue::from_bytes(value.as_ref()).expect("probes send header values");
        self.headers.append(HeaderName::from_static(name), value);
        self
    }

    pub(super) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    fn request(&self) -> Request<Sent> {
        let mut request = Request::new(match self.unfinished {
            false => Sent::Left(Full::new(self.body.clone())),
            true => Sent::Right(Begun(Some(self.body.clone()))),
        });
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = path_of(&self.path);
        *request.headers_mut() = self.headers.clone();
        request
    }
}

/// What goes over the wire of a body: all of it, or a beginning.
type Sent = Either<Full<Bytes>, Begun>;

/// A piece, and then nothing, not even an end.
struct Begun(Option<Bytes>);

impl Body for Begun {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.0.take() {
            Some(piece) => Poll::Ready(Some(Ok(Frame::data(piece)))),
            None => Poll::Pending,
        }
    }
}

/// `//mcp` is a path here, and not a host.
fn path_of(path: &str) -> http::Uri {
    let path = path.parse::<http::uri::PathAndQuery>();
    let mut parts = http::uri::Parts::default();
    parts.path_and_query = Some(path.expect("probes send paths"));
    http::Uri::from_parts(parts).expect("a path alone is a URI")
}

/// What came back.
#[derive(Debug)]
pub(super) struct HttpReply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl HttpReply {
    pub(super) fn is_success(&self) -> bool {
        self.status.is_success()
    }

    /// The values of a header, of which there may be several.
    pub(super) fn values(&self, name: &str) -> Vec<&str> {
        let values = self.headers.get_all(name).iter();
        values.filter_map(|value| value.to_str().ok()).collect()
    }

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.values(name).first().copied()
    }

    /// The JSON-RPC answer, be it the body or an event in it.
    pub(super) fn message(&self) -> Option<Value> {
        answer_in(&self.body)
    }

    /// All of it as text, to look for what should not be there.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            text.push_str(&format!("{name}: {value}\n"));
        }
        text + &self.body
    }
}

fn answer_in(body: &str) -> Option<Value> {
    let is_answer = |message: &Value| {
        let has = |name: &str| message.get(name).is_some();
        has("id") && (has("result") || has("error"))
    };
    let read = |text: &str| json::value(text.as_bytes(), Rules::STRICT.duplicates_allowed()).ok();
    if let Some(message) = read(body) {
        return Some(message).filter(is_answer);
    }
    let events = body.lines().filter_map(|line| line.strip_prefix("data:"));
    events.filter_map(|data| read(data.trim())).find(is_answer)
}

/// A connection over which requests are sent one after another.
pub(super) struct Connection {
    sender: SendRequest<Sent>,
}

impl Connection {
    pub(super) async fn open(authority: &str) -> CheckResult<Self> {
        let opened = timeout(PATIENCE, async {
            let stream = TcpStream::connect(authority).await?;
            stream.set_nodelay(true)?;
            Ok::<_, std::io::Error>(stream)
        });
        let stream = match opened.await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return failed(format!("no connection to {authority}: {error}")),
            Err(_) => return failed(format!("no connection to {authority} in {PATIENCE:?}")),
        };
        match http1::handshake(TokioIo::new(stream)).await {
            Ok((sender, connection)) => {
                // Ends with the sender.
                tokio::spawn(connection);
                Ok(Self { sender })
            }
            Err(error) => failed(format!("no HTTP: {error}")),
        }
    }

    pub(super) async fn send(&mut self, call: &Call) -> CheckResult<HttpReply> {
        let method = call.method.clone();
        let answered = timeout(PATIENCE, async {
            self.sender.ready().await?;
            let response = self.sender.send_request(call.request()).await?;
            let (parts, body) = response.into_parts();
            let body = match is_stream(&parts.headers) && method == Method::GET {
                // It stays open for as long as the session.
                true => String::new(),
                false => read(body).await,
            };
            Ok::<_, hyper::Error>(HttpReply {
                status: parts.status,
                headers: parts.headers,
                body,
            })
        });
        match answered.await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => failed(format!("no answer: {error}")),
            Err(_) => failed(format!("no answer in {PATIENCE:?}")),
        }
    }
}

fn is_stream(headers: &HeaderMap) -> bool {
    let mime = headers.get(CONTENT_TYPE);
    let mime = mime.and_then(|mime| mime.to_str().ok());
    mime.is_some_and(|mime| mime.starts_with("text/event-stream"))
}

/// Until its end, its length, or the answer in it: a stream may stay open after that.
async fn read(mut body: Incoming) -> String {
    let mut bytes = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        if let Some(data) = frame.data_ref() {
            bytes.extend_from_slice(data);
        }
        if bytes.len() > MAX_BODY || answer_in(&String::from_utf8_lossy(&bytes)).is_some() {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
