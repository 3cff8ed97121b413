//! What policies can decide by, and how the caller is answered.

use auth_core::policy::DryRun;
use http::Method;
use serde_json::{Value, json};

use crate::harness::{ISSUER, call, cedar, guarded, message, send};

/// One decision: what differs from the control, the claims, the body, and the status.
type Row = (&'static str, Value, String, u16);

async fn decide(policies: &str, rows: Vec<Row>) {
    let (service, _) = guarded(cedar().policies(policies).build().unwrap(), |layer| layer);
    for (name, claims, body, status) in rows {
        let answer = send(&service, Method::POST, &claims, &[], &body).await;
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        if status == 403 {
            assert_eq!(answer.challenge, "", "{name}");
            assert!(answer.body.contains("access_denied"), "{name}: {answer:?}");
        }
    }
}

fn user() -> Value {
    json!({ "sub": "usr_1", "client_id": "m2m_9", "oid": "org_1", "scope": "notes:read", "roles": ["editor"] })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = user();
    claims[name] = value;
    claims
}

#[tokio::test]
async fn policies_decide_by_who_calls() {
    let add = call("notes_add", &json!({ "text": "a" }));
    for (condition, name, claims) in [
        (
            "principal == MCP::User::\"usr_1\"",
            "another user",
            with("sub", json!("usr_2")),
        ),
        (
            "principal is MCP::User",
            "a machine",
            with("sub", json!("m2m_9")),
        ),
        (
            "principal in MCP::Organization::\"org_1\"",
            "another organization",
            with("oid", json!("org_2")),
        ),
        (
            "principal in MCP::Role::\"editor\"",
            "another role",
            with("roles", json!(["reader"])),
        ),
        (
            "principal in MCP::Role::\"editor\"",
            "roles that are a string",
            with("roles", json!("editor")),
        ),
        (
            "principal.scopes.contains(\"notes:read\")",
            "another scope",
            with("scope", json!("notes")),
        ),
        (
            "principal.roles.contains(\"editor\")",
            "no roles",
            with("roles", json!(null)),
        ),
        (
            "principal.issuer == \"https://id.example.com\"",
            "another issuer",
            with("iss", json!("https://other.example.com")),
        ),
        (
            "principal has client_id && principal.client_id == \"m2m_9\"",
            "another client",
            with("client_id", json!("m2m_1")),
        ),
        (
            "principal has organization && principal.organization like \"org_*\"",
            "no organization",
            with("oid", json!(null)),
        ),
    ] {
        let policy = format!("permit(principal, action, resource) when {{ {condition} }};");
        let rows = vec![
            ("the control", user(), add.clone(), 200),
            (name, claims, add.clone(), 403),
        ];
        decide(&policy, rows).await;
    }
}

#[tokio::test]
async fn policies_decide_by_what_is_called() {
    let policies = r#"
        permit(principal, action == MCP::Action::"notes_add", resource == MCP::Tool::"notes_add");
        permit(principal, action in MCP::Action::"session", resource is MCP::Server);
        permit(principal, action == MCP::Action::"prompts/get", resource == MCP::Prompt::"summary")
            when { context.input.hasTag("topic") && context.input.getTag("topic") == "work" };
        permit(principal, action == MCP::Action::"resources/read", resource in MCP::ResourceTemplate::"notes://{owner}/{id}")
            when { resource is MCP::Resource && resource.uri like "notes://usr_1/*" };
        permit(principal, action == MCP::Action::"completion/complete", resource is MCP::Prompt);
    "#;
    let get = |arguments: Value| {
        message(
            "prompts/get",
            &json!({ "name": "summary", "arguments": arguments }),
        )
    };
    let read = |uri: &str| message("resources/read", &json!({ "uri": uri }));
    let rows = vec![
        (
            "the control",
            user(),
            call("notes_add", &json!({ "text": "a" })),
            200,
        ),
        ("another tool", user(), call("notes_list", &json!({})), 403),
        ("no such tool", user(), call("other", &json!({})), 403),
        (
            "a method of the session",
            user(),
            message("initialize", &json!({})),
            200,
        ),
        (
            "a method of no policy",
            user(),
            message("tools/list", &json!({})),
            403,
        ),
        (
            "a method that is not of MCP",
            user(),
            message("vendor/reset", &json!({})),
            403,
        ),
        ("a prompt", user(), get(json!({ "topic": "work" })), 200),
        (
            "a prompt with another argument",
            user(),
            get(json!({ "topic": "play" })),
            403,
        ),
        ("a prompt without arguments", user(), get(json!(null)), 403),
        (
            "a prompt with a number",
            user(),
            get(json!({ "topic": "work", "n": 1 })),
            403,
        ),
        ("a resource", user(), read("notes://usr_1/7"), 200),
        ("another resource", user(), read("notes://usr_2/7"), 403),
        (
            "a resource of no template",
            user(),
            read("file:///notes"),
            403,
        ),
        (
            "a completion",
            user(),
            message(
                "completion/complete",
                &json!({ "ref": { "name": "summary" } }),
            ),
            200,
        ),
        (
            "a completion for a template",
            user(),
            message(
                "completion/complete",
                &json!({ "ref": { "uri": "notes://{owner}/{id}" } }),
            ),
            403,
        ),
    ];
    decide(policies, rows).await;
    let (service, _) = guarded(cedar().policies(policies).build().unwrap(), |layer| layer);
    for (method, status) in [
        (Method::GET, 200),
        (Method::DELETE, 200),
        (Method::HEAD, 200),
    ] {
        let answer = send(&service, method.clone(), &user(), &[], "").await;
        assert_eq!(answer.status, status, "{method}");
    }
}

#[tokio::test]
async fn policies_decide_by_arguments() {
    let arguments = json!({
        "text": "a", "color": "red", "priority": 3, "tags": ["x"], "place": { "city": "Ulm" },
    });
    let changed = |name: &str, value: Value| {
        let mut changed = arguments.clone();
        changed[name] = value;
        call("notes_add", &changed)
    };
    for (condition, name, other) in [
        ("context.input.text == \"a\"", "text", json!("b")),
        (
            "context.input has color && context.input.color == MCP::notes_add::Input::Color::\"red\"",
            "color",
            json!("blue"),
        ),
        (
            "context.input has priority && context.input.priority < 4",
            "priority",
            json!(4),
        ),
        (
            "context.input has tags && context.input.tags.contains(\"x\")",
            "tags",
            json!(["y"]),
        ),
        (
            "context.input has place && context.input.place.city == \"Ulm\"",
            "place",
            json!({ "city": "Bonn" }),
        ),
        // What is not of the tool's schema cannot be judged.
        ("context.input.text == \"a\"", "priority", json!("3")),
        ("context.input.text == \"a\"", "priority", json!(1.5)),
        ("context.input.text == \"a\"", "color", json!("green")),
        ("context.input.text == \"a\"", "text", json!(null)),
    ] {
        let policy = format!(
            "permit(principal, action == MCP::Action::\"notes_add\", resource) when {{ {condition} }};"
        );
        let rows = vec![
            ("the control", user(), call("notes_add", &arguments), 200),
            (name, user(), changed(name, other), 403),
            (
                "no arguments",
                user(),
                message("tools/call", &json!({ "name": "notes_add" })),
                403,
            ),
        ];
        decide(&policy, rows).await;
    }
    // A name that is no identifier of Cedar, and a tool that takes no other arguments.
    let policy = r#"permit(principal, action == MCP::Action::"deploy-app", resource == MCP::Tool::"deploy-app")
        when { context.input.project == "p_1" };"#;
    let rows = vec![
        (
            "the control",
            user(),
            call("deploy-app", &json!({ "project": "p_1" })),
            200,
        ),
        (
            "another project",
            user(),
            call("deploy-app", &json!({ "project": "p_2" })),
            403,
        ),
        (
            "an argument more",
            user(),
            call("deploy-app", &json!({ "project": "p_1", "x": 1 })),
            403,
        ),
        (
            "secure arguments are not seen",
            user(),
            message(
                "tools/call",
                &json!({ "name": "deploy-app", "secureArguments": { "project": "p_1" } }),
            ),
            403,
        ),
    ];
    decide(policy, rows).await;
    // The schema of this tool allows other arguments, which no policy can name.
    let policy = r#"permit(principal, action == MCP::Action::"notes_add", resource)
        when { context.input.text == "a" };"#;
    let rows = vec![("more", user(), changed("more", json!({ "a": [1] })), 200)];
    decide(policy, rows).await;
}

#[tokio::test]
async fn policies_decide_by_claims_time_and_login() {
    let add = call("notes_add", &json!({ "text": "a" }));
    let plan = json!({ "plan": "pro", "seats": 3, "a/b": ["x", "y"] });
    for (condition, name, value, other) in [
        (
            "context.claims.hasTag(\"/custom_claims/plan\") && context.claims.getTag(\"/custom_claims/plan\").contains(\"pro\")",
            "custom_claims",
            plan.clone(),
            json!({ "plan": "free" }),
        ),
        (
            "context.claims.hasTag(\"/custom_claims/seats\") && context.claims.getTag(\"/custom_claims/seats\").contains(\"3\")",
            "custom_claims",
            plan.clone(),
            json!({ "seats": 4 }),
        ),
        (
            "context.claims.hasTag(\"/custom_claims/a~1b\") && context.claims.getTag(\"/custom_claims/a~1b\").contains(\"y\")",
            "custom_claims",
            plan,
            json!({ "a": { "b": ["y"] } }),
        ),
        (
            "context.authentication has time && context.now.durationSince(context.authentication.time) < duration(\"1h\")",
            "auth_time",
            json!(4_000_000_000_u64),
            json!(1000),
        ),
        (
            "context.authentication has acr && context.authentication.acr == \"aal2\"",
            "acr",
            json!("aal2"),
            json!("aal1"),
        ),
        (
            "context.authentication.amr.contains(\"otp\")",
            "amr",
            json!(["pwd", "otp"]),
            json!(["pwd"]),
        ),
        // A time that Cedar cannot express does not admit.
        (
            "context.now > datetime(\"2020-01-01\")",
            "auth_time",
            json!(1000),
            json!(999_999_999_999_999_u64),
        ),
    ] {
        let policy = format!("permit(principal, action, resource) when {{ {condition} }};");
        let rows = vec![
            ("the control", with(name, value), add.clone(), 200),
            (name, with(name, other), add.clone(), 403),
        ];
        decide(&policy, rows).await;
    }
}

#[tokio::test]
async fn a_policy_with_scopes_asks_for_them() {
    let policies = r#"
        @id("read") permit(principal, action == MCP::Action::"notes_list", resource)
            when { principal.scopes.contains("notes:read") };
        @id("write") @scopes("notes:write")
        permit(principal, action == MCP::Action::"notes_add", resource)
            when { principal in MCP::Role::"editor" && principal.scopes.contains("notes:write") };
        @id("deploy")
        permit(principal, action == MCP::Action::"deploy-app", resource);
        @id("careful") @scopes("deploy careful")
        forbid(principal, action == MCP::Action::"deploy-app", resource)
            unless { principal.scopes.containsAll(["deploy", "careful"]) };
        @id("never") forbid(principal, action == MCP::Action::"deploy-app", resource)
            when { context.input.project == "p_0" };
    "#;
    let add = call("notes_add", &json!({ "text": "a" }));
    let deploy = |project: &str| call("deploy-app", &json!({ "project": project }));
    let reader = with("roles", json!(["reader"]));
    let (service, events) = guarded(cedar().policies(policies).build().unwrap(), |layer| layer);
    for (name, claims, body, scopes, decided) in [
        (
            "the control",
            with("scope", json!("notes:write")),
            add.clone(),
            None,
            "write",
        ),
        (
            "a scope is missing",
            user(),
            add.clone(),
            Some("notes:write"),
            "",
        ),
        ("no scope can help", reader, add.clone(), Some(""), ""),
        (
            "forbidden for want of scopes",
            user(),
            deploy("p_1"),
            Some("deploy careful"),
            "careful",
        ),
        (
            "all of them, if one is missing",
            with("scope", json!("deploy")),
            deploy("p_1"),
            Some("deploy careful"),
            "careful",
        ),
        (
            "permitted",
            with("scope", json!("deploy careful")),
            deploy("p_1"),
            None,
            "deploy",
        ),
        (
            "forbidden by another too",
            user(),
            deploy("p_0"),
            Some(""),
            "careful, never",
        ),
        (
            "a policy without the annotation",
            with("scope", json!("x")),
            call("notes_list", &json!({})),
            Some(""),
            "",
        ),
    ] {
        let answer = send(&service, Method::POST, &claims, &[], &body).await;
        let event = events.lock().unwrap().pop().unwrap();
        assert_eq!(event.policies.join(", "), decided, "{name}");
        match scopes {
            None => assert_eq!(answer.status, 200, "{name}: {answer:?}"),
            Some("") => {
                assert_eq!(
                    (answer.status, answer.challenge.as_str()),
                    (403, ""),
                    "{name}"
                );
                assert_eq!(event.decision.as_str(), "policy_denied", "{name}");
            }
            Some(scopes) => {
                assert_eq!(answer.status, 403, "{name}: {answer:?}");
                let challenged = format!("scope=\"{scopes}\", error=\"insufficient_scope\"");
                assert!(answer.challenge.contains(&challenged), "{name}: {answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_broader_scope_counts_and_one_policy_at_a_time_is_satisfied() {
    let policies = r#"
        @scopes("notes:write") permit(principal, action, resource) when { principal.scopes.contains("notes:write") };
    "#;
    let hierarchy = auth_core::token::ScopeHierarchy::flat();
    let hierarchy = hierarchy.imply("notes", "notes:write").unwrap();
    let cedar = cedar().policies(policies).build().unwrap();
    let (service, _) = guarded(cedar, |layer| layer.scope_hierarchy(hierarchy));
    for (scope, status) in [("notes", 200), ("notes:write", 200), ("notes:read", 403)] {
        let claims = with("scope", json!(scope));
        let body = call("notes_list", &json!({}));
        let answer = send(&service, Method::POST, &claims, &[], &body).await;
        assert_eq!(answer.status, status, "{scope}");
    }
}

#[tokio::test]
async fn arguments_cannot_switch_a_forbid_off() {
    let policies = r#"
        permit(principal, action, resource);
        @id("limit") forbid(principal, action == MCP::Action::"notes_add", resource)
            when { context.input has priority && context.input.priority + 1 > 10 };
    "#;
    let rows = [
        ("the control", 3_i64, 200),
        ("too much", 10, 403),
        ("overflows", i64::MAX, 403),
    ];
    let rows = rows.map(|(name, priority, status)| {
        let body = call("notes_add", &json!({ "text": "a", "priority": priority }));
        (name, user(), body, status)
    });
    decide(policies, rows.into()).await;
}

#[tokio::test]
async fn callers_of_several_issuers_are_told_apart() {
    const OTHER: &str = "https://other.example.com";
    let policies =
        r#"permit(principal == MCP::User::"https://id.example.com|usr_1", action, resource);"#;
    let cedar = cedar().issuer(OTHER).policies(policies).build().unwrap();
    let (service, _) = guarded(cedar, |layer| layer);
    for (issuer, status) in [
        (ISSUER, 200),
        (OTHER, 403),
        ("https://third.example.com", 403),
    ] {
        let body = call("notes_list", &json!({}));
        let answer = send(
            &service,
            Method::POST,
            &with("iss", json!(issuer)),
            &[],
            &body,
        )
        .await;
        assert_eq!(answer.status, status, "{issuer}");
    }
}

#[tokio::test]
async fn a_filtered_list_shows_what_some_arguments_are_permitted_for() {
    let policies = r#"
        permit(principal, action in MCP::Action::"lists", resource);
        permit(principal, action == MCP::Action::"notes_add", resource) when { context.input.text == "a" };
        permit(principal, action == MCP::Action::"deploy-app", resource)
            when { principal in MCP::Role::"admin" && context.input.project == "p_1" };
    "#;
    let list = json!({ "jsonrpc": "2.0", "id": 1, "result": { "tools": crate::harness::tools() } });
    let operations = auth_core::policy::OperationPolicy::builder()
        .filter_lists()
        .build()
        .unwrap();
    let cedar = cedar().policies(policies).build().unwrap();
    let (service, _) = guarded(cedar, |layer| layer.operations(operations));
    for (role, shown) in [
        ("editor", &["notes_add"][..]),
        ("admin", &["notes_add", "deploy-app"]),
    ] {
        let headers =
            [("x-response", &*list.to_string())].map(|(name, text)| (name, text.to_owned()));
        let headers = [(headers[0].0, headers[0].1.as_str())];
        let body = message("tools/list", &json!({}));
        let claims = with("roles", json!([role]));
        let answer = send(&service, Method::POST, &claims, &headers, &body).await;
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        let names = answer["result"]["tools"].as_array().unwrap().iter();
        let names: Vec<_> = names.map(|tool| tool["name"].as_str().unwrap()).collect();
        assert_eq!(names, shown, "{role}");
    }
}

#[tokio::test]
async fn a_dry_run_decides_nothing() {
    let in_force = cedar()
        .policies("permit(principal, action, resource);")
        .build()
        .unwrap();
    let next = r#"@id("next") permit(principal, action == MCP::Action::"notes_list", resource);"#;
    let next = cedar().policies(next).build().unwrap();
    let (service, events) = guarded(in_force, |layer| layer.authorizer(DryRun::new(next)));
    for (tool, dry_run) in [("notes_list", None), ("notes_add", Some("policy_denied"))] {
        let body = call(tool, &json!({ "text": "a" }));
        let answer = send(&service, Method::POST, &user(), &[], &body).await;
        assert_eq!(answer.status, 200, "{tool}");
        let event = events.lock().unwrap().pop().unwrap();
        assert_eq!(event.dry_run.map(|it| it.as_str()), dry_run, "{tool}");
        assert_eq!(event.policies, [Box::from("policy0")], "{tool}");
    }
}
