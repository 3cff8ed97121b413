//! An endpoint on loopback that has a scripted reply per token, and counts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::pair::active;

/// The reply to one call.
#[derive(Clone)]
pub(crate) enum Reply {
    /// These bytes; the connection stays open.
    Bytes(String),
    /// These bytes, and the connection ends.
    Cut(String),
    /// The connection is reset.
    Reset,
    /// Nothing at all.
    Silence,
    /// These bytes after [`Endpoint::release`].
    Held(String),
    /// These bytes after this time, by the real clock.
    Late(Duration, String),
}

/// A whole answer.
pub(crate) fn reply(status: &str, headers: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Bytes(format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}"
    ))
}

pub(crate) fn json(status: &str, body: &str) -> Reply {
    reply(status, "content-type: application/json\r\n", body)
}

pub(crate) fn good() -> Reply {
    json("200 OK", &active().to_string())
}

pub(crate) fn not_active() -> Reply {
    json("200 OK", r#"{"active":false}"#)
}

type Script = dyn Fn(&str) -> Reply + Send + Sync;

#[derive(Clone)]
pub(crate) struct Endpoint {
    origin: String,
    script: Arc<Mutex<Arc<Script>>>,
    calls: Arc<Mutex<HashMap<String, usize>>>,
    /// How many held calls there have been, and how many of them may go.
    held: watch::Sender<usize>,
    released: watch::Sender<usize>,
}

impl Endpoint {
    pub(crate) async fn start(script: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = Self {
            origin: format!("http://{}", listener.local_addr().unwrap()),
            script: Arc::new(Mutex::new(Arc::new(script))),
            calls: Arc::default(),
            held: watch::Sender::new(0),
            released: watch::Sender::new(0),
        };
        let server = endpoint.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = server.clone();
                tokio::spawn(async move { server.serve(stream).await });
            }
        });
        endpoint
    }

    /// Holds each reply back until it is released.
    pub(crate) async fn holding(reply: Reply) -> Self {
        let Reply::Bytes(bytes) = reply else {
            panic!("only bytes can be held back")
        };
        Self::start(move |_| Reply::Held(bytes.clone())).await
    }

    /// Sets the replies from now on.
    pub(crate) fn answers(&self, script: impl Fn(&str) -> Reply + Send + Sync + 'static) {
        *self.script.lock().unwrap() = Arc::new(script);
    }

    async fn serve(&self, mut stream: TcpStream) {
        let mut received = Vec::new();
        loop {
            let token = loop {
                if let Some(token) = take_request(&mut received) {
                    break token;
                }
                // The client has given up.
                match stream.read_buf(&mut received).await {
                    Ok(1..) => {}
                    _ => return,
                }
            };
            let script = Arc::clone(&self.script.lock().unwrap());
            let reply = script(&token);
            self.count(&token);
            let bytes = match reply {
                Reply::Bytes(bytes) => bytes,
                Reply::Late(time, bytes) => {
                    tokio::time::sleep(time).await;
                    bytes
                }
                Reply::Cut(bytes) => {
                    let _ = stream.write_all(bytes.as_bytes()).await;
                    return;
                }
                Reply::Reset => {
                    let _ = stream.set_zero_linger();
                    return;
                }
                // Until the client has given up.
                Reply::Silence => {
                    let _ = stream.read_buf(&mut received).await;
                    return;
                }
                Reply::Held(bytes) => {
                    self.held.send_modify(|held| *held += 1);
                    let number = *self.held.borrow();
                    let mut released = self.released.subscribe();
                    let _ = released.wait_for(|released| *released >= number).await;
                    bytes
                }
            };
            if stream.write_all(bytes.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    fn count(&self, token: &str) {
        let mut calls = self.calls.lock().unwrap();
        // A flood is counted as a whole, so that the memory that it takes is not the test's.
        let name = if calls.len() < 10_000 {
            token.chars().take(64).collect()
        } else {
            "others".to_owned()
        };
        *calls.entry(name).or_default() += 1;
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// How often it was asked about this token.
    pub(crate) fn calls_about(&self, token: &str) -> usize {
        let calls = self.calls.lock().unwrap();
        calls.get(token).copied().unwrap_or_default()
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.lock().unwrap().values().sum()
    }

    /// Calls about random tokens, which the verifier makes itself.
    pub(crate) fn probes(&self) -> usize {
        let calls = self.calls.lock().unwrap();
        let probes = calls.iter().filter(|(token, _)| is_random(token));
        probes.map(|(_, calls)| calls).sum()
    }

    /// How many calls have been held.
    pub(crate) fn held(&self) -> usize {
        *self.held.borrow()
    }

    /// Waits until `calls` calls have been held.
    pub(crate) async fn has_held(&self, calls: usize) {
        let mut held = self.held.subscribe();
        held.wait_for(|held| *held >= calls).await.unwrap();
    }

    /// Lets the first calls that were held have their answer, up to this number of them in all.
    pub(crate) fn release(&self, calls: usize) {
        self.released.send_replace(calls);
    }
}

/// Whether a token is one that the verifier has made; those of the tests are shorter or longer.
pub(crate) fn is_random(token: &str) -> bool {
    token.len() == 43
}

/// The token of a whole request, which is taken from the bytes.
fn take_request(received: &mut Vec<u8>) -> Option<String> {
    let text = String::from_utf8_lossy(received);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head.to_ascii_lowercase().lines().find_map(|line| {
        let length = line.strip_prefix("content-length: ")?;
        length.trim().parse::<usize>().ok()
    })?;
    let form = body.get(..length)?;
    let token = url::form_urlencoded::parse(form.as_bytes())
        .find_map(|(name, value)| (name == "token").then(|| value.into_owned()))?;
    let taken = head.len() + 4 + length;
    received.drain(..taken);
    Some(token)
}
