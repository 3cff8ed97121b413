//! Authorizers: asked last, about each operation, with its arguments if they need them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth_core::audit::audit_fn;
use auth_core::policy::{
    AuthorizationRequest, Authorizer, Denied, NotAuthorized, OperationPolicy, RequireScopes,
};
use auth_core::revocation::RevokedTokens;
use auth_core::support::{Clock, async_trait};
use auth_core::token::{Scopes, VerifiedToken};
use auth_core::verifier::Unavailable;
use http::Method;

use crate::harness::{guarded, post, send};
use crate::streams::{next, stream_of};
use crate::support::provider;

/// Notes what it is asked, and answers by the name of the tool.
#[derive(Debug, Clone, Default)]
struct Asked {
    questions: Arc<Mutex<Vec<String>>>,
    needs_arguments: bool,
}

impl Asked {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.questions.lock().unwrap())
    }
}

#[async_trait]
impl Authorizer for Asked {
    fn needs_arguments(&self) -> bool {
        self.needs_arguments
    }

    async fn authorize(&self, request: AuthorizationRequest<'_>) -> Result<(), NotAuthorized> {
        // It may take its time.
        tokio::task::yield_now().await;
        let operation = request
            .operation()
            .map_or("nothing".into(), ToString::to_string);
        let arguments = request
            .arguments()
            .map_or("-", |arguments| arguments.as_str());
        let question = format!("{} {operation} {arguments}", request.token().subject());
        self.questions.lock().unwrap().push(question);
        match request.operation().and_then(|operation| operation.name()) {
            Some("forbidden") => Err(Denied::Claims("marker".into()).into()),
            Some("scoped") => Err(Denied::Scope(Scopes::granted(["extra"])).into()),
            Some("away") => Err(Unavailable::new(Duration::from_secs(9)).into()),
            _ => Ok(()),
        }
    }
}

fn call(name: &str, arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{name}","arguments":{arguments}}}}}"#
    )
}

const TOKEN: [(&str, &str); 1] = [("authorization", "Bearer good.read")];

#[tokio::test]
async fn each_answer_of_an_authorizer_on_the_wire() {
    let asked = Asked::default();
    let (authorizer, events) = (asked.clone(), Arc::new(Mutex::new(Vec::new())));
    let sink = Arc::clone(&events);
    let service = guarded(|layer| {
        let layer = layer.audit(audit_fn(move |event| {
            sink.lock().unwrap().push(event.outcome.as_str());
        }));
        layer.authorizer(authorizer)
    });
    for (name, status, outcome, retry_after, challenge) in [
        ("add", 200, "admitted", None, None),
        ("forbidden", 403, "policy_denied", None, None),
        (
            "scoped",
            403,
            "insufficient_scope",
            None,
            Some("scope=\"read extra\""),
        ),
        ("away", 503, "unavailable", Some("9"), None),
    ] {
        let answer = post(&service, &TOKEN, &call(name, "{}")).await;
        assert_eq!(answer.status, status, "{name}");
        assert_eq!(answer.header("retry-after"), retry_after, "{name}");
        let challenged = answer.header("www-authenticate").unwrap_or_default();
        assert!(
            challenged.contains(challenge.unwrap_or_default()),
            "{challenged}"
        );
        assert!(!answer.body.contains("marker"), "{}", answer.body);
        assert_eq!(
            events.lock().unwrap().drain(..).collect::<Vec<_>>(),
            [outcome]
        );
        let question = format!("usr_1 tools/call {name:?} -");
        assert_eq!(asked.take(), [question], "{name}");
    }
}

#[tokio::test]
async fn an_authorizer_is_asked_last_and_not_about_what_is_public() {
    let asked = Asked::default();
    let operations = OperationPolicy::builder()
        .tool("add", RequireScopes::new(["write"]).unwrap())
        .public_tool("version")
        .build()
        .unwrap();
    let authorizer = asked.clone();
    let service = guarded(|layer| layer.operations(operations).authorizer(authorizer));
    let writer = [("authorization", "Bearer good.read.write")];
    let bad = [("authorization", "Bearer bad")];
    for (name, headers, tool, status, questions) in [
        ("the control", &writer[..], "add", 200, 1),
        ("a scope is missing", &TOKEN[..], "add", 403, 0),
        ("public", &writer[..], "version", 200, 0),
        ("public and anonymous", &[], "version", 200, 0),
        ("a bad token", &bad[..], "add", 401, 0),
        ("no token", &[], "add", 401, 0),
    ] {
        let answer = post(&service, headers, &call(tool, "{}")).await;
        assert_eq!(answer.status, status, "{name}");
        assert_eq!(asked.take().len(), questions, "{name}");
    }
    // A batch is asked about one by one, and one denial is enough.
    let batch = |names: [&str; 2]| format!("[{}]", names.map(|name| call(name, "{}")).join(","));
    assert_eq!(
        post(&service, &writer, &batch(["add", "sub"])).await.status,
        200
    );
    assert_eq!(asked.take().len(), 2);
    for (names, questions) in [
        (["sub", "forbidden"], 2),
        (["forbidden", "sub"], 1),
        (["away", "forbidden"], 2),
        (["scoped", "sub"], 2),
        (["away", "scoped"], 2),
    ] {
        let answer = post(&service, &writer, &batch(names)).await;
        assert_eq!(answer.status, 403, "{names:?}");
        assert_eq!(asked.take().len(), questions, "{names:?}");
    }
    // What has no operation is asked about once.
    let answer = send(&service, Method::GET, "/mcp", &writer, "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(asked.take(), ["usr_1 nothing -"]);
}

#[tokio::test]
async fn arguments_are_read_strictly_and_only_for_who_needs_them() {
    let needs = |needs_arguments| Asked {
        needs_arguments,
        ..Asked::default()
    };
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    for (name, arguments, shown) in [
        (
            "an object",
            r#"{"a":[1,"x"]}"#.to_owned(),
            Some(r#"{"a":[1,"x"]}"#),
        ),
        ("null", "null".into(), Some("-")),
        ("no object", "[1]".into(), None),
        ("a duplicate", r#"{"a":1,"a":2}"#.into(), None),
        (
            "a duplicate, spelt otherwise",
            r#"{"a":1,"\u0061":2}"#.into(),
            None,
        ),
        ("nested too deeply", format!(r#"{{"a":{deep}}}"#), None),
    ] {
        let (with, without) = (needs(true), needs(false));
        let (one, other) = (with.clone(), without.clone());
        let strict = guarded(|layer| layer.authorizer(one));
        let lax = guarded(|layer| layer.authorizer(other));
        let body = call("add", &arguments);
        let status = if shown.is_some() { 200 } else { 400 };
        assert_eq!(post(&strict, &TOKEN, &body).await.status, status, "{name}");
        let expected: Vec<_> = shown
            .map(|shown| format!(r#"usr_1 tools/call "add" {shown}"#))
            .into_iter()
            .collect();
        assert_eq!(with.take(), expected, "{name}");
        assert_eq!(post(&lax, &TOKEN, &body).await.status, 200, "{name}");
        assert_eq!(without.take(), [r#"usr_1 tools/call "add" -"#], "{name}");
    }
    let with = needs(true);
    let authorizer = with.clone();
    let service = guarded(|layer| layer.authorizer(authorizer));
    for (body, shown) in [
        (
            r#"{"method":"tools/call","params":{"arguments":{"a":1},"name":"add"}}"#,
            r#"usr_1 tools/call "add" {"a":1}"#,
        ),
        (
            r#"{"method":"prompts/get","params":{"name":"p","arguments":{"b":2}}}"#,
            r#"usr_1 prompts/get "p" {"b":2}"#,
        ),
        (
            r#"{"method":"tools/list","params":{"arguments":{"b":2}}}"#,
            "usr_1 tools/list -",
        ),
    ] {
        assert_eq!(post(&service, &TOKEN, body).await.status, 200, "{body}");
        assert_eq!(with.take(), [shown], "{body}");
    }
    for body in [
        r#"{"method":"tools/call","params":{"name":"add","arguments":{},"arguments":{}}}"#,
        r#"{"method":"tools/call","params":{"name":"add","Arguments":{}}}"#,
    ] {
        assert_eq!(post(&service, &TOKEN, body).await.status, 400, "{body}");
    }
    assert!(with.take().is_empty());
}

#[tokio::test]
async fn headers_are_not_believed_about_arguments() {
    let with = Asked {
        needs_arguments: true,
        ..Asked::default()
    };
    let operations = OperationPolicy::builder()
        .inner_service_compares_headers()
        .build()
        .unwrap();
    let authorizer = with.clone();
    let service = guarded(|layer| layer.operations(operations).authorizer(authorizer));
    let headers = [
        TOKEN[0],
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "add"),
    ];
    let answer = post(&service, &headers, &call("add", r#"{"a":1}"#)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(with.take(), [r#"usr_1 tools/call "add" {"a":1}"#]);
}

#[tokio::test]
async fn the_questions_of_one_request_are_bounded() {
    let asked = Asked::default();
    let authorizer = asked.clone();
    let service = guarded(|layer| layer.authorizer(authorizer));
    let listen = |uris: usize| {
        let uris = vec![r#""file:///a""#; uris].join(",");
        format!(
            r#"{{"method":"subscriptions/listen","params":{{"notifications":{{"resourceSubscriptions":[{uris}]}}}}}}"#
        )
    };
    let batch = |number: usize, uris: usize| format!("[{}]", vec![listen(uris); number].join(","));
    for (body, status, questions) in [
        (listen(100), 200, 101),
        (batch(1, 100), 200, 101),
        (batch(50, 1), 200, 100),
        (batch(2, 100), 400, 0),
        (batch(100, 100), 400, 0),
        (batch(100, 1), 400, 0),
    ] {
        assert_eq!(post(&service, &TOKEN, &body).await.status, status);
        assert_eq!(asked.take().len(), questions);
    }
    // What nothing can help against ends the questions.
    let denied = format!("[{}]", vec![call("forbidden", "{}"); 100].join(","));
    assert_eq!(post(&service, &TOKEN, &denied).await.status, 403);
    assert_eq!(asked.take().len(), 1);
}

#[tokio::test]
async fn the_arguments_of_an_anonymous_request_are_nobodys_to_judge() {
    let asked = Asked {
        needs_arguments: true,
        ..Asked::default()
    };
    let operations = OperationPolicy::builder().public_tool("version").build();
    let (authorizer, operations) = (asked.clone(), operations.unwrap());
    let service = guarded(|layer| layer.operations(operations).authorizer(authorizer));
    let twice = call("version", r#"{"a":1,"a":2}"#);
    assert_eq!(post(&service, &[], &twice).await.status, 200);
    assert_eq!(
        post(&service, &TOKEN, &twice).await.status,
        400,
        "of a caller"
    );
    assert!(asked.take().is_empty());
}

/// Never comes back, but for the first question.
#[derive(Debug, Default)]
struct Hanging(AtomicUsize);

#[async_trait]
impl Authorizer for Hanging {
    async fn authorize(&self, _: AuthorizationRequest<'_>) -> Result<(), NotAuthorized> {
        match self.0.fetch_add(1, Ordering::Relaxed) {
            0 => Ok(()),
            _ => std::future::pending().await,
        }
    }
}

#[tokio::test]
async fn a_stream_ends_when_its_caller_is_revoked_while_it_is_asked_about() {
    for (subject, expected) in [("usr_2", "nothing"), ("usr_1", "end")] {
        let revoked = Arc::new(RevokedTokens::new());
        let revocations = Arc::clone(&revoked);
        let (mut body, _, clock) = stream_of(provider(), "text/event-stream", |layer| {
            let layer = layer.authorizer(Hanging::default());
            layer.revocations(revocations)
        })
        .await;
        assert_eq!(next(&mut body).await, "nothing");
        clock.advance(Duration::from_secs(60));
        assert_eq!(next(&mut body).await, "nothing", "it is asked about");
        let until = clock.now() + Duration::from_secs(3600);
        let caller = VerifiedToken::assertion("https://id.example.com", subject, until);
        revoked.revoke_principal(caller.with_client_id("m2m_1").principal(), until);
        assert_eq!(next(&mut body).await, expected, "{subject}");
    }
}

/// Changes its mind.
#[derive(Debug, Clone, Default)]
struct Fickle {
    asked: Arc<AtomicUsize>,
    later: Option<bool>,
}

#[async_trait]
impl Authorizer for Fickle {
    async fn authorize(&self, request: AuthorizationRequest<'_>) -> Result<(), NotAuthorized> {
        assert_eq!(request.operation().unwrap().name(), Some("watch"));
        match (self.asked.fetch_add(1, Ordering::Relaxed), self.later) {
            (0, _) | (_, Some(true)) => Ok(()),
            (_, Some(false)) => Err(Denied::Claims("no more".into()).into()),
            (_, None) => Err(Unavailable::new(Duration::from_secs(1)).into()),
        }
    }
}

#[tokio::test]
async fn a_stream_is_asked_about_again_with_what_opened_it() {
    for (later, expected) in [
        (Some(true), "nothing"),
        (Some(false), "end"),
        (None, "nothing"),
    ] {
        let authorizer = Fickle {
            later,
            ..Fickle::default()
        };
        let asked = Arc::clone(&authorizer.asked);
        let (mut body, _, clock) = stream_of(provider(), "text/event-stream", |layer| {
            layer.authorizer(authorizer)
        })
        .await;
        assert_eq!(next(&mut body).await, "nothing");
        clock.advance(Duration::from_secs(60));
        assert_eq!(next(&mut body).await, expected, "{later:?}");
        assert_eq!(asked.load(Ordering::Relaxed), 2, "{later:?}");
    }
}
