//! Requests over connections that are kept alive, each sending its next when it has its answer.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::server::URL;
use crate::wire::Wire;

pub(crate) const CONNECTIONS: usize = 32;

const BODY: &str = concat!(
    r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"#,
    r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","#,
    r#""io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"},"#,
    r#""io.modelcontextprotocol/clientCapabilities":{}}}}"#,
);

/// What is sent, and for how long.
pub(crate) struct Load {
    request: http::Request<Full<Bytes>>,
    /// The same as HTTP/1.1 has it: written by hand, so that the load is cheaper than the server.
    bytes: Vec<u8>,
    slice: Duration,
}

/// What came of it.
#[derive(Default)]
pub(crate) struct Answers {
    /// How long each took, in nanoseconds.
    pub(crate) latencies: Vec<u64>,
    pub(crate) took: Duration,
}

impl Answers {
    pub(crate) fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.took.as_secs_f64()
    }

    /// The latency, in microseconds, at this percentile of the answers.
    pub(crate) fn percentile(&mut self, percent: usize) -> f64 {
        self.latencies.sort_unstable();
        let last = self.latencies.len() - 1;
        self.latencies[last * percent / 100] as f64 / 1000.0
    }
}

impl Load {
    pub(crate) fn new(token: &str, slice: Duration) -> Self {
        let request = http::Request::post(URL)
            .header("host", "127.0.0.1:8000")
            .header("authorization", format!("Bearer {token}"))
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .header("content-length", BODY.len())
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/list")
            .body(Full::from(BODY))
            .unwrap();
        let mut bytes = b"POST /mcp HTTP/1.1\r\n".to_vec();
        for (name, value) in request.headers() {
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(BODY.as_bytes());
        Self {
            request,
            bytes,
            slice,
        }
    }

    /// As many requests as the server answers.
    pub(crate) async fn flat_out(&self, server: SocketAddr, wire: Wire) -> Answers {
        let mut connections = self.connect(server, wire).await;
        let begun = Instant::now();
        let end = begun + self.slice;
        let run = connections.iter_mut().map(|connection| async {
            let mut latencies = Vec::new();
            let mut sent = Instant::now();
            while sent < end {
                connection.ask(self).await;
                let answered = Instant::now();
                latencies.push(nanos(answered - sent));
                sent = answered;
            }
            latencies
        });
        let latencies = join_all(run).await;
        Answers {
            latencies,
            took: begun.elapsed(),
        }
    }

    /// Sends `per_second` requests, whether or not those before have been answered. The latency of a request begins when
    /// it should have been sent.
    pub(crate) async fn paced(&self, server: SocketAddr, wire: Wire, per_second: f64) -> Answers {
        let mut connections = self.connect(server, wire).await;
        let begun = Instant::now();
        let end = begun + self.slice;
        let each = Duration::from_secs_f64(CONNECTIONS as f64 / per_second);
        let run = connections
            .iter_mut()
            .enumerate()
            .map(|(n, connection)| async move {
                let mut latencies = Vec::new();
                let mut due = begun + each.mul_f64(n as f64 / CONNECTIONS as f64);
                while due < end {
                    // The timer's millisecond would be more than what is measured.
                    while Instant::now() < due {
                        tokio::task::yield_now().await;
                    }
                    connection.ask(self).await;
                    latencies.push(nanos(due.elapsed()));
                    due += each;
                }
                latencies
            });
        let latencies = join_all(run).await;
        Answers {
            latencies,
            took: begun.elapsed(),
        }
    }

    /// Every connection has had its first answer: the server is warm.
    async fn connect(&self, server: SocketAddr, wire: Wire) -> Vec<Connection> {
        let mut connections = Vec::new();
        for _ in 0..CONNECTIONS {
            let mut connection = Connection::open(server, wire).await;
            connection.ask(self).await;
            connections.push(connection);
        }
        connections
    }
}

enum Connection {
    Http1(TcpStream, Vec<u8>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

impl Connection {
    async fn open(server: SocketAddr, wire: Wire) -> Self {
        let stream = TcpStream::connect(server).await.unwrap();
        stream.set_nodelay(true).unwrap();
        if wire == Wire::Http1 {
            return Self::Http1(stream, Vec::with_capacity(64 * 1024));
        }
        let io = TokioIo::new(stream);
        let (sender, driver) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
        tokio::spawn(driver);
        Self::Http2(sender)
    }

    /// Sends the request and reads its whole answer, which must be 200.
    async fn ask(&mut self, load: &Load) {
        match self {
            Self::Http1(stream, buffer) => {
                stream.write_all(&load.bytes).await.unwrap();
                buffer.clear();
                while !is_whole(buffer) {
                    let read = stream.read_buf(buffer).await.unwrap();
                    assert_ne!(read, 0, "the server hung up: {}", text(buffer));
                }
            }
            Self::Http2(sender) => {
                sender.ready().await.unwrap();
                let answer = sender.send_request(load.request.clone()).await.unwrap();
                assert_eq!(answer.status(), 200);
                let body = answer.into_body().collect().await.unwrap();
                assert!(!body.to_bytes().is_empty());
            }
        }
    }
}

/// Whether these bytes are a whole answer.
fn is_whole(bytes: &[u8]) -> bool {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut head = httparse::Response::new(&mut headers);
    let Ok(httparse::Status::Complete(end)) = head.parse(bytes) else {
        return false;
    };
    assert_eq!(head.code, Some(200), "{}", text(bytes));
    let body = &bytes[end..];
    let header = |wanted: &str| {
        let mut headers = head.headers.iter();
        headers.find(|header| header.name.eq_ignore_ascii_case(wanted))
    };
    if let Some(length) = header("content-length") {
        let length = std::str::from_utf8(length.value).unwrap();
        return body.len() >= length.parse().unwrap();
    }
    assert!(header("transfer-encoding").is_some(), "{}", text(bytes));
    // Its last chunk is empty.
    body == b"0\r\n\r\n" || body.ends_with(b"\r\n0\r\n\r\n")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn nanos(duration: Duration) -> u64 {
    duration.as_nanos() as u64
}

/// Runs all of them on this thread, and puts together what they found.
async fn join_all(run: impl Iterator<Item = impl Future<Output = Vec<u64>>>) -> Vec<u64> {
    use futures_util::StreamExt;
    let run: futures_util::stream::FuturesUnordered<_> = run.collect();
    run.concat().await
}
