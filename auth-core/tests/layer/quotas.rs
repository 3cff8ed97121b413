//! Quotas, through the layer.

use std::sync::{Arc, Mutex};

use auth_core::audit::audit_fn;
use auth_core::policy::{
    AuthorizationRequest, Authorizer, Denied, DryRun, Key, NotAuthorized, OperationPolicy, Quota,
    RateLimit, RequireScopes,
};
use auth_core::support::async_trait;
use auth_core::token::Scopes;
use serde_json::json;

use crate::harness::post;
use crate::members::guarded;
use crate::support::StoppedClock;

fn quotas(requests: u32) -> RateLimit {
    let builder = RateLimit::builder().clock(StoppedClock);
    let quota = Quota::per_hour(requests);
    builder.per(Key::Principal, quota).build().unwrap()
}

fn bearer(token: &str) -> [(&'static str, String); 1] {
    [("authorization", format!("Bearer {token}"))]
}

async fn status(service: &crate::harness::Service, token: &str, body: &str) -> u16 {
    let headers = bearer(token);
    let headers = headers.each_ref().map(|(name, value)| (*name, &**value));
    post(service, &headers, body).await.status
}

const USER: &str = "org_1~usr_1~~~read";
const OTHER: &str = "org_1~usr_2~~~read";

fn call(tool: &str) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool}}).to_string()
}

#[tokio::test]
async fn a_used_up_quota_is_429_with_the_time_to_wait() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&events);
    let service = guarded(|layer| {
        let layer = layer.audit(audit_fn(move |event| {
            let decision = event.decision.as_str().to_owned();
            sink.lock()
                .unwrap()
                .push((decision, event.policies.join(";")));
        }));
        layer.authorizer(quotas(2))
    });
    for (token, expected) in [(USER, 200), (USER, 200), (USER, 429), (OTHER, 200)] {
        assert_eq!(status(&service, token, &call("a")).await, expected);
    }
    let headers = [("authorization", "Bearer org_1~usr_1~~~read")];
    let refused = post(&service, &headers, &call("a")).await;
    assert_eq!(refused.header("retry-after"), Some("1800"));
    assert_eq!(refused.header("www-authenticate"), None);
    assert_eq!(refused.header("cache-control"), Some("no-store"));
    let events = events.lock().unwrap();
    let refused = (
        "rate_limited".to_owned(),
        "quota of 2 requests in 3600s per principal".to_owned(),
    );
    assert_eq!(
        events.iter().filter(|event| **event == refused).count(),
        2,
        "{events:?}"
    );
    assert_eq!(
        events.iter().filter(|event| event.1.is_empty()).count(),
        3,
        "{events:?}"
    );
}

#[tokio::test]
async fn a_batch_counts_each_operation() {
    let service = guarded(|layer| layer.authorizer(quotas(5)));
    let batch = |count| format!("[{}]", vec![call("a"); count].join(","));
    for (count, expected) in [(3, 200), (2, 200), (1, 429)] {
        assert_eq!(
            status(&service, USER, &batch(count)).await,
            expected,
            "{count}"
        );
    }
    assert_eq!(status(&service, OTHER, &batch(6)).await, 429);
}

/// Requires a scope, as an authorizer.
#[derive(Debug)]
struct NeedsWrite;

#[async_trait]
impl Authorizer for NeedsWrite {
    async fn authorize(&self, request: AuthorizationRequest<'_>) -> Result<(), NotAuthorized> {
        if request.operation().and_then(|it| it.name()) == Some("write") {
            return Err(Denied::Scope(Scopes::new(["write"]).unwrap()).into());
        }
        Ok(())
    }
}

#[tokio::test]
async fn what_is_refused_or_listed_uses_up_no_quota() {
    let operations = OperationPolicy::builder()
        .tool("admin", RequireScopes::new(["admin"]).unwrap())
        .public_tool("version")
        .filter_lists()
        .build()
        .unwrap();
    let service = guarded(|layer| {
        let layer = layer.operations(operations).authorizer(NeedsWrite);
        layer.authorizer(quotas(2))
    });
    for _ in 0..5 {
        assert_eq!(
            status(&service, USER, &call("write")).await,
            403,
            "by an authorizer"
        );
        assert_eq!(
            status(&service, USER, &call("admin")).await,
            403,
            "by a policy"
        );
        assert_eq!(
            status(&service, USER, &call("version")).await,
            200,
            "public"
        );
        assert_eq!(
            post(&service, &[], &call("a")).await.status,
            401,
            "a stranger"
        );
    }
    let tools: Vec<_> = (0..50)
        .map(|number| json!({"name": format!("t{number}")}))
        .collect();
    let list = json!({"jsonrpc": "2.0", "id": 1, "result": {"tools": tools}}).to_string();
    let headers = [
        ("authorization", "Bearer org_1~usr_1~~~read"),
        ("x-response", &*list),
    ];
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let listed = post(&service, &headers, body).await;
    assert!(
        listed.status == 200 && listed.body.contains("t49"),
        "{}",
        listed.body
    );
    assert_eq!(
        status(&service, USER, &call("a")).await,
        200,
        "the list counted once"
    );
    assert_eq!(status(&service, USER, &call("a")).await, 429);
}

#[tokio::test]
async fn a_dry_run_refuses_nothing() {
    let service = guarded(|layer| layer.authorizer(DryRun::new(quotas(1))));
    for _ in 0..3 {
        assert_eq!(status(&service, USER, &call("a")).await, 200);
    }
}
