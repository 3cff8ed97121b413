//! A client that hides nothing.

use std::io::ErrorKind;

use auth_testkit::MockScalekit;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What came over a connection, and how it ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Heard {
    pub bytes: Vec<u8>,
    /// None: the other side closed it (FIN).
    pub error: Option<ErrorKind>,
}

impl Heard {
    /// The head, with its blank line, and the body.
    pub fn parts(&self) -> (&[u8], &[u8]) {
        let end = self.bytes.windows(4).position(|four| four == b"\r\n\r\n");
        self.bytes.split_at(end.expect("a head that ends") + 4)
    }

    pub fn status(&self) -> &str {
        std::str::from_utf8(&self.bytes[9..12]).unwrap()
    }
}

pub async fn connect(scalekit: &MockScalekit) -> TcpStream {
    let address = scalekit.environment_url().strip_prefix("http://").unwrap();
    TcpStream::connect(address).await.unwrap()
}

/// Asks for a path on a new connection.
pub async fn get(scalekit: &MockScalekit, path: &str) -> Heard {
    let mut stream = connect(scalekit).await;
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    heard(stream).await
}

pub async fn heard(mut stream: TcpStream) -> Heard {
    let mut bytes = Vec::new();
    let ended = stream.read_to_end(&mut bytes).await;
    Heard {
        bytes,
        error: ended.err().map(|error| error.kind()),
    }
}
