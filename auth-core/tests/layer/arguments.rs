//! Policies of rules can decide by the arguments of an operation.

use auth_core::layer::AuthLayer;
use auth_core::policy::{Denied, OperationPolicy, Policy, policy_fn};
use serde_json::Value;

use crate::harness::{guarded, post};
use crate::support::provider;

const TOKEN: (&str, &str) = ("authorization", "Bearer good.read");

/// Allows `/project` to be `p_1` alone.
fn own_project() -> impl Policy {
    policy_fn(|request| {
        if request.is_listing() {
            return Ok(());
        }
        match request.argument("/project").and_then(Value::as_str) {
            Some("p_1") => Ok(()),
            _ => Err(Denied::Forbidden("another project".into())),
        }
    })
    .needing_arguments()
}

fn call(tool: &str, params: &str) -> String {
    format!(r#"{{"method":"tools/call","params":{{"name":"{tool}"{params}}}}}"#)
}

#[tokio::test]
async fn a_rule_decides_by_arguments() {
    let operations = OperationPolicy::builder().tool("deploy", own_project());
    let operations = operations.build().unwrap();
    let service = guarded(|layer| layer.operations(operations));
    let own = call("deploy", r#","arguments":{"project":"p_1"}"#);
    for (name, body, status) in [
        ("the control", own.clone(), 200),
        ("another", own.replace("p_1", "p_2"), 403),
        ("none", call("deploy", ""), 403),
        ("null", call("deploy", r#","arguments":null"#), 403),
        (
            "secure arguments are not arguments",
            call("deploy", r#","secureArguments":{"project":"p_1"}"#),
            403,
        ),
        (
            "twice",
            own.replace("p_1\"", "p_1\",\"project\":\"p_2\""),
            400,
        ),
        ("a batch", format!("[{own},{own}]"), 200),
        (
            "a batch with another",
            format!("[{own},{}]", own.replace("p_1", "p_2")),
            403,
        ),
        (
            "a tool without a rule",
            call("list", r#","arguments":{"a":1}"#),
            200,
        ),
    ] {
        let response = post(&service, &[TOKEN], &body).await;
        assert_eq!(response.status, status, "{name}: {body}");
    }
}

#[tokio::test]
async fn headers_are_trusted_where_no_rule_needs_arguments() {
    let operations = OperationPolicy::builder()
        .inner_service_compares_headers()
        .tool("deploy", own_project())
        .build()
        .unwrap();
    let service = guarded(|layer| layer.operations(operations));
    let headers = |tool| {
        [
            TOKEN,
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/call"),
            ("mcp-name", tool),
        ]
    };
    // What is not JSON shows whether the body was read.
    for (tool, body, status) in [
        (
            "deploy",
            call("deploy", r#","arguments":{"project":"p_1"}"#),
            200,
        ),
        ("deploy", "not json".into(), 400),
        ("list", "not json".into(), 200),
    ] {
        let response = post(&service, &headers(tool), &body).await;
        assert_eq!(response.status, status, "{tool}: {body}");
    }
}

#[test]
fn a_policy_about_arguments_is_refused_where_there_are_none() {
    assert!(
        OperationPolicy::builder()
            .tool("*", own_project())
            .build()
            .is_ok()
    );
    assert!(
        OperationPolicy::builder()
            .prompt("*", own_project())
            .build()
            .is_ok()
    );
    assert!(
        OperationPolicy::builder()
            .method("tools/*", own_project())
            .build()
            .is_ok()
    );
    for (builder, about) in [
        (
            OperationPolicy::builder().resource("file:///*", own_project()),
            "the resource \"file:///*\"",
        ),
        (
            OperationPolicy::builder().method("tools/list", own_project()),
            "the method \"tools/list\"",
        ),
    ] {
        let error = builder.build().unwrap_err().to_string();
        assert!(
            error.contains(about) && error.contains("arguments"),
            "{error}"
        );
    }
    let error = AuthLayer::builder(provider()).policy(own_project()).build();
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("policy needs the arguments of an operation"),
        "{error}"
    );
}
