//! Policies about what the directory knows of the caller now.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth_core::directory::{Directory, Group, Member};
use auth_core::layer::{AuthContext, AuthLayer, AuthLayerBuilder};
use auth_core::policy::{
    Denied, NotAuthorized, OperationPolicy, Policy, RequireScopes, active_member, any_of, in_group,
    in_group_named, not, policy_fn,
};
use auth_core::provider::{ProtectedResourceMetadata, ResourceServer};
use auth_core::support::async_trait;
use auth_core::token::{Scopes, VerifiedToken};
use auth_core::verifier::{RequestHead, TokenVerifier, Unavailable, VerifyError, VerifyRequest};
use futures_util::FutureExt;
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::harness::{Service, around, post};
use crate::support::{StoppedClock, provider};

const CALLER: (&str, &str) = ("authorization", "Bearer usr_1.org_1");
const MACHINE: (&str, &str) = ("authorization", "Bearer m2m_1.");

/// What the directory returns, and how often it was asked.
type Answers = (Result<Option<Member>, Unavailable>, usize);

#[derive(Debug, Clone)]
struct Known(Arc<Mutex<Answers>>);

impl Known {
    fn with(answer: Result<Option<Member>, Unavailable>) -> Self {
        Self(Arc::new(Mutex::new((answer, 0))))
    }

    fn set(&self, answer: Result<Option<Member>, Unavailable>) {
        self.0.lock().unwrap().0 = answer;
    }

    fn take_calls(&self) -> usize {
        std::mem::take(&mut self.0.lock().unwrap().1)
    }
}

impl Directory for Known {
    fn member(&self, organization: &str, subject: &str) -> Result<Option<Member>, Unavailable> {
        assert_eq!((organization, subject), ("org_1", "usr_1"));
        let mut known = self.0.lock().unwrap();
        known.1 += 1;
        known.0.clone()
    }

    fn groups(&self, _: &str) -> Result<Vec<Group>, Unavailable> {
        Ok(vec![ops()])
    }

    fn members_of(&self, _: &str, _: &str) -> Result<Vec<Member>, Unavailable> {
        Ok(Vec::new())
    }
}

fn ops() -> Group {
    Group::new("dirgroup_1").with_name("Ops")
}

fn in_ops() -> Member {
    Member::active("usr_1").with_groups([ops()])
}

fn unavailable() -> Result<Option<Member>, Unavailable> {
    Err(Unavailable::new(Duration::from_secs(7)))
}

/// Tokens are `<subject>.<organization>`, and may be reused.
#[derive(Debug)]
struct Verifier;

#[async_trait]
impl TokenVerifier for Verifier {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        let (subject, organization) = request.token().secret().split_once('.').unwrap();
        let end = request.now() + Duration::from_secs(60);
        let token = VerifiedToken::assertion("https://id.example.com", subject, end)
            .with_scopes(Scopes::granted(["read"]))
            .reusable_until(end);
        Ok(match organization {
            "" => token,
            organization => token.with_organization(organization),
        })
    }
}

fn builder() -> AuthLayerBuilder {
    let metadata: ProtectedResourceMetadata =
        auth_core::provider::AuthProvider::metadata(&provider()).clone();
    AuthLayer::builder(ResourceServer::new(Verifier, metadata)).clock(StoppedClock)
}

fn service(known: &Known, policy: impl Policy) -> Service {
    let operations = OperationPolicy::builder()
        .tool("deploy", policy)
        .public_tool("version")
        .filter_lists()
        .build()
        .unwrap();
    around(
        &builder()
            .operations(operations)
            .directory(known.clone())
            .build()
            .unwrap(),
    )
}

fn call(tool: &str) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool}}).to_string()
}

#[tokio::test]
async fn what_the_directory_knows_decides() {
    type Make = fn() -> Box<dyn Policy>;
    let outside =
        || Member::active("usr_1").with_groups([Group::new("dirgroup_2").with_name("ops")]);
    let suspended = || Member::inactive("usr_1").with_groups([ops()]);
    // A group whose name is the id of another group.
    let disguised = || {
        let group = Group::new("dirgroup_9").with_name("dirgroup_1");
        Member::active("usr_1").with_groups([group])
    };
    let policies: [(&str, Make, [u16; 6]); 6] = [
        (
            "active",
            || Box::new(active_member()),
            [200, 200, 403, 403, 200, 503],
        ),
        (
            "by id",
            || Box::new(in_group("dirgroup_1")),
            [200, 403, 403, 403, 403, 503],
        ),
        (
            "by name",
            || Box::new(in_group_named("Ops")),
            [200, 403, 403, 403, 403, 503],
        ),
        (
            "not in it",
            || Box::new(not(in_group("dirgroup_1"))),
            [403, 200, 200, 200, 200, 503],
        ),
        (
            "either",
            || {
                let scope: Box<dyn Policy> = Box::new(RequireScopes::new(["read"]).unwrap());
                Box::new(any_of([scope, Box::new(active_member())]))
            },
            [200, 200, 200, 200, 200, 503],
        ),
        (
            "the control",
            || Box::new(RequireScopes::new(["read"]).unwrap()),
            [200; 6],
        ),
    ];
    for (name, policy, expected) in policies {
        let answers = [
            Ok(Some(in_ops())),
            Ok(Some(outside())),
            Ok(Some(suspended())),
            Ok(None),
            Ok(Some(disguised())),
            unavailable(),
        ];
        for (answer, expected) in answers.into_iter().zip(expected) {
            let known = Known::with(answer.clone());
            let response = post(&service(&known, policy()), &[CALLER], &call("deploy")).await;
            assert_eq!(response.status, expected, "{name}: {answer:?}");
            let challenge = response.header("www-authenticate");
            match expected {
                503 => {
                    assert_eq!(response.header("retry-after"), Some("7"), "{name}");
                    assert_eq!(challenge, None, "{name}");
                }
                // No scope can help.
                403 => assert!(!challenge.unwrap_or_default().contains("insufficient_scope")),
                _ => {}
            }
        }
    }
}

#[tokio::test]
async fn a_closure_states_that_it_needs_the_member() {
    let is_member = || {
        policy_fn(|request| match request.member() {
            Some(_) => Ok(()),
            None => Err(Denied::Forbidden("no member".into())),
        })
    };
    for (name, policy, calls, status) in [
        ("it does", is_member().needing_member(), 1, 200),
        ("it does not", is_member(), 0, 403),
    ] {
        let known = Known::with(Ok(Some(in_ops())));
        let response = post(&service(&known, policy), &[CALLER], &call("deploy")).await;
        assert_eq!(response.status, status, "{name}");
        assert_eq!(known.take_calls(), calls, "{name}");
    }
}

#[tokio::test]
async fn only_what_needs_it_asks_once() {
    let known = Known::with(Ok(Some(in_ops())));
    let service = service(
        &known,
        any_of([in_group("dirgroup_1"), in_group("dirgroup_2")]),
    );
    let batch = format!("[{},{}]", call("deploy"), call("deploy"));
    for (name, headers, body, calls, status) in [
        ("the tool", CALLER, call("deploy"), 1, 200),
        ("a batch", CALLER, batch, 1, 200),
        ("another tool", CALLER, call("list"), 0, 200),
        ("a public tool", CALLER, call("version"), 0, 200),
        ("no token", ("accept", "*/*"), call("deploy"), 0, 401),
        // No organization: no member of any.
        ("a machine", MACHINE, call("deploy"), 0, 403),
    ] {
        let response = post(&service, &[headers], &body).await;
        assert_eq!(response.status, status, "{name}");
        assert_eq!(known.take_calls(), calls, "{name}");
    }
}

#[tokio::test]
async fn a_list_shows_what_the_member_may_use() {
    let tools = json!([{"name": "deploy"}, {"name": "list"}]);
    let list = json!({"jsonrpc": "2.0", "id": 1, "result": {"tools": tools}}).to_string();
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    for (answer, expected) in [
        (Ok(Some(in_ops())), vec!["deploy", "list"]),
        (Ok(Some(Member::active("usr_1"))), vec!["list"]),
        // What cannot be judged is not shown.
        (unavailable(), vec!["list"]),
    ] {
        let known = Known::with(answer);
        let service = service(&known, in_group_named("Ops"));
        let response = post(&service, &[CALLER, ("x-response", &list)], body).await;
        let shown: Value = serde_json::from_str(&response.body).unwrap();
        let shown = shown["result"]["tools"].as_array().unwrap();
        let names: Vec<_> = shown
            .iter()
            .map(|tool| tool["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, expected);
    }
}

#[tokio::test]
async fn a_policy_of_every_request_decides_without_waiting() {
    let known = Known::with(Ok(Some(in_ops())));
    let layer = builder().policy(active_member()).directory(known.clone());
    let service = around(&layer.build().unwrap());
    let request = || {
        let request = Request::post("/mcp").header(CALLER.0, CALLER.1);
        request.body(call("list")).unwrap()
    };
    let send = || service.clone().oneshot(request());
    assert_eq!(send().await.unwrap().status(), 200);
    // The second time the token is cached.
    for (answer, status) in [
        (Ok(Some(in_ops())), 200),
        (Ok(Some(Member::inactive("usr_1"))), 403),
        (unavailable(), 503),
        (Ok(Some(in_ops())), 200),
    ] {
        known.set(answer);
        known.take_calls();
        assert_eq!(send().now_or_never().unwrap().unwrap().status(), status);
        assert_eq!(known.take_calls(), 1);
    }
}

#[test]
fn a_policy_that_needs_it_is_an_error_without_a_directory() {
    let tool = |policy: Box<dyn Policy>| {
        let operations = OperationPolicy::builder().tool("deploy", policy);
        builder().operations(operations.build().unwrap())
    };
    let known = || Known::with(Ok(None));
    assert!(
        tool(Box::new(active_member()))
            .directory(known())
            .build()
            .is_ok()
    );
    for (name, builder) in [
        ("a rule", tool(Box::new(active_member()))),
        (
            "a part of a rule",
            tool(Box::new(not(any_of([in_group("g")])))),
        ),
        ("a policy", builder().policy(in_group_named("Ops"))),
    ] {
        let error = builder.build().unwrap_err().to_string();
        assert_eq!(
            error,
            "directory is not set, but a policy needs it: call directory, or remove active_member and in_group",
            "{name}"
        );
    }
}

/// Handlers ask through the context of the request.
#[tokio::test]
async fn handlers_can_ask() {
    let known = Known::with(Ok(Some(in_ops())));
    let layer = builder().directory(known.clone()).build().unwrap();
    let asked = known.clone();
    let inner = tower::service_fn(move |request: Request<_>| {
        let _: &Request<auth_core::operation::RequestBody<String>> = &request;
        let asked = asked.clone();
        async move {
            let context = AuthContext::of(request.extensions()).unwrap();
            let head = RequestHead::empty();
            assert_eq!(context.member().unwrap(), Some(in_ops()));
            assert_eq!(
                context.directory().unwrap().groups("org_1").unwrap(),
                [ops()]
            );
            assert!(context.check(&in_group("dirgroup_1"), head).is_ok());
            asked.set(Ok(None));
            let denied = context.check(&active_member(), head);
            assert!(
                matches!(denied, Err(NotAuthorized::Denied(_))),
                "{denied:?}"
            );
            asked.set(unavailable());
            assert!(context.member().is_err());
            let unknown = context.check(&active_member(), head);
            assert!(
                matches!(unknown, Err(NotAuthorized::Unavailable(_))),
                "{unknown:?}"
            );
            Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
        }
    });
    let service = tower::Layer::layer(&layer, inner);
    let request = Request::post("/mcp").header(CALLER.0, CALLER.1);
    let response = service
        .oneshot(request.body(call("list")).unwrap())
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
}
