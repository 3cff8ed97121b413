//! Operations that need a session that still exists at the issuer.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use auth_core::error::ConfigErrors;
use auth_core::layer::{AuthLayer, AuthLayerBuilder};
use auth_core::policy::{
    AuthorizationRequest, Authorizer, NotAuthorized, OperationPolicy, Policy, RequireScopes,
    all_of, any_of, not, session_is_live,
};
use auth_core::provider::{AuthProvider, ProtectedResourceMetadata, ResourceServer};
use auth_core::revocation::{LiveSessions, MemoryRevocations, Revocation, RevocationTarget};
use auth_core::support::{Clock, async_trait};
use auth_core::token::{Scopes, VerifiedToken};
use auth_core::verifier::{InvalidReason, TokenVerifier, Unavailable, VerifyError, VerifyRequest};
use futures_util::FutureExt;
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::harness::{Service, around, guarded, post};
use crate::streams::{next, stream_of};
use crate::support::{Scripted, StoppedClock, provider};

const READER: (&str, &str) = ("authorization", "Bearer good.read");
const PAYER: (&str, &str) = ("authorization", "Bearer good.read.pay");

/// The next answer, and the times of the questions.
type Answers = (Result<(), VerifyError>, Vec<SystemTime>);

/// Answers as the test says, and records what was asked.
#[derive(Debug, Clone)]
struct Sessions(Arc<Mutex<Answers>>);

impl Sessions {
    fn with(answer: Result<(), VerifyError>) -> Self {
        Self(Arc::new(Mutex::new((answer, Vec::new()))))
    }

    fn set(&self, answer: Result<(), VerifyError>) {
        self.0.lock().unwrap().0 = answer;
    }

    /// The number of questions since the last time.
    fn take_calls(&self) -> usize {
        let times = std::mem::take(&mut self.0.lock().unwrap().1);
        times.len()
    }
}

#[async_trait]
impl LiveSessions for Sessions {
    async fn check(&self, token: &VerifiedToken, now: SystemTime) -> Result<(), VerifyError> {
        assert_eq!(token.subject(), "usr_1");
        let mut known = self.0.lock().unwrap();
        known.1.push(now);
        known.0.clone()
    }
}

fn ended() -> Result<(), VerifyError> {
    Err(InvalidReason::Revoked.into())
}

fn unavailable() -> Result<(), VerifyError> {
    Err(Unavailable::new(Duration::from_secs(7)).into())
}

/// `pay` needs a live session and the scope `pay`.
fn operations() -> OperationPolicy {
    let scope: Box<dyn Policy> = Box::new(RequireScopes::new(["pay"]).unwrap());
    OperationPolicy::builder()
        .tool("pay", all_of([scope, Box::new(session_is_live())]))
        .public_tool("version")
        .filter_lists()
        .build()
        .unwrap()
}

fn around_pay(sessions: &Sessions) -> Service {
    let sessions = sessions.clone();
    guarded(|layer| layer.operations(operations()).live_sessions(sessions))
}

fn call(tool: &str) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool}}).to_string()
}

#[tokio::test]
async fn only_the_operation_that_needs_it_asks() {
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#.to_owned();
    let batch = format!("[{},{}]", call("list"), call("pay"));
    let none = ("accept", "*/*");
    for (name, caller, body, calls, [live, after, outage]) in [
        ("the operation", PAYER, call("pay"), 1, [200, 401, 503]),
        ("a batch with it", PAYER, batch, 1, [200, 401, 503]),
        ("another operation", PAYER, call("list"), 0, [200, 200, 200]),
        ("a list", PAYER, list, 0, [200, 200, 200]),
        (
            "a public operation",
            PAYER,
            call("version"),
            0,
            [200, 200, 200],
        ),
        ("no token", none, call("pay"), 0, [401, 401, 401]),
        (
            "denied by another policy",
            READER,
            call("pay"),
            0,
            [403, 403, 403],
        ),
    ] {
        for (answer, status) in [(Ok(()), live), (ended(), after), (unavailable(), outage)] {
            let sessions = Sessions::with(answer);
            let response = post(&around_pay(&sessions), &[caller], &body).await;
            assert_eq!(response.status, status, "{name}");
            assert_eq!(sessions.take_calls(), calls, "{name}");
            match (status, calls) {
                (503, _) => assert_eq!(response.header("retry-after"), Some("7"), "{name}"),
                (401, 1) => {
                    let challenge = response.header("www-authenticate").unwrap();
                    assert!(
                        challenge.contains(r#"error="invalid_token""#),
                        "{challenge}"
                    );
                }
                _ => {}
            }
        }
    }
}

#[tokio::test]
async fn the_time_of_the_request_is_passed_on() {
    let sessions = Sessions::with(Ok(()));
    post(&around_pay(&sessions), &[PAYER], &call("pay")).await;
    assert_eq!(sessions.0.lock().unwrap().1, [StoppedClock.now()]);
}

#[tokio::test]
async fn a_list_shows_the_tool_without_asking() {
    let sessions = Sessions::with(ended());
    let tools = json!([{"name": "pay"}, {"name": "list"}]);
    let list = json!({"jsonrpc": "2.0", "id": 1, "result": {"tools": tools}}).to_string();
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let response = post(
        &around_pay(&sessions),
        &[PAYER, ("x-response", &list)],
        body,
    )
    .await;
    let shown: Value = serde_json::from_str(&response.body).unwrap();
    assert_eq!(shown["result"]["tools"], tools);
    assert_eq!(sessions.take_calls(), 0);
}

#[tokio::test]
async fn a_revoked_token_asks_nothing() {
    let revocations = Arc::new(MemoryRevocations::with_clock(StoppedClock));
    let sessions = Sessions::with(Ok(()));
    let (known, live) = (Arc::clone(&revocations), sessions.clone());
    let service = guarded(|layer| {
        layer
            .operations(operations())
            .live_sessions(live)
            .revocations(known)
    });
    assert_eq!(
        post(&service, &[PAYER], &call("pay")).await.status,
        200,
        "the control"
    );
    assert_eq!(sessions.take_calls(), 1);
    let user = RevocationTarget::subject("usr_1");
    revocations.add(&Revocation::new(
        "https://id.example.com",
        user,
        StoppedClock.now(),
    ));
    assert_eq!(post(&service, &[PAYER], &call("pay")).await.status, 401);
    assert_eq!(sessions.take_calls(), 0);
}

/// Admits everything, and counts.
#[derive(Debug, Clone, Default)]
struct Admits(Arc<Mutex<usize>>);

#[async_trait]
impl Authorizer for Admits {
    async fn authorize(&self, _: AuthorizationRequest<'_>) -> Result<(), NotAuthorized> {
        *self.0.lock().unwrap() += 1;
        Ok(())
    }
}

#[tokio::test]
async fn authorizers_are_asked_afterwards() {
    for (answer, status, asked) in [(Ok(()), 200, 1), (ended(), 401, 0), (unavailable(), 503, 0)] {
        let (sessions, admits) = (Sessions::with(answer), Admits::default());
        let authorizer = admits.clone();
        let service = guarded(|layer| {
            layer
                .operations(operations())
                .live_sessions(sessions)
                .authorizer(authorizer)
        });
        assert_eq!(post(&service, &[PAYER], &call("pay")).await.status, status);
        assert_eq!(*admits.0.lock().unwrap(), asked, "{status}");
    }
}

/// Lets its tokens be reused.
#[derive(Debug)]
struct Reusable;

#[async_trait]
impl TokenVerifier for Reusable {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        let end = request.now() + Duration::from_secs(60);
        let token = VerifiedToken::assertion("https://id.example.com", "usr_1", end);
        Ok(token
            .with_scopes(Scopes::granted(["read", "pay"]))
            .reusable_until(end))
    }
}

fn reusing(change: impl FnOnce(AuthLayerBuilder) -> AuthLayerBuilder) -> Service {
    let metadata: ProtectedResourceMetadata = provider().metadata().clone();
    let builder = AuthLayer::builder(ResourceServer::new(Reusable, metadata)).clock(StoppedClock);
    around(&change(builder).build().unwrap())
}

/// A request whose token is cached and whose headers name the operation is decided without waiting, unless the
/// operation needs a live session.
#[tokio::test]
async fn what_needs_a_live_session_is_never_decided_without_asking() {
    let sessions = Sessions::with(Ok(()));
    let live = sessions.clone();
    let trusting = OperationPolicy::builder()
        .tool("pay", session_is_live())
        .inner_service_compares_headers()
        .build()
        .unwrap();
    let service = reusing(|layer| layer.operations(trusting).live_sessions(live));
    let request = |tool: &str| {
        let request = Request::post("/mcp").header("authorization", "Bearer x");
        let request = request.header("mcp-protocol-version", "2026-07-28");
        let request = request
            .header("mcp-method", "tools/call")
            .header("mcp-name", tool);
        request.body(call(tool)).unwrap()
    };
    let send = |tool: &str| service.clone().oneshot(request(tool));
    for (tool, calls) in [
        ("list", 0),
        ("list", 0),
        ("pay", 1),
        ("pay", 1),
        ("list", 0),
    ] {
        assert_eq!(send(tool).await.unwrap().status(), 200);
        assert_eq!(sessions.take_calls(), calls, "{tool}");
    }
    let at_once = send("list").now_or_never().unwrap().unwrap();
    assert_eq!(at_once.status(), 200, "cached");
    sessions.set(ended());
    assert_eq!(send("pay").await.unwrap().status(), 401);
    assert_eq!(send("list").await.unwrap().status(), 200, "the control");
}

#[tokio::test]
async fn a_policy_of_every_request_asks_for_every_one() {
    let sessions = Sessions::with(Ok(()));
    let live = sessions.clone();
    let public = OperationPolicy::builder()
        .public_tool("version")
        .build()
        .unwrap();
    let service = reusing(|layer| {
        layer
            .policy(session_is_live())
            .operations(public)
            .live_sessions(live)
    });
    let caller = ("authorization", "Bearer x");
    for (tool, calls) in [("list", 1), ("list", 1), ("version", 0)] {
        assert_eq!(post(&service, &[caller], &call(tool)).await.status, 200);
        assert_eq!(sessions.take_calls(), calls, "{tool}");
    }
    sessions.set(ended());
    assert_eq!(post(&service, &[caller], &call("list")).await.status, 401);
    assert_eq!(
        post(&service, &[caller], &call("version")).await.status,
        200
    );
}

/// A provider whose policy is for every request.
#[derive(Debug)]
struct Demanding(ResourceServer<Scripted>, Box<dyn Policy>);

#[async_trait]
impl TokenVerifier for Demanding {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        self.0.verify(request).await
    }
}

impl AuthProvider for Demanding {
    fn metadata(&self) -> &ProtectedResourceMetadata {
        self.0.metadata()
    }

    fn policy(&self) -> Option<&dyn Policy> {
        Some(&*self.1)
    }
}

type MakePolicy = fn() -> Box<dyn Policy>;
type PutPolicy = fn(Box<dyn Policy>) -> AuthLayerBuilder;

#[test]
fn a_policy_that_needs_it_is_an_error_where_nothing_can_be_asked() {
    let policies: [(&str, MakePolicy, bool); 9] = [
        (
            "the control",
            || Box::new(RequireScopes::new(["read"]).unwrap()),
            false,
        ),
        ("alone", || Box::new(session_is_live()), true),
        ("shared", || Box::new(Arc::new(session_is_live())), true),
        (
            "boxed",
            || Box::new(Box::new(session_is_live()) as Box<dyn Policy>),
            true,
        ),
        ("all_of", || Box::new(all_of([session_is_live()])), true),
        ("any_of", || Box::new(any_of([session_is_live()])), true),
        ("not", || Box::new(not(session_is_live())), true),
        (
            "nested",
            || Box::new(all_of([any_of([not(session_is_live())])])),
            true,
        ),
        (
            "combined without",
            || Box::new(all_of([any_of([not(RequireScopes::new(["x"]).unwrap())])])),
            false,
        ),
    ];
    let places: [(&str, PutPolicy); 3] = [
        ("a rule", |policy| {
            let operations = OperationPolicy::builder().tool("pay", policy).build();
            AuthLayer::builder(provider()).operations(operations.unwrap())
        }),
        ("the layer", |policy| {
            AuthLayer::builder(provider()).policy(policy)
        }),
        ("the provider", |policy| {
            AuthLayer::builder(Demanding(provider(), policy))
        }),
    ];
    for (place, builder) in places {
        for (name, policy, needs) in &policies {
            assert_eq!(policy().needs_live_session(), *needs, "{name}");
            let built: Result<_, ConfigErrors> = builder(policy()).build();
            let error = built.err().map(|errors| errors.to_string());
            let expected = "live_sessions is not set, but a policy needs it: call live_sessions, or remove \
                            session_is_live";
            assert_eq!(
                error.as_deref(),
                needs.then_some(expected),
                "{place}: {name}"
            );
            let sessions = Sessions::with(Ok(()));
            assert!(
                builder(policy()).live_sessions(sessions).build().is_ok(),
                "{place}: {name}"
            );
        }
    }
}

#[tokio::test]
async fn a_stream_that_needed_a_live_session_ends_with_it() {
    for (name, tool, answer, end) in [
        ("the control", "watch", Ok(()), "nothing"),
        ("ended", "watch", ended(), "end"),
        ("an outage", "watch", unavailable(), "nothing"),
        ("a tool that needs none", "other", ended(), "nothing"),
    ] {
        let sessions = Sessions::with(Ok(()));
        let live = sessions.clone();
        let operations = OperationPolicy::builder().tool(tool, session_is_live());
        let (mut body, _, clock) = stream_of(provider(), "text/event-stream", |layer| {
            layer
                .operations(operations.build().unwrap())
                .live_sessions(live)
                .recheck_streams_every(Duration::from_secs(10))
        })
        .await;
        assert_eq!(next(&mut body).await, "nothing", "{name}");
        sessions.set(answer);
        clock.advance(Duration::from_secs(10));
        assert_eq!(next(&mut body).await, end, "{name}");
    }
}
