//! The mock Scalekit and the notes server on one clock, which stands still until a test moves it.

#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    reason = "a test may panic, and each uses its own part of this module"
)]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use auth_core::layer::AuthLayer;
use auth_core::provider::PublicUrl;
use auth_core::support::Clock;
use auth_scalekit::ScalekitProvider;
use auth_testkit::settings::RefreshTokens;
use auth_testkit::{Endpoint, MockScalekit, TestClock};
use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::Response,
};
use examples::server::{Listening, serve, server_spec};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
};
use tokio::{
    sync::{Barrier, oneshot},
    task::JoinHandle,
};

/// A running mock and a running server, of the same time.
pub struct Timed {
    pub clock: TestClock,
    pub scalekit: MockScalekit,
    pub url: String,
    crowd: Crowd,
    end: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

/// Where refusals wait until the number that a test wants at once is reached.
type Crowd = Arc<Mutex<Option<Arc<Barrier>>>>;

impl Timed {
    /// Every login gets a refresh token, and one that is used twice ends its login at once.
    pub async fn start() -> Self {
        Self::start_with(|app| app).await
    }

    /// The same with something around the server.
    pub async fn start_with(around: impl FnOnce(Router) -> Router) -> Self {
        let clock = TestClock::new();
        let any_port = PublicUrl::parse("http://localhost:0/mcp").unwrap();
        let listening = Listening::bind(&any_port, None).await.unwrap();
        let url = listening.url().to_owned();
        let scalekit = MockScalekit::builder()
            .resource_url(&url)
            .refresh_tokens(RefreshTokens::Always)
            .refresh_grace(Duration::ZERO)
            .clock(clock.clone())
            .start()
            .await;
        let provider =
            ScalekitProvider::builder(scalekit.environment_url(), scalekit.resource_id(), &url)
                .required_scopes(["notes:read"])
                .clock(clock.clone())
                .build()
                .unwrap();
        let crowd = Crowd::default();
        let gathered = middleware::from_fn_with_state(Arc::clone(&crowd), gather);
        let app = around(notes(provider, clock.clone()).layer(gathered));
        let (end, ended) = oneshot::channel::<()>();
        let server = tokio::spawn(serve(listening, app, async move {
            let _ = ended.await;
        }));
        Self {
            clock,
            scalekit,
            url,
            crowd,
            end,
            server,
        }
    }

    /// Lets the access token end, and the minute that the server lets it pass for.
    pub fn outlive_access_token(&self) {
        self.clock.advance(Duration::from_secs(3600 + 60));
    }

    /// The next refusals are sent when this number of requests waits for one; later refusals at once.
    pub fn refuse_together(&self, requests: usize) {
        *self.crowd.lock().unwrap() = Some(Arc::new(Barrier::new(requests)));
    }

    /// How often clients registered and logged in, and the answers to their refreshes.
    pub fn counted(&self) -> (usize, usize, Vec<u16>) {
        let tokens = self.scalekit.requests(Endpoint::Token);
        let refreshes = tokens
            .iter()
            .filter(|sent| sent.param("grant_type") == Some("refresh_token"));
        (
            self.scalekit.requests(Endpoint::Register).len(),
            self.scalekit.requests(Endpoint::Authorize).len(),
            refreshes.map(|sent| sent.status().unwrap()).collect(),
        )
    }

    pub async fn stop(self) {
        // The handle reports a server that has ended by itself.
        let _ = self.end.send(());
        self.server.await.unwrap().unwrap();
    }
}

/// As `examples::server::app`, but with a clock of the test.
fn notes(provider: ScalekitProvider, clock: impl Clock) -> Router {
    let site = server_spec::notes().unwrap();
    let server = site.server;
    let service = StreamableHttpService::new(
        move || Ok(server()),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    let layer = AuthLayer::builder(provider)
        .scope_hierarchy(site.hierarchy)
        .operations(site.operations)
        .clock(clock)
        .build()
        .unwrap();
    let guarded = auth_core::axum::protect(Router::new().route_service("/mcp", service), &layer);
    Router::new().fallback_service(guarded.into_service())
}

async fn gather(State(crowd): State<Crowd>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if response.status() == StatusCode::UNAUTHORIZED {
        let barrier = crowd.lock().unwrap().clone();
        if let Some(barrier) = barrier
            && barrier.wait().await.is_leader()
        {
            *crowd.lock().unwrap() = None;
        }
    }
    response
}
