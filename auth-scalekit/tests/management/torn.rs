//! A server whose first answer to a call is cut off.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::token_response;

/// Where the answer is cut off.
#[derive(Clone, Copy)]
pub(crate) enum Cut {
    Head,
    Body,
}

pub(crate) struct TornServer {
    pub(crate) origin: String,
    answers: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl TornServer {
    pub(crate) async fn start(cut: Cut, answer: &Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let answers = Arc::new(AtomicUsize::new(0));
        let (counter, answer) = (Arc::clone(&answers), answer.to_string());
        let task = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let is_token = read(&mut stream).await.starts_with("POST /oauth/token");
                let response = if is_token {
                    response(&token_response(1).to_string(), 0)
                } else {
                    match (counter.fetch_add(1, Ordering::SeqCst), cut) {
                        (0, Cut::Head) => continue,
                        (0, Cut::Body) => response(&answer, 1),
                        _ => response(&answer, 0),
                    }
                };
                stream.write_all(response.as_bytes()).await.unwrap();
            }
        });
        Self {
            origin,
            answers,
            task,
        }
    }

    /// The answers to calls so far, without those of the token endpoint.
    pub(crate) fn answers(&self) -> usize {
        self.answers.load(Ordering::SeqCst)
    }
}

impl Drop for TornServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A response of which `missing` bytes are not sent.
fn response(body: &str, missing: usize) -> String {
    let length = body.len() + missing;
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

/// A request, with its body.
async fn read(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lines = head.lines();
            let length = lines.find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                break;
            }
        }
        if stream.read_buf(&mut request).await.unwrap() == 0 {
            break;
        }
    }
    String::from_utf8(request).unwrap()
}
