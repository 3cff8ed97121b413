//! Rules about primitives apply whichever method names them.

use auth_core::policy::{Denied, OperationPolicy, RequireScopes, policy_fn};
use http::Method;

use crate::harness::{guarded, post, send};

fn scope(scope: &str) -> RequireScopes {
    RequireScopes::new([scope]).unwrap()
}

fn message(method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{{params}}}}}"#)
}

#[tokio::test]
async fn a_rule_about_a_primitive_applies_to_every_method() {
    let service = guarded(|layer| {
        let operations = OperationPolicy::builder()
            .prompt("payroll", scope("hr"))
            .resource("file:///private/*", scope("files"))
            .resource("file:///one/secret.txt", scope("files"))
            .resource_template("db://{table}/salary", scope("hr"))
            .skill("skill://audit/*", scope("audit"));
        layer.operations(operations.build().unwrap())
    });
    let token = [("authorization", "Bearer good.read")];
    for (method, params, status) in [
        ("prompts/get", r#""name":"payroll""#, 403),
        ("prompts/get", r#""name":"weather""#, 200),
        (
            "completion/complete",
            r#""ref":{"type":"ref/prompt","name":"payroll"}"#,
            403,
        ),
        (
            "completion/complete",
            r#""ref":{"type":"ref/prompt","name":"weather"}"#,
            200,
        ),
        (
            "completion/complete",
            r#""ref":{"uri":"file:///private/a"}"#,
            403,
        ),
        (
            "completion/complete",
            r#""ref":{"uri":"file:///open/{name}"}"#,
            200,
        ),
        // Templates that can expand to a resource with a rule.
        (
            "completion/complete",
            r#""ref":{"uri":"file:///private/{name}"}"#,
            403,
        ),
        (
            "completion/complete",
            r#""ref":{"uri":"file:///{+path}"}"#,
            403,
        ),
        (
            "completion/complete",
            r#""ref":{"uri":"file:///one/{name}.txt"}"#,
            403,
        ),
        (
            "completion/complete",
            r#""ref":{"uri":"file:///one/{name}.md"}"#,
            200,
        ),
        (
            "completion/complete",
            r#""ref":{"uri":"db://{table}/salary"}"#,
            403,
        ),
        // The target is unknown.
        ("completion/complete", "", 403),
        ("resources/read", r#""uri":"db://staff/salary""#, 403),
        ("resources/read", r#""uri":"db://staff/name""#, 200),
        ("resources/read", r#""uri":"skill://audit/data.csv""#, 403),
        ("skills/get", r#""uri":"skill://audit/SKILL.md""#, 403),
        ("skills/get", r#""uri":"skill://pdf/SKILL.md""#, 200),
        ("skills/get", r#""uri":"file:///private/SKILL.md""#, 403),
        (
            "resources/directory/read",
            r#""uri":"file:///private/""#,
            403,
        ),
        ("resources/subscribe", r#""uri":"file:///private/a""#, 403),
        ("resources/unsubscribe", r#""uri":"file:///private/a""#, 403),
        (
            "subscriptions/listen",
            r#""notifications":{"resourceSubscriptions":["file:///open/a","file:///private/a"]}"#,
            403,
        ),
        (
            "subscriptions/listen",
            r#""notifications":{"resourceSubscriptions":["file:///open/a"]}"#,
            200,
        ),
        (
            "subscriptions/listen",
            r#""notifications":{"toolsListChanged":true}"#,
            200,
        ),
        // Methods of a later revision, whose target may have a rule.
        ("resources/copy", r#""from":"file:///private/a""#, 403),
        ("skills/run", r#""skill":"audit""#, 403),
        ("prompts/render", "", 403),
        // Methods about other primitives.
        ("tools/describe", "", 200),
        ("resources/list", "", 200),
        ("resources/templates/list", "", 200),
        ("skills/list", "", 200),
        ("tools/call", r#""name":"payroll""#, 200),
    ] {
        let body = message(method, params);
        let response = post(&service, &token, &body).await;
        assert_eq!(response.status, status, "{body}: {}", response.body);
    }
}

#[tokio::test]
async fn a_prompt_and_a_resource_with_one_name_are_two_primitives() {
    let rules = OperationPolicy::builder;
    let statuses = |operations: auth_core::policy::OperationPolicyBuilder| {
        guarded(|layer| layer.operations(operations.build().unwrap()))
    };
    let about = |member: &str| message("completion/complete", &format!(r#""ref":{{{member}}}"#));
    let (prompt, resource) = (about(r#""name":"x""#), about(r#""uri":"x""#));
    for (name, service, prompt_status, resource_status) in [
        (
            "a rule about the prompt",
            statuses(rules().prompt("x", scope("hr"))),
            403,
            200,
        ),
        (
            "a rule about the resource",
            statuses(rules().resource("x", scope("hr"))),
            200,
            403,
        ),
        (
            "the prompt alone is listed",
            statuses(rules().prompt("x", scope("read")).deny_unlisted()),
            200,
            403,
        ),
        (
            "the resource alone is listed",
            statuses(rules().resource("x", scope("read")).deny_unlisted()),
            403,
            200,
        ),
    ] {
        let token = [("authorization", "Bearer good.read")];
        for (body, status) in [(&prompt, prompt_status), (&resource, resource_status)] {
            let response = post(&service, &token, body).await;
            assert_eq!(response.status, status, "{name}, {body}: {}", response.body);
        }
    }
}

#[test]
fn debug_shows_the_number_of_rules() {
    let operations = OperationPolicy::builder().tool("x", scope("hr"));
    assert_eq!(
        format!("{:?}", operations.build().unwrap()),
        "OperationPolicy { rules: 1, .. }"
    );
}

#[tokio::test]
async fn a_message_is_checked_whatever_the_http_method() {
    let service = guarded(|layer| {
        let operations = OperationPolicy::builder().tool("delete", scope("write"));
        layer.operations(operations.public_tool("version").build().unwrap())
    });
    let token = [("authorization", "Bearer good.read")];
    let call = |name: &str| message("tools/call", &format!(r#""name":"{name}""#));
    for method in [
        "POST", "PUT", "PATCH", "GET", "DELETE", "HEAD", "OPTIONS", "MCP",
    ] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let fetch = async |headers: &[(&str, &str)], body: &str| {
            send(&service, method.clone(), "/mcp", headers, body)
                .await
                .status
        };
        assert_eq!(
            fetch(&token, &call("add")).await,
            200,
            "{method}, the control"
        );
        assert_eq!(fetch(&token, &call("delete")).await, 403, "{method}");
        assert_eq!(fetch(&token, "no message").await, 400, "{method}");
        // Public operations are public only with POST.
        let public = if method == Method::POST { 200 } else { 401 };
        assert_eq!(fetch(&[], &call("version")).await, public, "{method}");
    }
    for method in [Method::GET, Method::DELETE] {
        let response = send(&service, method.clone(), "/mcp", &token, "").await;
        assert_eq!(response.status, 200, "{method} without a body");
    }
}

#[test]
fn mistakes_in_rules_are_reported() {
    let denies_all = policy_fn(|_| Err(Denied::Forbidden("denied".into())));
    let build = |change: &dyn Fn() -> auth_core::policy::OperationPolicyBuilder| {
        change()
            .build()
            .map_err(|errors| errors.to_string())
            .map(drop)
    };
    let rules = OperationPolicy::builder;
    for method in [
        "tools/call",
        "notifications/*",
        "*",
        "skills/get",
        "server/discover",
    ] {
        assert_eq!(
            build(&|| rules().method(method, denies_all)),
            Ok(()),
            "{method}"
        );
        assert_eq!(build(&|| rules().public_method(method)), Ok(()), "{method}");
    }
    for method in [
        "tools/cal",
        "tool/call",
        "Tools/call",
        "tools/call/",
        "resource/*",
        "",
    ] {
        let expected = format!(
            "operations has a rule about {method:?}, which is not a method that MCP clients send: \
             correct it, or use custom_method"
        );
        assert_eq!(
            build(&|| rules().method(method, denies_all)),
            Err(expected.clone())
        );
        assert_eq!(build(&|| rules().public_method(method)), Err(expected));
        assert_eq!(build(&|| rules().custom_method(method, denies_all)), Ok(()));
    }
    let without_name = |primitive| {
        Err(format!(
            "operations has a rule about a {primitive} without a name: use * for every {primitive}"
        ))
    };
    assert_eq!(
        build(&|| rules().tool("", denies_all)),
        without_name("tool")
    );
    assert_eq!(build(&|| rules().public_tool("")), without_name("tool"));
    assert_eq!(
        build(&|| rules().prompt("", denies_all)),
        without_name("prompt")
    );
    assert_eq!(
        build(&|| rules().resource("", denies_all)),
        without_name("resource")
    );
    assert_eq!(
        build(&|| rules().resource_template("", denies_all)),
        without_name("resource template")
    );
    assert_eq!(
        build(&|| rules().skill("", denies_all)),
        without_name("skill")
    );
    // All mistakes are reported at once.
    let both = build(&|| rules().tool("", denies_all).method("x", denies_all)).unwrap_err();
    assert_eq!(both.lines().count(), 2, "{both}");
}

#[test]
fn an_empty_list_of_scopes_is_no_requirement() {
    assert!(RequireScopes::new(["read"]).is_ok(), "the control");
    let none = RequireScopes::new::<&str>([]).unwrap_err();
    assert_eq!(
        none.to_string(),
        "an empty list of scopes admits every caller: name at least one scope"
    );
    assert_eq!(
        RequireScopes::try_from(auth_core::token::Scopes::default()),
        Err(none)
    );
}
