//! A management API on loopback with scripted answers, and a provider that uses it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auth_scalekit::ScalekitProvider;
use auth_scalekit::management::Management;
use auth_testkit::TestClock;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub(crate) const CLIENT_ID: &str = "skc_1";
pub(crate) const CLIENT_SECRET: &str = "marker-of-the-secret";
/// What every access token begins with.
pub(crate) const TOKEN: &str = "marker-of-the-token";

pub(crate) struct Api {
    pub(crate) server: MockServer,
    pub(crate) provider: ScalekitProvider,
    pub(crate) clock: TestClock,
}

/// Each answer another token, good for 1000 s. Clones continue the numbers.
#[derive(Clone, Default)]
pub(crate) struct Tokens(Arc<AtomicUsize>);

impl Respond for Tokens {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let number = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        ok(&token_response(number))
    }
}

pub(crate) fn token_response(number: usize) -> Value {
    json!({
        "access_token": format!("{TOKEN}-{number}"),
        "token_type": "Bearer",
        "expires_in": 1000,
        "scope": "",
    })
}

pub(crate) fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

/// An error as the API documents it.
pub(crate) fn error(status: u16, number: u8, code: &str) -> ResponseTemplate {
    let detail = json!({
        "@type": "type.googleapis.com/scalekit.v1.errdetails.ErrorInfo",
        "error_code": code,
    });
    let body = json!({ "code": number, "message": "marker-of-the-body", "details": [detail] });
    ResponseTemplate::new(status).set_body_json(body)
}

pub(crate) fn session_body() -> Value {
    json!({
        "session_id": "ses_1",
        "user_id": "usr_1",
        "organization_id": "org_1",
        "authenticated_organizations": ["org_1"],
        "status": "active",
        "created_at": "2026-11-01T00:00:00Z",
        "idle_expires_at": "2026-11-08T00:00:00Z",
        "absolute_expires_at": "2026-12-01T00:00:00Z",
        "last_active_at": "2026-11-01T00:00:00.123456789Z",
        "device": { "ip": "192.0.2.1" },
    })
}

impl Api {
    /// With a token endpoint, and nothing else.
    pub(crate) async fn start() -> Self {
        let api = Self::without_tokens().await;
        api.at("POST", "/oauth/token", Tokens::default()).await;
        api
    }

    pub(crate) async fn without_tokens() -> Self {
        let (server, clock) = (MockServer::start().await, TestClock::new());
        let provider =
            ScalekitProvider::builder(server.uri(), "res_1", "http://localhost:8000/mcp")
                .management(CLIENT_ID, CLIENT_SECRET)
                .clock(clock.clone())
                .build()
                .unwrap();
        Self {
            server,
            provider,
            clock,
        }
    }

    pub(crate) fn management(&self) -> &Management {
        self.provider.management().unwrap()
    }

    /// Answers calls from now on; an earlier answer to the same call has precedence.
    pub(crate) async fn at(&self, verb: &str, at: &str, answer: impl Respond + 'static) {
        always(&self.server, verb, at, answer).await;
    }

    /// Answers the next call only.
    pub(crate) async fn once(&self, verb: &str, at: &str, answer: impl Respond + 'static) {
        once(&self.server, verb, at, answer).await;
    }

    /// The requests to this path so far.
    pub(crate) async fn requests(&self, at: &str) -> Vec<Request> {
        requests(&self.server, at).await
    }

    pub(crate) async fn count(&self, at: &str) -> usize {
        self.requests(at).await.len()
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

/// Answers calls from now on; an earlier answer to the same call has precedence.
pub(crate) async fn always(
    server: &MockServer,
    verb: &str,
    at: &str,
    answer: impl Respond + 'static,
) {
    let mock = Mock::given(method(verb)).and(path(at));
    mock.respond_with(answer).mount(server).await;
}

/// Answers the next call only.
pub(crate) async fn once(
    server: &MockServer,
    verb: &str,
    at: &str,
    answer: impl Respond + 'static,
) {
    let mock = Mock::given(method(verb)).and(path(at));
    let mock = mock.respond_with(answer).up_to_n_times(1);
    mock.with_priority(1).mount(server).await;
}

/// The requests to this path so far.
pub(crate) async fn requests(server: &MockServer, at: &str) -> Vec<Request> {
    let all = server.received_requests().await.unwrap();
    all.into_iter()
        .filter(|request| request.url.path() == at)
        .collect()
}

/// Fails if a secret, a token or the body of an answer is in the text.
pub(crate) fn assert_reveals_nothing(text: &str) {
    assert!(!text.contains("marker"), "{text}");
}
