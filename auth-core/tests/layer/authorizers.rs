//! Authorizers run last, once for each operation, with its arguments if they need them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth_core::audit::audit_fn;
use auth_core::policy::{
    AuthorizationRequest, Authorizer, Denied, DryRun, NotAuthorized, OperationPolicy,
    PolicyRequest, RequireScopes,
};
use auth_core::revocation::MemoryRevocations;
use auth_core::support::{Clock, async_trait};
use auth_core::token::{Scopes, VerifiedToken};
use auth_core::verifier::Unavailable;
use http::Method;

use crate::harness::{guarded, post, send};
use crate::streams::{next, stream_of};
use crate::support::provider;

/// Records its requests, and decides by the name of the tool.
#[derive(Debug, Clone, Default)]
struct Recording {
    requests: Arc<Mutex<Vec<String>>>,
    needs_arguments: bool,
}

impl Recording {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }
}

#[async_trait]
impl Authorizer for Recording {
    fn needs_arguments(&self) -> bool {
        self.needs_arguments
    }

    async fn authorize(&self, request: AuthorizationRequest<'_>) -> Result<(), NotAuthorized> {
        // It is asynchronous.
        tokio::task::yield_now().await;
        let operation = request
            .operation()
            .map_or("nothing".into(), ToString::to_string);
        let arguments = request
            .arguments()
            .and_then(|arguments| arguments.as_str())
            .unwrap_or("-");
        let recorded = format!("{} {operation} {arguments}", request.token().subject());
        self.requests.lock().unwrap().push(recorded);
        match request.operation().and_then(|operation| operation.name()) {
            Some("forbidden") => Err(Denied::Forbidden("marker".into()).into()),
            Some("scoped") => Err(Denied::Scope(Scopes::granted(["extra"])).into()),
            Some("away") => Err(Unavailable::new(Duration::from_secs(9)).into()),
            Some("too_often") => Err(NotAuthorized::RateLimited(Duration::from_millis(1500))),
            _ => {
                request.record_policy("notes");
                Ok(())
            }
        }
    }

    fn shows(&self, request: &PolicyRequest<'_>) -> bool {
        assert!(request.is_listing() && request.arguments().is_none());
        let operation = request.operation().and_then(|operation| operation.name());
        operation != Some("forbidden")
    }
}

fn call(name: &str, arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{name}","arguments":{arguments}}}}}"#
    )
}

const TOKEN: [(&str, &str); 1] = [("authorization", "Bearer good.read")];

#[tokio::test]
async fn each_decision_of_an_authorizer_has_a_response() {
    let calls = Recording::default();
    let (authorizer, events) = (calls.clone(), Arc::new(Mutex::new(Vec::new())));
    let sink = Arc::clone(&events);
    let service = guarded(|layer| {
        let layer = layer.audit(audit_fn(move |event| {
            sink.lock().unwrap().push(event.decision.as_str());
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
        ("too_often", 429, "rate_limited", Some("2"), None),
    ] {
        let response = post(&service, &TOKEN, &call(name, "{}")).await;
        assert_eq!(response.status, status, "{name}");
        assert_eq!(response.header("retry-after"), retry_after, "{name}");
        let challenged = response.header("www-authenticate").unwrap_or_default();
        assert!(
            challenged.contains(challenge.unwrap_or_default()),
            "{challenged}"
        );
        assert!(!response.body.contains("marker"), "{}", response.body);
        assert_eq!(
            events.lock().unwrap().drain(..).collect::<Vec<_>>(),
            [outcome]
        );
        let recorded = format!("usr_1 tools/call {name:?} -");
        assert_eq!(calls.take(), [recorded], "{name}");
    }
}

#[tokio::test]
async fn an_authorizer_runs_last_and_not_for_public_operations() {
    let calls = Recording::default();
    let operations = OperationPolicy::builder()
        .tool("add", RequireScopes::new(["write"]).unwrap())
        .public_tool("version")
        .build()
        .unwrap();
    let authorizer = calls.clone();
    let service = guarded(|layer| layer.operations(operations).authorizer(authorizer));
    let writer = [("authorization", "Bearer good.read.write")];
    let bad = [("authorization", "Bearer bad")];
    for (name, headers, tool, status, requests) in [
        ("the control", &writer[..], "add", 200, 1),
        ("a scope is missing", &TOKEN[..], "add", 403, 0),
        ("public", &writer[..], "version", 200, 0),
        ("public and anonymous", &[], "version", 200, 0),
        ("a bad token", &bad[..], "add", 401, 0),
        ("no token", &[], "add", 401, 0),
    ] {
        let response = post(&service, headers, &call(tool, "{}")).await;
        assert_eq!(response.status, status, "{name}");
        assert_eq!(calls.take().len(), requests, "{name}");
    }
    // It runs for each message of a batch, and one denial is enough.
    let batch = |names: [&str; 2]| format!("[{}]", names.map(|name| call(name, "{}")).join(","));
    assert_eq!(
        post(&service, &writer, &batch(["add", "sub"])).await.status,
        200
    );
    assert_eq!(calls.take().len(), 2);
    for (names, requests) in [
        (["sub", "forbidden"], 2),
        (["forbidden", "sub"], 1),
        (["away", "forbidden"], 2),
        (["scoped", "sub"], 2),
        (["away", "scoped"], 2),
    ] {
        let response = post(&service, &writer, &batch(names)).await;
        assert_eq!(response.status, 403, "{names:?}");
        assert_eq!(calls.take().len(), requests, "{names:?}");
    }
    // It runs once for a request without an operation.
    let response = send(&service, Method::GET, "/mcp", &writer, "").await;
    assert_eq!(response.status, 200);
    assert_eq!(calls.take(), ["usr_1 nothing -"]);
}

#[tokio::test]
async fn arguments_are_parsed_strictly_and_only_if_needed() {
    let needs = |needs_arguments| Recording {
        needs_arguments,
        ..Recording::default()
    };
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    for (name, arguments, shown) in [
        (
            "an object",
            r#"{"a":[1,"x"]}"#.to_owned(),
            Some(r#"{"a":[1,"x"]}"#),
        ),
        ("null", "null".into(), Some("-")),
        ("not an object", "[1]".into(), None),
        ("a duplicate", r#"{"a":1,"a":2}"#.into(), None),
        (
            "a duplicate, with an escape",
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
async fn headers_are_not_trusted_if_arguments_are_needed() {
    let with = Recording {
        needs_arguments: true,
        ..Recording::default()
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
    let response = post(&service, &headers, &call("add", r#"{"a":1}"#)).await;
    assert_eq!(response.status, 200);
    assert_eq!(with.take(), [r#"usr_1 tools/call "add" {"a":1}"#]);
}

#[tokio::test]
async fn the_calls_for_one_request_are_bounded() {
    let calls = Recording::default();
    let authorizer = calls.clone();
    let service = guarded(|layer| layer.authorizer(authorizer));
    let listen = |uris: usize| {
        let uris = vec![r#""file:///a""#; uris].join(",");
        format!(
            r#"{{"method":"subscriptions/listen","params":{{"notifications":{{"resourceSubscriptions":[{uris}]}}}}}}"#
        )
    };
    let batch = |number: usize, uris: usize| format!("[{}]", vec![listen(uris); number].join(","));
    for (body, status, requests) in [
        (listen(100), 200, 101),
        (batch(1, 100), 200, 101),
        (batch(50, 1), 200, 100),
        (batch(2, 100), 400, 0),
        (batch(100, 100), 400, 0),
        (batch(100, 1), 400, 0),
    ] {
        assert_eq!(post(&service, &TOKEN, &body).await.status, status);
        assert_eq!(calls.take().len(), requests);
    }
    // A denial that no scope can resolve ends the calls.
    let denied = format!("[{}]", vec![call("forbidden", "{}"); 100].join(","));
    assert_eq!(post(&service, &TOKEN, &denied).await.status, 403);
    assert_eq!(calls.take().len(), 1);
}

#[tokio::test]
async fn the_arguments_of_an_anonymous_request_are_not_parsed() {
    let calls = Recording {
        needs_arguments: true,
        ..Recording::default()
    };
    let operations = OperationPolicy::builder().public_tool("version").build();
    let (authorizer, operations) = (calls.clone(), operations.unwrap());
    let service = guarded(|layer| layer.operations(operations).authorizer(authorizer));
    let twice = call("version", r#"{"a":1,"a":2}"#);
    assert_eq!(post(&service, &[], &twice).await.status, 200);
    assert_eq!(
        post(&service, &TOKEN, &twice).await.status,
        400,
        "with a caller"
    );
    assert!(calls.take().is_empty());
}

/// Allows the first request, and never decides about others.
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
async fn a_stream_ends_when_its_caller_is_revoked_during_a_check() {
    for (subject, expected) in [("usr_2", "nothing"), ("usr_1", "end")] {
        let revoked = Arc::new(MemoryRevocations::new());
        let revocations = Arc::clone(&revoked);
        let (mut body, _, clock) = stream_of(provider(), "text/event-stream", |layer| {
            let layer = layer.authorizer(Hanging::default());
            layer.revocations(revocations)
        })
        .await;
        assert_eq!(next(&mut body).await, "nothing");
        clock.advance(Duration::from_secs(60));
        assert_eq!(next(&mut body).await, "nothing", "the check is pending");
        let until = clock.now() + Duration::from_secs(3600);
        let caller = VerifiedToken::assertion("https://id.example.com", subject, until);
        revoked.add_token(&caller);
        assert_eq!(next(&mut body).await, expected, "{subject}");
    }
}

/// Allows the first request; `later` decides about others, `None` being an outage.
#[derive(Debug, Clone, Default)]
struct Changing {
    calls: Arc<AtomicUsize>,
    later: Option<bool>,
}

#[async_trait]
impl Authorizer for Changing {
    async fn authorize(&self, request: AuthorizationRequest<'_>) -> Result<(), NotAuthorized> {
        assert_eq!(request.operation().unwrap().name(), Some("watch"));
        let before = self.calls.fetch_add(1, Ordering::Relaxed);
        assert_eq!(request.is_recheck(), before > 0);
        match (before, self.later) {
            (0, _) | (_, Some(true)) => Ok(()),
            (_, Some(false)) => Err(Denied::Forbidden("no more".into()).into()),
            (_, None) => Err(Unavailable::new(Duration::from_secs(1)).into()),
        }
    }
}

#[tokio::test]
async fn a_stream_is_rechecked_with_the_operation_that_opened_it() {
    for (later, expected) in [
        (Some(true), "nothing"),
        (Some(false), "end"),
        (None, "nothing"),
    ] {
        let authorizer = Changing {
            later,
            ..Changing::default()
        };
        let calls = Arc::clone(&authorizer.calls);
        let (mut body, _, clock) = stream_of(provider(), "text/event-stream", |layer| {
            layer.authorizer(authorizer)
        })
        .await;
        assert_eq!(next(&mut body).await, "nothing");
        clock.advance(Duration::from_secs(60));
        assert_eq!(next(&mut body).await, expected, "{later:?}");
        assert_eq!(calls.load(Ordering::Relaxed), 2, "{later:?}");
    }
}

#[tokio::test]
async fn a_used_up_quota_ends_the_calls() {
    let calls = Recording::default();
    let authorizer = calls.clone();
    let service = guarded(|layer| layer.authorizer(authorizer));
    let batch = |names: [&str; 2]| format!("[{}]", names.map(|name| call(name, "{}")).join(","));
    for (names, status, requests) in [
        (["add", "sub"], 200, 2),
        (["too_often", "sub"], 429, 1),
        (["away", "too_often"], 429, 2),
    ] {
        let response = post(&service, &TOKEN, &batch(names)).await;
        assert_eq!(response.status, status, "{names:?}");
        assert_eq!(response.header("www-authenticate"), None, "{names:?}");
        assert_eq!(calls.take().len(), requests, "{names:?}");
    }
}

#[tokio::test]
async fn a_dry_run_reports_what_it_would_refuse() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&events);
    let next = Recording::default();
    let tried = next.clone();
    let service = guarded(|layer| {
        let layer = layer.audit(audit_fn(move |event| {
            let dry_run = event.dry_run.as_ref().map(|refusal| refusal.as_str());
            let policies = event.policies.join(",");
            let event = (event.decision.as_str(), dry_run, policies);
            sink.lock().unwrap().push(event);
        }));
        layer
            .authorizer(Recording::default())
            .authorizer(DryRun::new(tried))
    });
    // In force is an authorizer that refuses the same.
    for (tool, decision, policies) in [("add", "admitted", "notes"), ("away", "unavailable", "")] {
        post(&service, &TOKEN, &call(tool, "{}")).await;
        let dry_run = (tool == "away").then_some("unavailable");
        let expected = (decision, dry_run, policies.to_owned());
        assert_eq!(
            events.lock().unwrap().drain(..).collect::<Vec<_>>(),
            [expected]
        );
    }
    let sink = Arc::clone(&events);
    let only_tried = next.clone();
    let service = guarded(|layer| {
        let layer = layer.audit(audit_fn(move |event| {
            let dry_run = event.dry_run.as_ref().map(|refusal| refusal.as_str());
            let event = (event.decision.as_str(), dry_run, event.policies.join(","));
            sink.lock().unwrap().push(event);
        }));
        layer.authorizer(DryRun::new(only_tried))
    });
    for (tool, dry_run) in [
        ("add", None),
        ("forbidden", Some("policy_denied")),
        ("scoped", Some("insufficient_scope")),
        ("away", Some("unavailable")),
        ("too_often", Some("rate_limited")),
    ] {
        let response = post(&service, &TOKEN, &call(tool, "{}")).await;
        assert_eq!(response.status, 200, "{tool}");
        // The policies of a dry run decide nothing, so that they are not named.
        let expected = ("admitted", dry_run, String::new());
        assert_eq!(
            events.lock().unwrap().drain(..).collect::<Vec<_>>(),
            [expected]
        );
    }
}

#[tokio::test]
async fn a_filtered_list_asks_authorizers() {
    let list =
        r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"add"},{"name":"forbidden"}]}}"#;
    let headers = [
        TOKEN[0],
        ("x-response", list),
        ("x-type", "application/json"),
    ];
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    for (name, shown) in [("an authorizer", false), ("a dry run", true)] {
        let operations = OperationPolicy::builder().filter_lists().build().unwrap();
        let service = guarded(|layer| {
            let layer = layer.operations(operations);
            match shown {
                false => layer.authorizer(Recording::default()),
                true => layer.authorizer(DryRun::new(Recording::default())),
            }
        });
        let response = post(&service, &headers, body).await;
        assert!(response.body.contains("add"), "{name}: {}", response.body);
        assert_eq!(response.body.contains("forbidden"), shown, "{name}");
    }
}

/// Has other rules after each decision, of which it reports the version. A snapshot keeps its version.
#[derive(Debug, Clone, Default)]
struct Versioned {
    version: Arc<AtomicUsize>,
    fixed: Option<usize>,
}

impl Versioned {
    fn decide(&self) -> usize {
        let next = self.version.fetch_add(1, Ordering::Relaxed);
        self.fixed.unwrap_or(next)
    }
}

#[async_trait]
impl Authorizer for Versioned {
    async fn authorize(&self, request: AuthorizationRequest<'_>) -> Result<(), NotAuthorized> {
        request.record_policy(&self.decide().to_string());
        Ok(())
    }

    fn snapshot(&self) -> Option<Arc<dyn Authorizer>> {
        Some(Arc::new(Self {
            fixed: Some(self.version.load(Ordering::Relaxed)),
            ..self.clone()
        }))
    }

    fn shows(&self, _: &PolicyRequest<'_>) -> bool {
        self.decide() == 0
    }
}

#[tokio::test]
async fn one_version_of_the_rules_decides_a_request() {
    let tools = r#""tools":[{"name":"a"},{"name":"b"},{"name":"c"}]"#;
    let list = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{{tools}}}}}"#);
    let batch = format!("[{},{}]", call("add", "{}"), call("sub", "{}"));
    for (name, body, shown) in [
        ("a batch", batch.as_str(), ""),
        (
            "a list",
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#,
            tools,
        ),
    ] {
        let events = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&events);
        let operations = OperationPolicy::builder().filter_lists().build().unwrap();
        let service = guarded(|layer| {
            let layer = layer.audit(audit_fn(move |event| {
                sink.lock().unwrap().push(event.policies.join(","));
            }));
            layer
                .operations(operations)
                .authorizer(Versioned::default())
        });
        let headers = [TOKEN[0], ("x-response", &list)];
        let response = post(&service, &headers, body).await;
        assert_eq!(response.status, 200, "{name}");
        assert_eq!(*events.lock().unwrap(), ["0"], "{name}");
        assert!(response.body.contains(shown), "all items are of version 0");
        // The next request is decided by the rules that are in force then.
        post(&service, &headers, &call("add", "{}")).await;
        assert_ne!(events.lock().unwrap()[1], "0", "{name}");
    }
}
