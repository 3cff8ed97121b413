//! Access tokens that the API refuses: by many calls at once, and while the token endpoint is unavailable.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use auth_scalekit::management::ManagementErrorKind::{Refused, Unavailable};
use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use wiremock::ResponseTemplate;

use crate::further::management;
use crate::harness::{Api, TOKEN, error, ok, session_body, token_response};
use crate::leap_clock::LeapClock;

const SESSION: &str = "/api/v1/sessions/ses_1";
const TOKENS: &str = "/oauth/token";
const CALLS: usize = 20;

/// An API that refuses the first token, when all calls have come with it.
struct Refusing {
    calls: Barrier,
    /// Passed when all refusals are sent.
    refusals: Barrier,
    tokens: AtomicUsize,
}

impl Refusing {
    async fn start(calls: usize) -> (Arc<Self>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Self {
            calls: Barrier::new(calls),
            refusals: Barrier::new(calls + 1),
            tokens: AtomicUsize::new(0),
        });
        let app = Router::new()
            .route(TOKENS, post(token))
            .route(SESSION, get(session))
            .with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, app).await });
        (state, origin)
    }
}

fn json(body: &Value) -> Response {
    ([(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

async fn token(State(api): State<Arc<Refusing>>) -> Response {
    let number = api.tokens.fetch_add(1, Ordering::SeqCst) + 1;
    if number == 2 {
        api.refusals.wait().await;
        // The calls read their refusals before the token arrives.
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
    }
    json(&token_response(number))
}

async fn session(State(api): State<Arc<Refusing>>, headers: HeaderMap) -> Response {
    let authorization = headers["authorization"].to_str().unwrap();
    if authorization != format!("Bearer {TOKEN}-1") {
        return json(&session_body());
    }
    api.calls.wait().await;
    tokio::spawn(async move { api.refusals.wait().await });
    StatusCode::UNAUTHORIZED.into_response()
}

#[tokio::test]
async fn calls_that_are_refused_at_once_share_the_replacement() {
    for calls in [1, CALLS] {
        let (api, origin) = Refusing::start(calls).await;
        let management = management(&origin, &LeapClock::default());
        let mut set = JoinSet::new();
        for _ in 0..calls {
            let management = management.clone();
            set.spawn(async move { management.session("ses_1").await });
        }
        for answer in set.join_all().await {
            assert_eq!(answer.unwrap().session_id, "ses_1", "of {calls}");
        }
        let tokens = api.tokens.load(Ordering::SeqCst);
        assert_eq!(tokens, 2, "one token and one replacement for {calls}");
    }
}

/// A proxy can refuse a token that the API would accept.
#[tokio::test]
async fn a_refused_token_is_used_while_there_is_no_other() {
    let api = Api::without_tokens().await;
    api.at("GET", SESSION, ok(&session_body())).await;
    api.once("POST", TOKENS, ok(&token_response(1))).await;
    api.once("POST", TOKENS, ResponseTemplate::new(503)).await;
    api.once("POST", TOKENS, ResponseTemplate::new(503)).await;
    api.at("POST", TOKENS, ok(&token_response(2))).await;
    api.management().session("ses_1").await.unwrap();
    api.once("GET", SESSION, error(401, 16, "UNAUTHENTICATED"))
        .await;
    let error = api.management().session("ses_1").await.unwrap_err();
    assert_eq!(error.kind(), Unavailable, "of the token endpoint");
    for (seconds, tokens, used) in [(0, 2, 1), (1, 3, 1), (1, 3, 1), (1, 4, 2), (1, 4, 2)] {
        api.advance(seconds);
        let answer = api.management().session("ses_1").await;
        assert!(answer.is_ok(), "after {seconds} more seconds: {answer:?}");
        assert_eq!(api.count(TOKENS).await, tokens);
        let requests = api.requests(SESSION).await;
        let sent = requests.last().unwrap().headers["authorization"].to_str();
        assert_eq!(sent.unwrap(), format!("Bearer {TOKEN}-{used}"));
    }
}

#[tokio::test]
async fn a_refused_token_is_not_used_after_its_end() {
    for (seconds, kind) in [(999, None), (1000, Some(Unavailable))] {
        let api = Api::without_tokens().await;
        api.at("GET", SESSION, ok(&session_body())).await;
        api.once("POST", TOKENS, ok(&token_response(1))).await;
        api.at("POST", TOKENS, ResponseTemplate::new(503)).await;
        api.management().session("ses_1").await.unwrap();
        api.once("GET", SESSION, error(401, 16, "UNAUTHENTICATED"))
            .await;
        assert!(api.management().session("ses_1").await.is_err());
        api.advance(seconds);
        let answer = api.management().session("ses_1").await;
        assert_eq!(answer.err().map(|it| it.kind()), kind, "after {seconds} s");
    }
}

#[tokio::test]
async fn a_token_that_is_refused_again_is_the_fault_of_the_token_endpoint() {
    let api = Api::without_tokens().await;
    api.once("POST", TOKENS, ok(&token_response(1))).await;
    let revoked = ResponseTemplate::new(401);
    api.at("POST", TOKENS, revoked).await;
    api.at("GET", SESSION, error(401, 16, "UNAUTHENTICATED"))
        .await;
    for _ in 0..2 {
        let error = api.management().session("ses_1").await.unwrap_err();
        assert_eq!(error.kind(), Refused);
        assert_eq!(error.call(), "POST /oauth/token");
    }
    assert_eq!(api.count(TOKENS).await, 2, "within the back-off");
}
