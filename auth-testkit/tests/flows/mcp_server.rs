//! The MCP server of the mock: what it protects, in both generations of the protocol, and each refusal beside an
//! accepted control.

use auth_testkit::{Endpoint, MockScalekit, SentAuth, TestClock};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    authorization, authorize, code_for, error, exchange, get_json, http, public_client, redirected,
    token, tokens, value, with,
};

const OLD: &str = "2025-11-25";
const NEW: &str = "2026-07-28";

async fn served() -> MockScalekit {
    MockScalekit::builder().mcp_server().start().await
}

fn read(scalekit: &MockScalekit) -> String {
    scalekit.token().scopes(["notes:read"]).sign()
}

fn post(scalekit: &MockScalekit, token: &str, body: &Value) -> RequestBuilder {
    let url = scalekit.mcp_url().unwrap();
    http().post(url).bearer_auth(token).json(body)
}

fn message(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params })
}

fn call(tool: &str) -> Value {
    message(
        "tools/call",
        &json!({ "name": tool, "arguments": { "text": "Grüße" } }),
    )
}

/// The message as 2026-07-28 has it, with its headers.
fn stateless(scalekit: &MockScalekit, token: &str, mut body: Value) -> RequestBuilder {
    body["params"]["_meta"] = json!({ "io.modelcontextprotocol/protocolVersion": NEW });
    let request = post(scalekit, token, &body)
        .header("mcp-protocol-version", NEW)
        .header("mcp-method", body["method"].as_str().unwrap());
    match body["params"]["name"].as_str() {
        Some(name) => request.header("mcp-name", name),
        None => request,
    }
}

async fn result(request: RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "application/json");
    let mut body: Value = response.json().await.unwrap();
    assert_eq!((&body["jsonrpc"], &body["id"]), (&json!("2.0"), &json!(7)));
    assert!(body["result"].is_object(), "{body}");
    body["result"].take()
}

/// The status, the code and the data of a JSON-RPC error.
async fn rpc_error(request: RequestBuilder) -> (u16, i64, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let mut body: Value = response.json().await.unwrap();
    assert!(body["error"]["message"].is_string(), "{body}");
    let code = body["error"]["code"].as_i64().unwrap();
    (status, code, body["error"]["data"].take())
}

fn challenge(response: &Response) -> &str {
    response.headers()["www-authenticate"].to_str().unwrap()
}

#[tokio::test]
async fn it_is_off_unless_it_is_asked_for() {
    let (on, off) = (served().await, MockScalekit::start().await);
    assert_eq!(
        on.mcp_url(),
        Some(&*format!("{}/mcp", on.environment_url()))
    );
    assert_eq!(off.mcp_url(), None);
    for path in ["/mcp", "/.well-known/oauth-protected-resource/mcp"] {
        for (scalekit, found) in [(&on, true), (&off, false)] {
            let url = format!("{}{path}", scalekit.environment_url());
            let response = http().post(url).send().await.unwrap();
            assert_eq!(response.status() != StatusCode::NOT_FOUND, found, "{path}");
        }
    }
}

#[tokio::test]
async fn the_metadata_is_that_of_the_server() {
    let scalekit = served().await;
    let environment = scalekit.environment_url();
    let url = format!("{environment}/.well-known/oauth-protected-resource/mcp");
    let metadata = get_json(&url).await;
    assert_eq!(
        metadata,
        json!({
            "resource": format!("{environment}/mcp"),
            "authorization_servers": [scalekit.issuer()],
            "scopes_supported": ["notes:read"],
            "bearer_methods_supported": ["header"],
            "resource_name": "MCP server of the mock",
        })
    );
    let recorded = scalekit.only_request(Endpoint::ResourceMetadata);
    assert_eq!(recorded.status(), Some(200));
}

#[tokio::test]
async fn the_handshake_agrees_on_a_version() {
    let scalekit = served().await;
    let token = read(&scalekit);
    for (offered, agreed) in [
        (OLD, OLD),
        ("2025-06-18", "2025-06-18"),
        (NEW, OLD),
        ("1", OLD),
    ] {
        let params = json!({ "protocolVersion": offered, "capabilities": {} });
        let initialize = post(&scalekit, &token, &message("initialize", &params));
        let result = result(initialize).await;
        assert_eq!(result["protocolVersion"], agreed, "{offered}");
        assert_eq!(result["serverInfo"]["name"], "mock-scalekit");
        assert!(result["capabilities"]["tools"].is_object());
    }
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let response = post(&scalekit, &token, &initialized).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let ping = post(&scalekit, &token, &message("ping", &json!({})));
    assert_eq!(result(ping).await, json!({}));
}

#[tokio::test]
async fn both_generations_list_and_call_tools() {
    let scalekit = served().await;
    let token = scalekit
        .token()
        .scopes(["notes:read", "notes:write"])
        .sign();
    let discover = stateless(&scalekit, &token, message("server/discover", &json!({})));
    let discovered = result(discover).await;
    let versions = json!(["2025-03-26", "2025-06-18", OLD, NEW]);
    assert_eq!(discovered["supportedVersions"], versions);
    assert_eq!(discovered["ttlMs"], 0);
    for is_stateless in [false, true] {
        let send = |body: Value| match is_stateless {
            true => stateless(&scalekit, &token, body),
            false => post(&scalekit, &token, &body).header("mcp-protocol-version", OLD),
        };
        let listed = result(send(message("tools/list", &json!({})))).await;
        let tools = listed["tools"].as_array().unwrap();
        let names: Vec<_> = tools
            .iter()
            .map(|tool| tool["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["echo", "write"]);
        assert_eq!(listed["resultType"] == "complete", is_stateless);
        for (tool, text) in [("echo", "Grüße"), ("write", "5 characters")] {
            let called = result(send(call(tool))).await;
            assert_eq!(called["content"][0]["text"], text);
            assert_eq!(called["resultType"] == "complete", is_stateless);
        }
    }
}

#[tokio::test]
async fn a_request_needs_a_token_of_this_issuer_for_this_resource() {
    let clock = TestClock::new();
    let scalekit = MockScalekit::builder().mcp_server().clock(clock.clone());
    let scalekit = scalekit.start().await;
    let list = message("tools/list", &json!({}));
    let metadata = format!(
        "Bearer resource_metadata=\"{}/.well-known/oauth-protected-resource/mcp\", scope=\"notes:read\"",
        scalekit.environment_url()
    );
    let good = read(&scalekit);
    result(post(&scalekit, &good, &list)).await;

    let anonymous = http().post(scalekit.mcp_url().unwrap()).json(&list);
    let response = anonymous.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(challenge(&response), metadata, "no error code");

    let minted = || scalekit.token().scopes(["notes:read"]);
    let client = public_client(&scalekit);
    let login = code_for(&scalekit, &authorization(&client)).await;
    let bought = tokens(&scalekit, &exchange(&client, &login)).await;
    let bought = bought["access_token"].as_str().unwrap().to_owned();
    result(post(&scalekit, &bought, &list)).await;
    // The code comes a second time: what was issued from it is revoked.
    token(&scalekit, &exchange(&client, &login)).await;
    for (what, bad) in [
        ("no token of ours", "abc".to_owned()),
        ("expired", minted().expired().sign()),
        ("for another resource", minted().wrong_audience().sign()),
        ("revoked", bought),
    ] {
        let response = post(&scalekit, &bad, &list).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{what}");
        let expected = format!("{metadata}, error=\"invalid_token\"");
        assert_eq!(challenge(&response), expected, "{what}");
    }
    let twice = post(&scalekit, &good, &list).header("authorization", format!("Bearer {good}"));
    let response = twice.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(challenge(&response).ends_with("error=\"invalid_request\""));
}

#[tokio::test]
async fn the_tool_write_needs_a_scope_more() {
    let scalekit = served().await;
    let token = read(&scalekit);
    let echo = result(post(&scalekit, &token, &call("echo"))).await;
    assert_eq!(echo["content"][0]["text"], "Grüße");
    let response = post(&scalekit, &token, &call("write"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let expected = ", scope=\"notes:read notes:write\", error=\"insufficient_scope\"";
    assert!(challenge(&response).ends_with(expected));
    let without = scalekit.token().scopes(["openid"]).sign();
    let response = post(&scalekit, &without, &call("echo"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(challenge(&response).contains(", scope=\"notes:read\", "));
}

#[tokio::test]
async fn headers_of_the_new_generation_must_fit_the_body() {
    let scalekit = served().await;
    let token = &read(&scalekit);
    let good = || stateless(&scalekit, token, call("echo"));
    result(good()).await;
    let plain = |body: &Value| post(&scalekit, token, body).header("mcp-protocol-version", NEW);
    let mut body = call("echo");
    body["params"]["_meta"] = json!({ "io.modelcontextprotocol/protocolVersion": NEW });
    let mut other_version = body.clone();
    other_version["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = OLD.into();
    for (what, request) in [
        ("no method", plain(&body).header("mcp-name", "echo")),
        ("no name", plain(&body).header("mcp-method", "tools/call")),
        ("two names", good().header("mcp-name", "echo")),
        (
            "another name",
            plain(&body)
                .header("mcp-method", "tools/call")
                .header("mcp-name", "write"),
        ),
        (
            "another version",
            plain(&other_version)
                .header("mcp-method", "tools/call")
                .header("mcp-name", "echo"),
        ),
    ] {
        assert_eq!(
            rpc_error(request).await,
            (400, -32020, Value::Null),
            "{what}"
        );
    }
    let unknown = post(&scalekit, token, &body).header("mcp-protocol-version", "2031-01-01");
    let (status, code, data) = rpc_error(unknown).await;
    assert_eq!((status, code), (400, -32022));
    assert_eq!(data["supported"][3], NEW);
}

#[tokio::test]
async fn what_is_no_message_it_knows_is_an_error_of_json_rpc() {
    let scalekit = served().await;
    let token = &read(&scalekit);
    let raw = |body: &str| {
        let url = scalekit.mcp_url().unwrap();
        http().post(url).bearer_auth(token).body(body.to_owned())
    };
    let control = message("ping", &json!({}));
    result(raw(&control.to_string())).await;
    let mut without_version = control.clone();
    without_version.as_object_mut().unwrap().remove("jsonrpc");
    let mut odd_id = control.clone();
    odd_id["id"] = json!([7]);
    for (body, status, code) in [
        ("{".to_owned(), 400, -32700),
        (json!([control]).to_string(), 400, -32600),
        ("7".to_owned(), 400, -32600),
        (without_version.to_string(), 400, -32600),
        (odd_id.to_string(), 400, -32600),
        (
            message("resources/list", &json!({})).to_string(),
            200,
            -32601,
        ),
        (call("psychic").to_string(), 200, -32602),
        (
            message("tools/call", &json!({ "name": "echo" })).to_string(),
            200,
            -32602,
        ),
        (message("tools/call", &json!(7)).to_string(), 200, -32602),
        (message("initialize", &json!({})).to_string(), 200, -32602),
    ] {
        let (seen, seen_code, _) = rpc_error(raw(&body)).await;
        assert_eq!((seen, seen_code), (status, code), "{body}");
    }
    let request = stateless(&scalekit, token, message("resources/list", &json!({})));
    assert_eq!(rpc_error(request).await, (404, -32601, Value::Null));
}

#[tokio::test]
async fn its_url_is_the_resource_of_the_issuer() {
    let scalekit = served().await;
    let url = scalekit.mcp_url().unwrap().to_owned();
    let client = public_client(&scalekit);
    let request = with(authorization(&client), "resource", &url);
    let login = code_for(&scalekit, &request).await;
    let granted = tokens(
        &scalekit,
        &with(exchange(&client, &login), "resource", &url),
    )
    .await;
    let bought = granted["access_token"].as_str().unwrap();
    assert_eq!(
        crate::support::claims(bought)["aud"],
        json!([url, "res_1000000001"])
    );
    result(post(&scalekit, bought, &call("echo"))).await;

    let elsewhere = format!("{url}2");
    let other = authorize(&scalekit, &with(request, "resource", &elsewhere)).await;
    assert_eq!(value(&redirected(&other), "error"), Some("invalid_target"));
    let login = code_for(&scalekit, &authorization(&client)).await;
    let other = with(exchange(&client, &login), "resource", &elsewhere);
    let refused = token(&scalekit, &other).await;
    assert_eq!(
        error(refused, StatusCode::BAD_REQUEST).await,
        "invalid_target"
    );
}

#[tokio::test]
async fn its_requests_are_recorded_without_arguments() {
    let scalekit = served().await;
    result(post(&scalekit, &read(&scalekit), &call("echo"))).await;
    let recorded = scalekit.only_request(Endpoint::Mcp);
    assert_eq!(recorded.auth(), SentAuth::Bearer);
    assert_eq!(recorded.param("method"), Some("tools/call"));
    assert_eq!(recorded.param("tool"), Some("echo"));
    assert!(!recorded.has("protocol_version"));
    assert!(!recorded.to_string().contains("Grüße"));

    let token = read(&scalekit);
    let offer = |version: &str| message("initialize", &json!({ "protocolVersion": version }));
    let long = "9".repeat(101);
    for (request, version) in [
        (stateless(&scalekit, &token, call("echo")), Some(NEW)),
        (
            post(&scalekit, &token, &offer("2025-06-18")),
            Some("2025-06-18"),
        ),
        (
            post(&scalekit, &token, &offer(&long[1..])),
            Some(&long[1..]),
        ),
        (post(&scalekit, &token, &offer(&long)), None),
    ] {
        result(request).await;
        let recorded = scalekit.requests(Endpoint::Mcp).pop().unwrap();
        assert!(recorded.has("protocol_version"));
        assert_eq!(recorded.param("protocol_version"), version);
    }
}

#[tokio::test]
async fn scripts_of_any_origin_may_use_it() {
    let scalekit = served().await;
    let url = scalekit.mcp_url().unwrap();
    let preflight = http().request(Method::OPTIONS, url).send().await.unwrap();
    assert_eq!(preflight.status(), StatusCode::NO_CONTENT);
    let allowed = preflight.headers()["access-control-allow-headers"]
        .to_str()
        .unwrap();
    for header in ["authorization", "mcp-method", "mcp-name"] {
        assert!(allowed.contains(header), "{header}");
    }
    let response = http().post(url).send().await.unwrap();
    assert_eq!(
        response.headers()["access-control-expose-headers"],
        "www-authenticate"
    );
    let response = http().get(url).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[test]
#[should_panic(expected = "resource_url: cannot be set together with mcp_server")]
fn there_is_one_resource() {
    let builder = MockScalekit::builder().resource_url("http://127.0.0.1:3000/mcp");
    builder.mcp_server().start_blocking();
}
