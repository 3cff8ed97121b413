//! A receiver that records what it gets, and a check of signatures that uses no code of the kit.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use auth_testkit::webhooks::WebhookSecret;
use auth_testkit::{MockScalekit, TestClock};
use aws_lc_rs::hmac;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A request, as it came.
#[derive(Debug, Clone)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub fn event(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Whether one of its signatures is that of the secret.
    pub fn is_signed_with(&self, secret: &WebhookSecret) -> bool {
        let key = STANDARD.decode(&secret.expose()["whsec_".len()..]).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let (id, timestamp) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        let signed = [format!("{id}.{timestamp}.").as_bytes(), &self.body].concat();
        self.header("webhook-signature").split(' ').any(|entry| {
            let signature = STANDARD.decode(entry.strip_prefix("v1,").unwrap()).unwrap();
            hmac::verify(&key, &signed, &signature).is_ok()
        })
    }
}

#[derive(Debug, Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    /// What the next requests are answered; then 201.
    answers: Mutex<VecDeque<u16>>,
}

/// A server at `/hook`, on a free port.
pub struct Receiver {
    pub url: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl Receiver {
    pub async fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().route("/hook", post(receive));
        let router = router.with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            shared,
            server,
        }
    }

    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    pub fn only(&self) -> Received {
        let [one] = <[Received; 1]>::try_from(self.received()).unwrap();
        one
    }

    /// The types of the events that came.
    pub fn types(&self) -> Vec<String> {
        let received = self.received();
        let types = received
            .iter()
            .map(|one| one.event()["type"].as_str().unwrap().to_owned());
        types.collect()
    }

    /// The ids of the events that came.
    pub fn events(&self) -> Vec<String> {
        let received = self.received();
        let ids = received
            .iter()
            .map(|one| one.event()["id"].as_str().unwrap().to_owned());
        ids.collect()
    }

    pub fn answer(&self, statuses: impl IntoIterator<Item = u16>) {
        self.shared.answers.lock().unwrap().extend(statuses);
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn receive(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    shared
        .received
        .lock()
        .unwrap()
        .push(Received { headers, body });
    let answer = shared.answers.lock().unwrap().pop_front();
    StatusCode::from_u16(answer.unwrap_or(201)).unwrap()
}

/// A mock that sends its webhooks to a receiver, on a clock that stands still.
pub struct Setup {
    pub scalekit: MockScalekit,
    pub receiver: Receiver,
    pub secret: WebhookSecret,
    pub clock: TestClock,
}

impl Setup {
    pub async fn start() -> Self {
        let clock = TestClock::new();
        let scalekit = MockScalekit::builder().clock(clock.clone()).start().await;
        Self::with(scalekit, clock).await
    }

    pub async fn with(scalekit: MockScalekit, clock: TestClock) -> Self {
        let receiver = Receiver::start().await;
        let secret = WebhookSecret::generate();
        scalekit.webhooks().add(&receiver.url, [secret.clone()]);
        Self {
            scalekit,
            receiver,
            secret,
            clock,
        }
    }
}
