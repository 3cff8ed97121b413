//! An endpoint that replies when the test releases it, with any bytes.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

#[derive(Clone)]
pub(crate) struct Held {
    origin: String,
    gate: Arc<Semaphore>,
    arrived: watch::Sender<usize>,
    answer: watch::Sender<String>,
}

impl Held {
    /// Answers nothing until [`release`](Self::release).
    pub(crate) async fn start(answer: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let held = Self {
            origin: format!("http://{}", listener.local_addr().unwrap()),
            gate: Arc::new(Semaphore::new(0)),
            arrived: watch::Sender::new(0),
            answer: watch::Sender::new(answer),
        };
        let server = held.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = server.clone();
                tokio::spawn(async move { server.serve(stream).await });
            }
        });
        held
    }

    async fn serve(&self, mut stream: TcpStream) {
        let mut request = Vec::new();
        while !is_complete(&request) {
            // The client has given up.
            match stream.read_buf(&mut request).await {
                Ok(1..) => {}
                _ => return,
            }
        }
        self.arrived.send_modify(|count| *count += 1);
        self.gate.acquire().await.unwrap().forget();
        let answer = self.answer.borrow().clone();
        let _ = stream.write_all(answer.as_bytes()).await;
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    pub(crate) fn requests(&self) -> usize {
        *self.arrived.borrow()
    }

    /// Waits until `requests` requests have arrived.
    pub(crate) async fn has(&self, requests: usize) {
        let mut arrived = self.arrived.subscribe();
        arrived.wait_for(|count| *count >= requests).await.unwrap();
    }

    /// Releases the replies of `requests` requests.
    pub(crate) fn release(&self, requests: usize) {
        self.gate.add_permits(requests);
    }

    /// Sets the reply of requests that are released from now on.
    pub(crate) fn answers(&self, answer: String) {
        self.answer.send_replace(answer);
    }
}

fn is_complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.trim().parse().unwrap())
}

/// A whole answer, on a connection that ends with it.
pub(crate) fn http(status: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}
