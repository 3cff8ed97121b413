//! The address of the server under test, and the requests that go there.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use url::Url;

use super::http::{Call, Connection, HttpReply};
use super::outcome::CheckResult;
use crate::mcp::Protocol;

/// The server under test, as it is reached.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) url: Url,
    /// The generation of MCP that is spoken with it.
    pub(super) protocol: Protocol,
}

impl Server {
    pub(super) fn authority(&self) -> String {
        authority(&self.url)
    }

    /// `Host`, and the origin without its scheme.
    pub(super) fn host(&self) -> String {
        match self.url.port() {
            Some(port) => format!("{}:{port}", self.url.host_str().unwrap_or_default()),
            None => self.url.host_str().unwrap_or_default().to_owned(),
        }
    }

    pub(super) fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// A request to the MCP endpoint, without a token.
    pub(super) fn post(&self, body: &str) -> Call {
        Call {
            method: Method::POST,
            path: match self.url.query() {
                Some(query) => format!("{}?{query}", self.url.path()),
                None => self.url.path().to_owned(),
            },
            headers: headers(),
            body: Bytes::copy_from_slice(body.as_bytes()),
            unfinished: false,
        }
        .header("host", self.host())
    }

    /// A `GET` of another path.
    pub(super) fn get(&self, path: &str) -> Call {
        let mut call = self.post("").method(Method::GET).path(path);
        call.headers.remove("content-type");
        call.header("accept", "application/json")
    }

    pub(super) async fn send(&self, call: &Call) -> CheckResult<HttpReply> {
        Connection::open(&self.authority()).await?.send(call).await
    }
}

/// Host and port, to connect to.
pub(super) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{host}:{port}")
}

/// The headers that all MCP requests carry.
fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("accept", "application/json, text/event-stream"),
        ("content-type", "application/json"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
}
