//! Policies about arguments, through the layer.

use auth_core::policy::{OperationPolicy, all_of, argument, organization_is_argument};
use serde_json::{Value, json};

use crate::harness::post;
use crate::logged;
use crate::members::guarded;

const MEMBER: (&str, &str) = ("authorization", "Bearer org_1~usr_1~~~");
const STRANGER: (&str, &str) = ("authorization", "Bearer ~usr_2~~~");

fn call(tool: &str, arguments: &str) -> String {
    format!(r#"{{"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}}}}"#)
}

fn operations() -> OperationPolicy {
    let at = |pointer| argument(pointer).unwrap();
    OperationPolicy::builder()
        .tool(
            "deploy",
            at("/project")
                .equals_claim("/custom_claims/project")
                .unwrap(),
        )
        .tool(
            "escaped",
            at("/a~1b/m~0n")
                .contained_in_claim("/custom_claims/projects")
                .unwrap(),
        )
        .tool("deep", at("/filter/tags/1/name").matches("team-*"))
        .tool("invite", organization_is_argument("/org").unwrap())
        .tool(
            "page",
            all_of([at("/limit").at_least(1), at("/limit").at_most(100)]),
        )
        .tool("safe", at("/force").absent())
        .prompt("review", at("/project").equals("p_1"))
        .filter_lists()
        .build()
        .unwrap()
}

#[tokio::test]
async fn arguments_decide_about_calls() {
    let service = guarded(|layer| layer.operations(operations()));
    for (tool, arguments, status) in [
        ("deploy", r#"{"project":"p_1"}"#, 200),
        ("deploy", r#"{"project":"p_2"}"#, 403),
        ("deploy", r#"{"project":["p_1"]}"#, 403),
        ("deploy", r#"{"Project":"p_1"}"#, 403),
        ("deploy", r#"{"project":"p_1","project":"p_1"}"#, 400),
        ("deploy", r#"{"project":"p_2","\u0070roject":"p_1"}"#, 400),
        ("deploy", r#"{"\u0070roject":"p_1"}"#, 200),
        ("deploy", r#""p_1""#, 400),
        ("deploy", "null", 403),
        ("escaped", r#"{"a/b":{"m~n":"p/~2"}}"#, 200),
        ("escaped", r#"{"a/b":{"m~n":"p_2"}}"#, 403),
        ("escaped", r#"{"a":{"b":{"m~n":"p_1"}}}"#, 403),
        ("deep", r#"{"filter":{"tags":[{},{"name":"team-a"}]}}"#, 200),
        ("deep", r#"{"filter":{"tags":[{"name":"team-a"}]}}"#, 403),
        (
            "deep",
            r#"{"filter":{"tags":{"1":{"name":"team-a"}}}}"#,
            200,
        ),
        ("deep", r#"{"filter":{"tags":[{},{"name":"a-team"}]}}"#, 403),
        ("invite", r#"{"org":"org_1"}"#, 200),
        ("invite", r#"{"org":"org_2"}"#, 403),
        ("page", r#"{"limit":100}"#, 200),
        ("page", r#"{"limit":101}"#, 403),
        ("page", r#"{"limit":0}"#, 403),
        ("page", r#"{"limit":"50"}"#, 403),
        ("safe", "{}", 200),
        ("safe", r#"{"force":false}"#, 403),
        ("other", r#"{"project":"p_2"}"#, 200),
    ] {
        let body = call(tool, arguments);
        let response = post(&service, &[MEMBER], &body).await;
        assert_eq!(response.status, status, "{body}");
    }
    let own = call("deploy", r#"{"project":"p_1"}"#);
    let other = call("deploy", r#"{"project":"p_2"}"#);
    for (name, body, status) in [
        ("a batch", format!("[{own},{own}]"), 200),
        ("a batch with another", format!("[{own},{other}]"), 403),
        (
            "secure arguments are no arguments",
            own.replace("arguments", "secureArguments"),
            403,
        ),
        (
            "a prompt",
            own.replace("tools/call", "prompts/get").replace("deploy", "review"),
            200,
        ),
        (
            "another prompt",
            other.replace("tools/call", "prompts/get").replace("deploy", "review"),
            403,
        ),
        (
            "completion has no such argument",
            r#"{"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"review"}}}"#
                .to_owned(),
            403,
        ),
    ] {
        let response = post(&service, &[MEMBER], &body).await;
        assert_eq!(response.status, status, "{name}: {body}");
    }
    let body = call("invite", r#"{"org":""}"#);
    assert_eq!(post(&service, &[STRANGER], &body).await.status, 403);
}

#[tokio::test]
async fn no_value_of_an_argument_is_logged_or_sent() {
    logged::begin();
    let service = guarded(|layer| layer.operations(operations()));
    let body = json!({
        "method": "tools/call",
        "params": {
            "name": "deploy",
            "arguments": {"project": "marker-1"},
            "secureArguments": {"project": "marker-2"},
        },
    });
    let response = post(&service, &[MEMBER], &body.to_string()).await;
    let log = logged::text();
    assert_eq!(response.status, 403);
    assert!(log.contains("/project"), "{log}");
    for text in [&response.body, &log] {
        assert!(!text.contains("marker"), "{text}");
    }
    assert!(!response.body.contains("project"), "{}", response.body);
}

#[tokio::test]
async fn a_filtered_list_shows_what_some_arguments_are_allowed_for() {
    let service = guarded(|layer| layer.operations(operations()));
    let tools = ["deploy", "invite", "page", "other"].map(|name| json!({"name": name}));
    let list = json!({"jsonrpc": "2.0", "id": 1, "result": {"tools": tools}}).to_string();
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    for (caller, expected) in [
        (MEMBER, vec!["deploy", "invite", "page", "other"]),
        (STRANGER, vec!["deploy", "page", "other"]),
    ] {
        let headers = [caller, ("x-response", &*list)];
        let response = post(&service, &headers, body).await;
        assert_eq!(response.status, 200, "{}", response.body);
        let shown: Value = serde_json::from_str(&response.body).unwrap();
        let shown = shown["result"]["tools"].as_array().unwrap().iter();
        let shown: Vec<_> = shown.map(|tool| tool["name"].as_str().unwrap()).collect();
        assert_eq!(shown, expected);
    }
}
