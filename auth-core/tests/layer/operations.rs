//! Authorization of operations, in both protocol revisions.

use auth_core::layer::ScopeStrategy;
use auth_core::policy::{Denied, OperationPolicy, Policy, RequireScopes, any_of, policy_fn};
use auth_core::token::ScopeHierarchy;

use http::Method;

use crate::harness::{Service, guarded, post, send};

const META: &str =
    "Bearer resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\"";
const TOO_LONG: usize = 4 * 1024;

fn scopes(scopes: &str) -> RequireScopes {
    RequireScopes::new(scopes.split(' ')).unwrap()
}

fn operations() -> OperationPolicy {
    let denies_all = policy_fn(|_| Err(Denied::Forbidden("denied".into())));
    let either = any_of([scopes("a"), scopes("b")]);
    let by_name = policy_fn(|request| {
        let name = request.operation().unwrap().name();
        if name == Some("by_name_ok") {
            Ok(())
        } else {
            Err(Denied::Forbidden("the wrong name".into()))
        }
    });
    OperationPolicy::builder()
        .tool("delete_*", scopes("write"))
        .tool("delete_all", scopes("admin"))
        .tool("either", either)
        .tool("by_name_*", by_name)
        .method("logging/setLevel", denies_all)
        .resource("file:///private/*", scopes("private"))
        .prompt("secret", scopes("private"))
        .public_tool("version")
        .public_method("tools/list")
        .public_tool("delete_demo")
        .max_body_bytes(TOO_LONG)
        .build()
        .unwrap()
}

fn service() -> Service {
    let hierarchy = ScopeHierarchy::flat().imply("admin", "write").unwrap();
    guarded(|layer| layer.operations(operations()).scope_hierarchy(hierarchy))
}

/// A message about one primitive.
fn message(method: &str, name: &str) -> String {
    let key = if method.starts_with("resources/") {
        "uri"
    } else {
        "name"
    };
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{"{key}":"{name}"}}}}"#)
}

#[tokio::test]
async fn an_operation_requires_what_its_rules_require() {
    let service = service();
    for (token, method, name, status, scope) in [
        ("good.read", "tools/call", "add", 200, ""),
        ("good.read.write", "tools/call", "delete_note", 200, ""),
        ("good.read", "tools/call", "delete_note", 403, "read write"),
        ("good.write", "tools/call", "delete_note", 403, "read write"),
        (
            "good.read.write",
            "tools/call",
            "delete_all",
            403,
            "read write admin",
        ),
        // admin implies write.
        ("good.read.admin", "tools/call", "delete_all", 200, ""),
        ("good.read.admin", "tools/call", "delete_note", 200, ""),
        // One rule makes it public, but another requires a scope.
        ("good.read", "tools/call", "delete_demo", 403, "read write"),
        ("good.read.a", "tools/call", "either", 200, ""),
        ("good.read.b", "tools/call", "either", 200, ""),
        ("good.read", "tools/call", "either", 403, "read a"),
        ("good.read", "tools/call", "by_name_ok", 200, ""),
        ("good.read", "tools/call", "by_name_no", 403, "-"),
        ("good.read", "logging/setLevel", "x", 403, "-"),
        ("good.read", "resources/read", "file:///open/a", 200, ""),
        (
            "good.read",
            "resources/read",
            "file:///private/a",
            403,
            "read private",
        ),
        (
            "good.read",
            "resources/subscribe",
            "file:///private/a",
            403,
            "read private",
        ),
        (
            "good.read.private",
            "resources/read",
            "file:///private/a",
            200,
            "",
        ),
        ("good.read", "prompts/get", "secret", 403, "read private"),
        ("good.read", "prompts/get", "open", 200, ""),
        // An invalid token is refused first.
        ("bad", "tools/call", "version", 401, "read"),
        ("bad", "tools/call", "delete_note", 401, "read"),
        // Public operations require no scope either.
        ("good", "tools/call", "version", 200, ""),
        ("good", "tools/call", "add", 403, "read"),
    ] {
        let body = message(method, name);
        let bearer = format!("Bearer {token}");
        let response = post(&service, &[("authorization", &bearer)], &body).await;
        let row = format!("{token} {method} {name}");
        assert_eq!(response.status, status, "{row}: {}", response.body);
        let challenge = response.header("www-authenticate");
        match scope {
            "" => assert_eq!(response.echoed()["body"], body, "{row}"),
            "-" => assert_eq!(challenge, None, "{row}"),
            scope => {
                let begin = format!("{META}, scope=\"{scope}\", error=");
                assert!(
                    challenge.unwrap().starts_with(&begin),
                    "{row}: {challenge:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn public_operations_need_no_token() {
    let service = service();
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let version = message("tools/call", "version");
    let delete = message("tools/call", "delete_demo");
    for (body, status) in [
        (list.to_owned(), 200),
        (version.clone(), 200),
        (format!("[{list},{version}]"), 200),
        (message("tools/call", "add"), 401),
        (delete.clone(), 401),
        (format!("[{list},{delete}]"), 401),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#.into(), 401),
        (r#"[{"id":1,"result":{}}]"#.into(), 401),
        ("not json".into(), 400),
    ] {
        let response = post(&service, &[], &body).await;
        assert_eq!(response.status, status, "{body}");
        if status == 200 {
            assert_eq!(response.echoed()["caller"], serde_json::Value::Null);
            assert_eq!(response.echoed()["body"], body);
        }
    }
    // The challenge names what the operation requires.
    let response = post(&service, &[], &delete).await;
    let expected = format!("{META}, scope=\"read write\"");
    assert_eq!(response.header("www-authenticate"), Some(expected.as_str()));
    for method in [Method::GET, Method::DELETE, Method::PUT] {
        let response = send(&service, method, "/mcp", &[], list).await;
        assert_eq!(response.status, 401);
    }
}

#[tokio::test]
async fn an_ambiguous_body_is_refused() {
    let service = service();
    let good = [("authorization", "Bearer good.read")];
    let control = message("tools/call", "add");
    assert_eq!(
        post(&service, &good, &control).await.status,
        200,
        "the control"
    );
    let long = control.replace("add", &"a".repeat(TOO_LONG));
    for (body, status, code) in [
        (
            control.replace("\"id\"", "\"method\":\"tools/list\",\"id\""),
            400,
            -32700,
        ),
        ("{".to_owned(), 400, -32700),
        (String::new(), 400, -32700),
        ("{}".into(), 400, -32600),
        (control.replace("name", "nom"), 400, -32600),
        (long, 413, -32600),
    ] {
        let response = post(&service, &good, &body).await;
        assert_eq!(response.status, status, "{body}");
        let json: serde_json::Value = serde_json::from_str(&response.body).unwrap();
        assert_eq!(json["error"]["code"], code, "{body}");
        // The schema of MCP does not allow null as an id.
        assert_eq!(json.get("id"), None);
        assert_eq!(response.header("www-authenticate"), None);
        // Without a token, the body is not read, and the response does not describe it.
        let service = guarded(|layer| {
            layer.operations(
                OperationPolicy::builder()
                    .tool("x", scopes("x"))
                    .build()
                    .unwrap(),
            )
        });
        assert_eq!(post(&service, &[], &body).await.status, 401);
    }
}

#[tokio::test]
async fn headers_that_differ_from_the_body_are_refused() {
    let control = message("tools/call", "delete_note");
    let version = ("mcp-protocol-version", "2026-07-28");
    let token = ("authorization", "Bearer good.read");
    let method = ("mcp-method", "tools/call");
    let name = ("mcp-name", "delete_note");
    let service = service();
    let trusting = guarded(|layer| {
        let operations = OperationPolicy::builder()
            .tool("delete_*", scopes("write"))
            .inner_service_compares_headers();
        layer.operations(operations.build().unwrap())
    });
    for (headers, checked, believed) in [
        (vec![token, version, method, name], 403, 403),
        // In older revisions, and without these headers, the body is relevant.
        (vec![token, method, ("mcp-name", "add")], 403, 403),
        (vec![token, version], 403, 403),
        // False headers: one layer detects them, the other relies on the inner service.
        (vec![token, version, method, ("mcp-name", "add")], 400, 200),
        (vec![token, version, ("mcp-method", "tools/list")], 400, 200),
        // Without a name there is nothing for the inner service to compare.
        (vec![token, version, method], 400, 400),
        // Headers that cannot be decoded.
        (vec![token, version, method, name, name], 400, 400),
        (
            vec![token, version, method, ("mcp-name", "=?base64?!?=")],
            400,
            400,
        ),
    ] {
        for (service, status) in [(&service, checked), (&trusting, believed)] {
            let response = post(service, &headers, &control).await;
            assert_eq!(response.status, status, "{headers:?}: {}", response.body);
            if status == 400 {
                assert!(response.body.contains("-32020"), "{}", response.body);
            }
        }
    }
    // A target that headers do not name is read from the body, even if they are trusted.
    let complete = r#"{"method":"completion/complete","params":{"ref":{"name":"p"}}}"#;
    let listen = r#"{"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["file:///private/a"]}}}"#;
    for service in [&service, &trusting] {
        let method = ("mcp-method", "completion/complete");
        let response = post(service, &[token, version, method], complete).await;
        assert_eq!(response.status, 200, "{}", response.body);
        let response = post(
            service,
            &[token, version, method, ("mcp-name", "x")],
            listen,
        )
        .await;
        assert_eq!(response.status, 400, "{}", response.body);
    }
    // This method was removed, which is for the inner service to report.
    let (subscribe, bare) = (
        message("resources/subscribe", "file:///open/a"),
        r#"{"method":"resources/subscribe","params":{}}"#.to_owned(),
    );
    let method_of_subscribe = ("mcp-method", "resources/subscribe");
    let full = ("authorization", "Bearer good.read.private");
    for (token, body, status) in [
        (token, &subscribe, 200),
        (token, &bare, 403),
        (full, &bare, 200),
    ] {
        let response = post(&service, &[token, version, method_of_subscribe], body).await;
        assert_eq!(response.status, status, "{body}: {}", response.body);
    }
    let method_of_listen = ("mcp-method", "subscriptions/listen");
    let response = post(&service, &[token, version, method_of_listen], listen).await;
    assert_eq!(response.status, 403, "{}", response.body);
    let encoded = ("mcp-name", "=?base64?YWRk?=");
    let add = message("tools/call", "add");
    let response = post(&service, &[token, version, method, encoded], &add).await;
    assert_eq!(response.status, 200);
    // Without a name the request is refused, whatever the body.
    let response = post(&trusting, &[token, version, method], "not json").await;
    assert!(response.body.contains("-32020"), "{}", response.body);
    // If the headers are trusted, the body is not read.
    let long = add.replace("add", &"a".repeat(5 * 1024 * 1024));
    let response = post(&trusting, &[token, version, method, encoded], &long).await;
    assert_eq!(
        response.echoed()["body"].as_str().map(str::len),
        Some(long.len())
    );
}

#[tokio::test]
async fn unlisted_operations_can_be_denied() {
    let listed = || {
        OperationPolicy::builder()
            .method("initialize", scopes("read"))
            .tool("add", scopes("read"))
            .resource("file:///open/*", scopes("read"))
            .public_tool("version")
            .deny_unlisted()
    };
    let aimless = r#"{"method":"resources/subscribe","params":{}}"#.to_owned();
    let service = guarded(|layer| layer.operations(listed().build().unwrap()));
    let anonymous = guarded(|layer| {
        layer
            .operations(listed().build().unwrap())
            .allow_anonymous()
    });
    let token = [("authorization", "Bearer good.read")];
    for (body, with_token, without, allowed_without) in [
        (message("initialize", "x"), 200, 401, 401),
        (message("tools/call", "add"), 200, 401, 401),
        (message("tools/call", "other"), 403, 401, 401),
        (message("tools/call", "version"), 200, 200, 200),
        (
            message("resources/subscribe", "file:///open/a"),
            200,
            401,
            401,
        ),
        (aimless, 403, 401, 401),
        (message("tools/list", "x"), 403, 401, 401),
    ] {
        assert_eq!(
            post(&service, &token, &body).await.status,
            with_token,
            "{body}"
        );
        assert_eq!(post(&service, &[], &body).await.status, without, "{body}");
        let response = post(&anonymous, &[], &body).await;
        assert_eq!(response.status, allowed_without, "{body}");
    }
}

#[tokio::test]
async fn rules_apply_to_every_path_but_the_exempt_ones() {
    let service = guarded(|layer| {
        let operations = OperationPolicy::builder().tool("*", scopes("write"));
        layer.operations(operations.exempt_path("/upload").build().unwrap())
    });
    let token = [("authorization", "Bearer good.read")];
    let call = message("tools/call", "add");
    assert_eq!(
        post(&service, &token, &call).await.status,
        403,
        "the control"
    );
    let fetch = async |path: &str, body: &str| {
        let response = send(&service, Method::POST, path, &token, body).await;
        response.status
    };
    assert_eq!(fetch("/upload", "no message").await, 200);
    assert_eq!(fetch("/upload", &call).await, 200);
    for path in SPELLINGS {
        assert_eq!(fetch(path, &call).await, 403, "{path}");
        assert_eq!(fetch(path, "no message").await, 400, "{path}");
    }
    // Paths that resemble the exempt one are not exempt.
    for path in [
        "/upload/",
        "//upload",
        "/Upload",
        "/%75pload",
        "/upload/x",
        "/upload/../mcp",
    ] {
        assert_eq!(fetch(path, &call).await, 403, "{path}");
    }
}

/// Other spellings of the endpoint's path that some routers accept, and paths that a nested router sees.
const SPELLINGS: [&str; 30] = [
    "/mcp",
    "/mcp/",
    "/mcp//",
    "/mcp/x",
    "//mcp",
    "///mcp",
    "/./mcp",
    "/mcp/.",
    "/x/../mcp",
    "/upload/../mcp",
    "/%6dcp",
    "/%6Dcp",
    "/m%63p",
    "/%6d%63%70",
    "/%2fmcp",
    "/mcp%2f",
    "/mcp%00",
    "/MCP",
    "/Mcp",
    "/mcp;x=y",
    "/mcp;",
    "/mcp?x=y",
    "/mcp?",
    "/mcp%20",
    "/mcp/%2e",
    "/x/%2e%2e/mcp",
    "/",
    "/mcp/mcp",
    "/x",
    "http://mcp.example.com/mcp",
];

#[tokio::test]
async fn granted_scopes_can_be_repeated_in_the_challenge() {
    let service = guarded(|layer| {
        layer
            .operations(operations())
            .scope_strategy(ScopeStrategy::OperationPlusGranted)
    });
    let token = [("authorization", "Bearer good.read.x.offline_access")];
    let response = post(&service, &token, &message("tools/call", "delete_note")).await;
    assert_eq!(response.status, 403);
    let expected = format!("{META}, scope=\"read write x\", error=\"insufficient_scope\"");
    assert!(
        response
            .header("www-authenticate")
            .unwrap()
            .starts_with(&expected)
    );
}

#[test]
fn closures_and_combinators_are_policies_of_operations() {
    // All that a user can pass as a policy.
    fn takes(_: impl Policy) {}
    takes(scopes("a"));
    takes(policy_fn(|request| match request.operation() {
        Some(_) => Ok(()),
        None => Err(Denied::Forbidden("no operation".into())),
    }));
}

#[tokio::test]
async fn lists_can_omit_what_the_caller_may_not_use() {
    let tools =
        r#"{"result":{"tools":[{"name":"add"},{"name":"delete_note"},{"name":"version"}]}}"#;
    let operations = || {
        OperationPolicy::builder()
            .tool("delete_*", scopes("write"))
            .public_tool("version")
            .public_method("tools/list")
    };
    let filtering = guarded(|layer| layer.operations(operations().filter_lists().build().unwrap()));
    let open = guarded(|layer| layer.operations(operations().build().unwrap()));
    let list = r#"{"method":"tools/list"}"#;
    let all = ["add", "delete_note", "version"].as_slice();
    for (service, token, names) in [
        (&open, Some("good.read"), all),
        (&filtering, Some("good.read.write"), all),
        (&filtering, Some("good.read"), &["add", "version"]),
        // A scope that every request requires is missing, so only public items remain.
        (&filtering, Some("good.write"), &["version"]),
        (&filtering, None, &["version"]),
    ] {
        let bearer = format!("Bearer {}", token.unwrap_or_default());
        let mut headers = vec![("x-response", tools)];
        headers.extend(token.map(|_| ("authorization", bearer.as_str())));
        let response = post(service, &headers, list).await;
        let json: serde_json::Value = serde_json::from_str(&response.body).unwrap();
        let tools = json["result"]["tools"].as_array().unwrap().iter();
        let seen: Vec<_> = tools.map(|tool| tool["name"].as_str().unwrap()).collect();
        assert_eq!(seen, names, "{token:?}");
        let length = response
            .header("content-length")
            .map(|length| length.parse::<usize>().unwrap());
        assert!(length.is_none_or(|length| length == response.body.len()));
    }
    // Other responses are unchanged.
    let headers = [("x-response", tools), ("authorization", "Bearer good.read")];
    let response = post(&filtering, &headers, &message("tools/call", "add")).await;
    assert_eq!(response.body, tools);
}
