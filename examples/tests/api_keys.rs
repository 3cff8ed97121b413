//! A verifier of ten lines has reuse, revocation, streams that end and an audit trail without writing any of it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth_core::audit::audit_fn;
use auth_core::provider::PublicUrl;
use auth_core::revocation::MemoryRevocations;
use auth_core::support::{Clock, async_trait};
use auth_core::token::VerifiedToken;
use auth_core::verifier::{TokenVerifier, VerifyError, VerifyRequest};
use auth_testkit::TestClock;
use axum::Router;
use axum::body::{Body, to_bytes};
use examples::api_keys::{KeyTable, KeyTableError, app, new_key};
use http::{Request, Response};
use http_body_util::BodyExt;
use tower::ServiceExt;

/// Counts the questions.
#[derive(Debug)]
struct Counted(KeyTable, Arc<AtomicUsize>);

#[async_trait]
impl TokenVerifier for Counted {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.verify(request).await
    }
}

struct Stand {
    app: Router,
    ada: String,
    bob: String,
    asked: Arc<AtomicUsize>,
    revoked: Arc<MemoryRevocations>,
    clock: TestClock,
    recorded: Arc<Mutex<Vec<String>>>,
}

fn stand() -> Stand {
    let (keys, rows): (Vec<_>, Vec<_>) = ["ada", "bob"]
        .map(|user| new_key(user).unwrap())
        .into_iter()
        .unzip();
    let [ada, bob] = <[String; 2]>::try_from(keys).unwrap();
    let table = KeyTable::from_json(&serde_json::to_string(&rows).unwrap()).unwrap();
    // A stolen table is of no use.
    assert!(!format!("{table:?}").contains(&ada));
    let (asked, clock) = (Arc::new(AtomicUsize::new(0)), TestClock::new());
    let (revoked, recorded) = (Arc::new(MemoryRevocations::new()), Arc::default());
    let verifier = Counted(table, Arc::clone(&asked));
    let resource = PublicUrl::parse("https://mcp.example.com/mcp").unwrap();
    let written: Arc<Mutex<Vec<String>>> = Arc::clone(&recorded);
    let app = app(verifier, resource, Arc::clone(&revoked), |layer| {
        layer.clock(clock.clone()).audit(audit_fn(move |event| {
            let who = event
                .token
                .as_ref()
                .map_or("anonymous", VerifiedToken::subject);
            let line = format!("{} {who}", event.decision.as_str());
            written.lock().unwrap().push(line);
        }))
    });
    Stand {
        app: app.unwrap(),
        ada,
        bob,
        asked,
        revoked,
        clock,
        recorded,
    }
}

impl Stand {
    async fn get(&self, key: &str, accept: &str) -> Response<Body> {
        let request = Request::get("/mcp").header("accept", accept);
        let request = request.header("authorization", format!("Bearer {key}"));
        let request = request.body(Body::empty()).unwrap();
        self.app.clone().oneshot(request).await.unwrap()
    }

    /// The status and the text of an answer.
    async fn call(&self, key: &str) -> (u16, String) {
        let answer = self.get(key, "*/*").await;
        let status = answer.status().as_u16();
        let text = to_bytes(answer.into_body(), 10_000).await.unwrap();
        (status, String::from_utf8(text.to_vec()).unwrap())
    }

    fn token_of_ada(&self) -> VerifiedToken {
        let end = self.clock.now() + Duration::from_secs(3600);
        VerifiedToken::assertion("https://keys.example.com", "ada", end)
    }
}

#[tokio::test]
async fn a_key_is_looked_up_twice_a_minute() {
    let stand = stand();
    let hello = (200, "hello ada\n".to_owned());
    for _ in 0..10 {
        assert_eq!(stand.call(&stand.ada).await, hello);
    }
    assert_eq!(stand.asked.load(Ordering::SeqCst), 1);
    stand.clock.advance(Duration::from_secs(30));
    assert_eq!(stand.call(&stand.ada).await, hello);
    assert_eq!(stand.asked.load(Ordering::SeqCst), 2);
    let (of_nobody, row) = new_key("eve").unwrap();
    assert_eq!(stand.call(&of_nobody).await.0, 401);
    assert_eq!(stand.call(&row.sha256).await.0, 401, "a hash is no key");
    assert_eq!(stand.call(&"k".repeat(300)).await.0, 400, "it is too long");
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once_and_its_stream_ends() {
    let stand = stand();
    let mut stream = stand.get(&stand.ada, "text/event-stream").await;
    let body = stream.body_mut();
    let nothing_yet = tokio::select! {
        biased;
        _ = body.frame() => false,
        () = std::future::ready(()) => true,
    };
    assert!(nothing_yet, "the control");
    stand.revoked.add_token(&stand.token_of_ada());
    assert!(body.frame().await.is_none(), "the end");
    assert_eq!(stand.call(&stand.ada).await.0, 401);
    assert_eq!(stand.call(&stand.bob).await.0, 200, "another caller");
    let recorded = stand.recorded.lock().unwrap();
    let expected = [
        "admitted ada",
        "invalid_token ada",
        "invalid_token anonymous",
        "admitted bob",
    ];
    assert_eq!(*recorded, expected);
}

#[test]
fn a_table_with_a_mistake_is_refused() {
    let (_, row) = new_key("ada").unwrap();
    let read = |rows: &[serde_json::Value]| {
        KeyTable::from_json(&serde_json::Value::from(rows).to_string())
    };
    let row = serde_json::to_value(row).unwrap();
    let other = serde_json::to_value(new_key("bob").unwrap().1).unwrap();
    let with = |name: &str, value: serde_json::Value| {
        let mut other = other.clone();
        other[name] = value;
        other
    };
    assert!(read(&[row.clone(), other.clone()]).is_ok(), "the control");
    let upper = other["sha256"].as_str().unwrap().to_uppercase();
    for (second, problem) in [
        (
            with("sha256", row["sha256"].clone()),
            "row 2: another row has the same sha256",
        ),
        (with("sha256", "key_1".into()), "row 2: sha256 must be"),
        (with("sha256", upper.into()), "row 2: sha256 must be"),
        (with("user", "".into()), "row 2: user must not be empty"),
        (
            with("scopes", vec!["a b"].into()),
            "row 2: user must not be empty",
        ),
        (with("key", "x".into()), "no JSON list of rows"),
    ] {
        let error: KeyTableError = read(&[row.clone(), second]).unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
    }
}
