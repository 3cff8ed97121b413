//! What the everything server keeps apart by caller, and whom it tells what, over real sockets. That
//! it does what the conformance suite asks for is tested by the suite.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

mod protected_everything;

use http::StatusCode;
use protected_everything::{Bench, Wire};
use serde_json::{Value, json};

const INVALID_PARAMS: i64 = -32602;
const METHOD_NOT_FOUND: i64 = -32601;
const WATCHED: &str = "test://watched-resource";

/// One who calls, on 2026-07-28.
struct Caller<'a> {
    bench: &'a Bench,
    token: String,
}

impl<'a> Caller<'a> {
    fn new(bench: &'a Bench, subject: &str) -> Self {
        let token = bench.token().subject(subject).sign();
        Self { bench, token }
    }

    async fn ask(&self, method: &str, params: Value) -> Value {
        let request = self.bench.request(Wire::Stateless, method, params);
        let response = request.bearer_auth(&self.token).send().await.unwrap();
        let text = response.text().await.unwrap();
        // One message, with or without the frame of an event.
        let mut events = text.lines().filter_map(|line| line.strip_prefix("data: "));
        let message = events.find(|event| event.starts_with('{'));
        serde_json::from_str(message.unwrap_or(&text)).unwrap()
    }

    async fn call(&self, tool: &str, arguments: Value) -> Value {
        let params = json!({"name": tool, "arguments": arguments});
        self.ask("tools/call", params).await
    }
}

#[tokio::test]
async fn a_task_is_there_for_its_caller_alone() {
    let bench = Bench::start().await;
    let (ada, bob) = (Caller::new(&bench, "usr_1"), Caller::new(&bench, "usr_2"));
    let started = ada.call("slow_compute", json!({"seconds": 60})).await;
    let task = started["result"]["taskId"].as_str().unwrap();
    let params = || json!({"taskId": task, "inputResponses": {}});
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let refused = bob.ask(method, params()).await;
        assert_eq!(refused["error"]["code"], INVALID_PARAMS, "{method}");
    }
    let state = ada.ask("tasks/get", params()).await;
    assert_eq!(state["result"]["status"], "working", "bob did not stop it");
    let stopped = ada.ask("tasks/cancel", params()).await;
    assert_eq!(stopped["result"]["resultType"], "complete");
}

#[tokio::test]
async fn a_call_goes_on_for_its_caller_and_tool_alone() {
    const TOOL: &str = "test_input_required_result_request_state";
    const OTHER_TOOL: &str = "test_input_required_result_tampered_state";
    let bench = Bench::start().await;
    let (ada, bob) = (Caller::new(&bench, "usr_1"), Caller::new(&bench, "usr_2"));
    let asked = ada.call(TOOL, json!({})).await;
    let state = asked["result"]["requestState"].as_str().unwrap();
    let go_on = |tool: &str, state: Option<&str>| {
        json!({
            "name": tool,
            "inputResponses": {"confirm": {"action": "accept", "content": {"ok": true}}},
            "requestState": state,
        })
    };
    let longer = format!("{state}A");
    for (name, caller, params) in [
        ("another caller", &bob, go_on(TOOL, Some(state))),
        ("another tool", &ada, go_on(OTHER_TOOL, Some(state))),
        ("changed", &ada, go_on(TOOL, Some(&longer))),
        ("left out", &ada, go_on(TOOL, None)),
    ] {
        let refused = caller.ask("tools/call", params).await;
        assert_eq!(refused["error"]["code"], INVALID_PARAMS, "{name}");
    }
    let done = ada.ask("tools/call", go_on(TOOL, Some(state))).await;
    assert_eq!(done["result"]["content"][0]["text"], "confirmed: state-ok");
}

#[tokio::test]
async fn there_is_no_ping_where_the_protocol_has_none() {
    let bench = Bench::start().await;
    let request = bench.request(Wire::Stateless, "ping", json!({}));
    let token = bench.token().sign();
    let response = request.bearer_auth(token).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], METHOD_NOT_FOUND);
}

/// The methods of what comes on a stream of events.
struct Heard {
    response: reqwest::Response,
    text: String,
}

impl Heard {
    fn new(response: reqwest::Response) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        Self {
            response,
            text: String::new(),
        }
    }

    /// The next message.
    async fn next(&mut self) -> Value {
        loop {
            if let Some((line, rest)) = self.text.split_once('\n') {
                let message = line.strip_prefix("data: ").map(serde_json::from_str);
                self.text = rest.into();
                if let Some(Ok(message)) = message {
                    return message;
                }
            } else {
                let chunk = self.response.chunk().await.unwrap().unwrap();
                self.text.push_str(std::str::from_utf8(&chunk).unwrap());
            }
        }
    }

    async fn expect(&mut self, method: &str) -> Value {
        let message = self.next().await;
        assert_eq!(message["method"], method, "{message}");
        message
    }
}

#[tokio::test]
async fn a_subscription_hears_what_it_asked_for() {
    let bench = Bench::start().await;
    let ada = Caller::new(&bench, "usr_1");
    let wanted = json!({"notifications": {
        "promptsListChanged": true,
        "resourceSubscriptions": [WATCHED],
    }});
    let request = bench.request(Wire::Stateless, "subscriptions/listen", wanted);
    let response = request.bearer_auth(&ada.token).send().await.unwrap();
    let mut heard = Heard::new(response);
    heard
        .expect("notifications/subscriptions/acknowledged")
        .await;
    for tool in ["tool", "resource", "prompt"] {
        ada.call(&format!("test_trigger_{tool}_change"), json!({}))
            .await;
    }
    let update = heard.expect("notifications/resources/updated").await;
    assert_eq!(update["params"]["uri"], WATCHED);
    heard.expect("notifications/prompts/list_changed").await;
}

#[tokio::test]
async fn a_session_hears_of_what_it_watches_until_it_no_longer_does() {
    let bench = Bench::start().await;
    let token = bench.token().sign();
    let (method, params) = Wire::Stateful.opening();
    let opening = bench.request(Wire::Stateful, method, params);
    let opened = opening.bearer_auth(&token).send().await.unwrap();
    let session = opened.headers().get("mcp-session-id").unwrap().clone();
    let in_session = |request: reqwest::RequestBuilder| {
        let request = request
            .bearer_auth(&token)
            .header("mcp-session-id", &session);
        async { request.send().await.unwrap() }
    };
    let say = |method: &'static str, params: Value| {
        let said = in_session(bench.request(Wire::Stateful, method, params));
        async { said.await.text().await.unwrap() }
    };
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let request = bench
        .http
        .post(&bench.url)
        .header("accept", "application/json, text/event-stream")
        .json(&initialized);
    assert_eq!(in_session(request).await.status(), StatusCode::ACCEPTED);
    let stream = bench
        .http
        .get(&bench.url)
        .header("accept", "text/event-stream");
    let mut heard = Heard::new(in_session(stream).await);

    let change = |what: &str| json!({"name": format!("test_trigger_{what}_change")});
    let watched = || json!({"uri": WATCHED});
    let refused = say("resources/subscribe", json!({"uri": "test://none"})).await;
    assert!(refused.contains("no such resource"), "{refused}");
    // Not watched yet.
    say("tools/call", change("resource")).await;
    say("resources/subscribe", watched()).await;
    say("tools/call", change("tool")).await;
    say("tools/call", change("resource")).await;
    heard.expect("notifications/tools/list_changed").await;
    let update = heard.expect("notifications/resources/updated").await;
    assert_eq!(update["params"]["uri"], WATCHED);
    say("resources/unsubscribe", watched()).await;
    say("tools/call", change("resource")).await;
    say("tools/call", change("prompt")).await;
    heard.expect("notifications/prompts/list_changed").await;
}
