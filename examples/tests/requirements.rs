//! What MCP and the RFCs demand of a protected server, one row per line of theirs that a server can
//! violate: around an axum router, a bare rmcp service and a plain hyper service, over HTTP/1.1 and
//! HTTP/2. The number of checks is printed.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

#[path = "../../auth-core/tests/support/hyper_server.rs"]
mod hyper_server;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use auth_core::layer::{AuthContext, AuthLayer};
use auth_core::policy::{AuthenticationRequirement, OperationPolicy, RequireScopes};
use auth_core::token::{ScopeHierarchy, VerifiedToken};
use auth_scalekit::ScalekitProvider;
use auth_testkit::MockScalekit;
use bytes::Bytes;
use examples::server::tools::Notes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper_server::serve;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer, Service};

const SERVERS: [&str; 3] = ["axum", "rmcp", "hyper"];
const WIRES: [&str; 2] = ["HTTP/1.1", "HTTP/2"];

/// A server of one kind, and the issuer that it trusts.
struct Stand {
    scalekit: MockScalekit,
    authority: String,
    wire: &'static str,
}

impl Stand {
    async fn start(server: &str, wire: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let url = format!("http://{authority}/mcp");
        let scalekit = MockScalekit::builder().resource_url(&url).start().await;
        let provider =
            ScalekitProvider::builder(scalekit.environment_url(), scalekit.resource_id(), &url)
                .required_scopes(["notes:read"])
                .build()
                .unwrap();
        let write = || RequireScopes::new(["notes:write", "notes:extra"]).unwrap();
        let fresh = AuthenticationRequirement::max_age(Duration::from_secs(300));
        let operations = OperationPolicy::builder()
            .tool("notes_add", write())
            .tool("admin_reset", fresh)
            .build()
            .unwrap();
        let hierarchy = ScopeHierarchy::flat()
            .imply("notes:all", "notes:read")
            .unwrap();
        let layer = AuthLayer::builder(provider)
            .operations(operations)
            .scope_hierarchy(hierarchy)
            .build()
            .unwrap();
        let notes = Notes::default();
        let rmcp = StreamableHttpService::new(
            move || Ok(notes.clone()),
            Arc::new(LocalSessionManager::default()),
            StreamableHttpServerConfig::default(),
        );
        match server {
            "axum" => {
                let router = axum::Router::new().route_service("/mcp", rmcp);
                let app = auth_core::axum::protect(router, &layer).into_service();
                tokio::spawn(serve(listener, app));
            }
            "rmcp" => drop(tokio::spawn(serve(listener, layer.layer(rmcp)))),
            _ => drop(tokio::spawn(serve(listener, layer.layer(Plain)))),
        }
        Self {
            scalekit,
            authority,
            wire,
        }
    }

    /// Sends a request over a new connection.
    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let stream = TcpStream::connect(&self.authority).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let io = TokioIo::new(stream);
        let body = Full::new(Bytes::from(body.to_owned()));
        let mut request = Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = if self.wire == "HTTP/2" {
            let (mut sender, connection) =
                http2::handshake(TokioExecutor::new(), io).await.unwrap();
            tokio::spawn(connection);
            let request = request.uri(format!("http://{}{path}", self.authority));
            sender.send_request(request.body(body).unwrap()).await
        } else {
            let (mut sender, connection) = http1::handshake(io).await.unwrap();
            tokio::spawn(connection);
            let request = request.uri(path).header("host", &self.authority);
            sender.send_request(request.body(body).unwrap()).await
        };
        let (parts, body) = response.unwrap().into_parts();
        // A stream that stays open is not read to its end.
        let body = match parts.status {
            StatusCode::OK if parts.headers.get("content-type").is_some_and(is_stream) => {
                Bytes::new()
            }
            _ => body.collect().await.unwrap().to_bytes(),
        };
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// Posts `initialize`, or another message, with this `Authorization`.
    async fn post(&self, authorization: &[&str], more: &[(&str, &str)], body: &Value) -> Answer {
        let accept = ("accept", "application/json, text/event-stream");
        let json = ("content-type", "application/json");
        let mut headers = vec![accept, json];
        headers.extend(authorization.iter().map(|value| ("authorization", *value)));
        headers.extend(more);
        self.send(Method::POST, "/mcp", &headers, &body.to_string())
            .await
    }
}

fn is_stream(content_type: &http::HeaderValue) -> bool {
    content_type.as_bytes().starts_with(b"text/event-stream")
}

/// The plain service: it says what it sees of the caller.
#[derive(Clone)]
struct Plain;

impl<B: Send + 'static> Service<Request<B>> for Plain {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let caller = AuthContext::of(request.extensions()).and_then(AuthContext::token);
        let seen = json!({
            "caller": caller.map(VerifiedToken::subject),
            "authorization": request.headers().contains_key("authorization"),
        });
        let response = Response::builder().header("mcp-session-id", "inner");
        let response = response.body(Full::from(seen.to_string())).unwrap();
        std::future::ready(Ok(response))
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The parameters of the one challenge, each of which stands there once.
    fn challenge(&self) -> Vec<(String, String)> {
        let lines: Vec<_> = self.headers.get_all("www-authenticate").iter().collect();
        assert_eq!(lines.len(), 1, "{self:?}");
        let text = lines[0].to_str().unwrap();
        let parameters = text.strip_prefix("Bearer ").unwrap_or_else(|| {
            unreachable!("no bearer challenge: {text}");
        });
        let mut read = Vec::new();
        for parameter in parameters.split("\", ") {
            let (name, value) = parameter.split_once("=\"").unwrap();
            let value = value.trim_end_matches('"');
            assert!(
                value
                    .bytes()
                    .all(|byte| matches!(byte, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
            );
            assert!(
                !read.iter().any(|(known, _)| known == name),
                "{name} twice: {text}"
            );
            read.push((name.to_owned(), value.to_owned()));
        }
        read
    }

    fn parameter(&self, name: &str) -> Option<String> {
        let challenge = self.challenge().into_iter();
        challenge
            .into_iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

fn initialize() -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }})
}

fn call(tool: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": tool, "arguments": {},
    }})
}

/// Counts checks, and says which one failed.
struct Checks {
    server: &'static str,
    wire: &'static str,
    made: usize,
}

impl Checks {
    #[track_caller]
    fn row(&mut self, line: &str, holds: bool, answer: &Answer) {
        self.made += 1;
        assert!(
            holds,
            "{} over {}: {line}: {answer:?}",
            self.server, self.wire
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_mcp_and_the_rfcs_demand() {
    let mut made = 0;
    for server in SERVERS {
        for wire in WIRES {
            let stand = Stand::start(server, wire).await;
            let mut checks = Checks {
                server,
                wire,
                made: 0,
            };
            metadata(&stand, &mut checks).await;
            no_credentials(&stand, &mut checks).await;
            malformed_credentials(&stand, &mut checks).await;
            bad_tokens(&stand, &mut checks).await;
            scopes(&stand, &mut checks).await;
            transport(&stand, &mut checks).await;
            sessions(&stand, &mut checks).await;
            outage(stand, &mut checks).await;
            made += checks.made;
        }
    }
    println!("{made} checks");
    assert!(made > 300);
}

/// S2, S3, S7, B2: the document.
async fn metadata(stand: &Stand, checks: &mut Checks) {
    let path = "/.well-known/oauth-protected-resource/mcp";
    let answer = stand.send(Method::GET, path, &[], "").await;
    checks.row("B2: 200", answer.status == 200, &answer);
    let json_type = answer.header("content-type") == "application/json";
    checks.row("B2: JSON", json_type, &answer);
    let document = answer.json();
    let url = format!("http://{}/mcp", stand.authority);
    checks.row(
        "B2.2: the resource, byte for byte",
        document["resource"] == url,
        &answer,
    );
    let issuer = stand.scalekit.issuer();
    let servers = document["authorization_servers"] == json!([issuer]);
    checks.row("S2: an authorization server", servers, &answer);
    let header = document["bearer_methods_supported"] == json!(["header"]);
    checks.row("B1.2: by header alone", header, &answer);
    checks.row(
        "S7: no offline_access",
        !answer.body.contains("offline_access"),
        &answer,
    );
    let everyone = answer.header("access-control-allow-origin") == "*";
    checks.row("C2: pages may read it", everyone, &answer);
    let kept = answer
        .header("cache-control")
        .starts_with("public, max-age=");
    checks.row("B2: it may be kept", kept, &answer);
    let head = stand.send(Method::HEAD, path, &[], "").await;
    checks.row(
        "B2: HEAD",
        head.status == 200 && head.body.is_empty(),
        &head,
    );
    let post = stand.send(Method::POST, path, &[], "").await;
    checks.row("B2: GET and HEAD alone", post.status == 405, &post);
    let poisoned = [
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example"),
    ];
    let again = stand.send(Method::GET, path, &poisoned, "").await;
    checks.row(
        "H5: no header changes it",
        again.body == answer.body,
        &again,
    );
    for near in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp/",
        "/.well-known/oauth-protected-resource//mcp",
        "/.well-known/oauth-protected-resource/MCP",
        "/.well-known/oauth-protected-resource/mcp%2f",
        "/.well-known/",
        "/mcp/../.well-known/x",
    ] {
        let answer = stand.send(Method::GET, near, &[], "").await;
        checks.row(&format!("H7: {near}"), answer.status == 401, &answer);
    }
}

/// S3, S4, S18, S20, S25, B1.3, B1.5, B1.7, B13.
async fn no_credentials(stand: &Stand, checks: &mut Checks) {
    let url = format!(
        "http://{}/.well-known/oauth-protected-resource/mcp",
        stand.authority
    );
    let get = stand.send(Method::GET, "/mcp", &[], "").await;
    let delete = stand.send(Method::DELETE, "/mcp", &[], "").await;
    let options = stand.send(Method::OPTIONS, "/mcp", &[], "").await;
    let head = stand.send(Method::HEAD, "/mcp", &[], "").await;
    let query = stand
        .send(Method::POST, "/mcp?access_token=x", &[], "{}")
        .await;
    let token = stand.scalekit.token().scopes(["notes:read"]).sign();
    let body_token = stand
        .send(Method::POST, "/mcp", &[], &format!("access_token={token}"))
        .await;
    let cookie = format!("access_token={token}");
    let cookie = stand
        .send(Method::GET, "/mcp", &[("cookie", &cookie)], "")
        .await;
    let basic = stand
        .post(&["Basic dXNlcjpwYXNz"], &[], &initialize())
        .await;
    let other = stand.post(&["DPoP abc"], &[], &initialize()).await;
    let none = stand.post(&[], &[], &initialize()).await;
    for (line, answer) in [
        ("S18: GET", get),
        ("S18: DELETE", delete),
        ("H8: OPTIONS", options),
        ("H8: HEAD", head),
        ("S20: token in the query", query),
        ("B1.2: token in the body", body_token),
        ("H4: token in a cookie", cookie),
        ("B1.5: Basic", basic),
        ("B1.5: another scheme", other),
        ("B1.5: none", none),
    ] {
        checks.row(&format!("{line}: 401"), answer.status == 401, &answer);
        let there = answer.parameter("resource_metadata") == Some(url.clone());
        checks.row(&format!("{line}: S3 resource_metadata"), there, &answer);
        let scope = answer.parameter("scope").as_deref() == Some("notes:read");
        checks.row(&format!("{line}: S4 scope"), scope, &answer);
        let names = answer.challenge();
        let errors = names.iter().any(|(name, _)| name.starts_with("error"));
        checks.row(&format!("{line}: B1.5 no error"), !errors, &answer);
        let kept = answer.header("cache-control") == "no-store";
        checks.row(&format!("{line}: B13.2 no-store"), kept, &answer);
    }
}

/// S13, B1.1, B1.4, B1.6.
async fn malformed_credentials(stand: &Stand, checks: &mut Checks) {
    let token = stand.scalekit.token().scopes(["notes:read"]).sign();
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR", "Bearer  "] {
        let answer = stand
            .post(&[&format!("{scheme} {token}")], &[], &initialize())
            .await;
        checks.row(&format!("B1.1: {scheme:?}"), answer.status == 200, &answer);
    }
    let good = format!("Bearer {token}");
    let lists = [
        format!("{good}, {good}"),
        format!("{good} x"),
        format!("Bearer\t{token}"),
    ];
    let mut rows: Vec<(&str, Vec<&str>)> = vec![
        ("B1.4: two headers", vec![&good, &good]),
        ("B1.4: a good and a bad one", vec![&good, "Bearer x"]),
        ("B1.4: a bad and a good one", vec!["Bearer x", &good]),
        ("B1.1: no token", vec!["Bearer"]),
        ("B1.1: a quote", vec!["Bearer \"a\""]),
    ];
    rows.extend(
        lists
            .iter()
            .map(|list| ("B1.1: not one token", vec![list.as_str()])),
    );
    for (line, lines) in rows {
        let answer = stand.post(&lines, &[], &initialize()).await;
        checks.row(&format!("{line}: 400"), answer.status == 400, &answer);
        let error = answer.parameter("error").as_deref() == Some("invalid_request");
        checks.row(&format!("{line}: B1.6 invalid_request"), error, &answer);
    }
}

/// S8, S9, S10, S11, S31, B1.6, B5, B10, B12.
async fn bad_tokens(stand: &Stand, checks: &mut Checks) {
    let token = || stand.scalekit.token().scopes(["notes:read"]);
    let good = format!("Bearer {}", token().sign());
    let control = stand.post(&[&good], &[], &initialize()).await;
    checks.row("S8: the control", control.status == 200, &control);
    let mut answers = Vec::new();
    for (line, bad) in [
        ("S10: expired", token().expired().sign()),
        (
            "S9: another audience",
            token().claim("aud", "res_other").sign(),
        ),
        (
            "S9: the URL alone",
            token()
                .claim("aud", format!("http://{}/mcp", stand.authority))
                .sign(),
        ),
        ("S9: no audience", token().without_claim("aud").sign()),
        (
            "S11: another issuer",
            token().claim("iss", "https://evil.example").sign(),
        ),
        ("B5: no subject", token().without_claim("sub").sign()),
        ("B10: a key of another", token().wrong_key().sign()),
        (
            "B12: no signature",
            token().sign().rsplit_once('.').unwrap().0.to_owned() + ".",
        ),
        (
            "B10: another type of token",
            token().header("typ", "dpop+jwt").sign(),
        ),
        ("B12.1: crit", token().header("crit", json!(["exp"])).sign()),
        ("S10: no JWT at all", "abc".to_owned()),
    ] {
        let answer = stand
            .post(&[&format!("Bearer {bad}")], &[], &initialize())
            .await;
        checks.row(&format!("{line}: 401"), answer.status == 401, &answer);
        let error = answer.parameter("error").as_deref() == Some("invalid_token");
        checks.row(&format!("{line}: B1.6 invalid_token"), error, &answer);
        answers.push((
            answer.header("www-authenticate").to_owned(),
            answer.body.clone(),
        ));
        let same = answers.iter().all(|other| *other == answers[0]);
        checks.row(&format!("{line}: S31 one text for all"), same, &answer);
    }
}

/// S7, S13, S14, S15, S17, B1.6, B9.
async fn scopes(stand: &Stand, checks: &mut Checks) {
    let with = |scopes: &[&str]| {
        format!(
            "Bearer {}",
            stand.scalekit.token().scopes(scopes.to_vec()).sign()
        )
    };
    let answer = stand.post(&[&with(&["other"])], &[], &initialize()).await;
    checks.row("S14: 403", answer.status == 403, &answer);
    let error = answer.parameter("error").as_deref() == Some("insufficient_scope");
    checks.row("S14: insufficient_scope", error, &answer);
    checks.row(
        "S14: resource_metadata",
        answer.parameter("resource_metadata").is_some(),
        &answer,
    );
    let prefix = stand
        .post(
            &[&with(&["notes:rea", "notes:readx", "NOTES:READ"])],
            &[],
            &initialize(),
        )
        .await;
    checks.row(
        "B1.10: scopes are whole words",
        prefix.status == 403,
        &prefix,
    );
    let broad = stand
        .post(&[&with(&["notes:all"])], &[], &initialize())
        .await;
    checks.row(
        "S17: a broader scope is enough",
        broad.status == 200,
        &broad,
    );
    let tool = stand
        .post(&[&with(&["notes:read"])], &[], &call("notes_add"))
        .await;
    checks.row("S14: 403 for one tool", tool.status == 403, &tool);
    let all = tool.parameter("scope").as_deref() == Some("notes:read notes:write notes:extra");
    checks.row("S15: all scopes of the operation at once", all, &tool);
    let none = stand.post(&[&with(&[])], &[], &call("notes_add")).await;
    let all = none.parameter("scope").as_deref() == Some("notes:read notes:write notes:extra");
    checks.row("S15: and those of every request", all, &none);
    let old = stand
        .post(&[&with(&["notes:read"])], &[], &call("admin_reset"))
        .await;
    checks.row("B9: an old login is 401", old.status == 401, &old);
    let error = old.parameter("error").as_deref() == Some("insufficient_user_authentication");
    checks.row("B9: insufficient_user_authentication", error, &old);
    checks.row(
        "B9: max_age",
        old.parameter("max_age").as_deref() == Some("300"),
        &old,
    );
    for answer in [answer, tool, old] {
        checks.row(
            "S7: no offline_access",
            !answer.header("www-authenticate").contains("offline"),
            &answer,
        );
        checks.row(
            "B13.2: no-store",
            answer.header("cache-control") == "no-store",
            &answer,
        );
    }
}

/// S12, S24, S26, H5, M3.
async fn transport(stand: &Stand, checks: &mut Checks) {
    let good = format!(
        "Bearer {}",
        stand.scalekit.token().scopes(["notes:read"]).sign()
    );
    let own = format!("http://{}", stand.authority);
    for (origin, status) in [
        (own.as_str(), 200),
        ("http://localhost:6274", 200),
        ("https://evil.example", 403),
        ("null", 403),
        ("http://localhost.evil.example", 403),
    ] {
        let answer = stand
            .post(&[&good], &[("origin", origin)], &initialize())
            .await;
        checks.row(
            &format!("S24: origin {origin}"),
            answer.status == status,
            &answer,
        );
        let silent = status == 200 || !answer.headers.contains_key("www-authenticate");
        checks.row(
            &format!("S24: origin {origin} is no matter of tokens"),
            silent,
            &answer,
        );
    }
    let plain = stand.post(&[], &[], &initialize()).await;
    let poison = [
        ("x-forwarded-host", "a\", error=\"x"),
        ("x-forwarded-proto", "https"),
    ];
    let poisoned = stand.post(&[], &poison, &initialize()).await;
    let same = plain.header("www-authenticate") == poisoned.header("www-authenticate");
    checks.row("H5: no header changes the challenge", same, &poisoned);
    let liar = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "echo"),
    ];
    let answer = stand.post(&[&good], &liar, &call("notes_add")).await;
    let mismatch = answer.status == 400 && answer.json()["error"]["code"] == -32020;
    checks.row("S26: headers and body must agree", mismatch, &answer);
    if checks.server == "hyper" {
        let answer = stand.post(&[&good], &[], &initialize()).await;
        let stripped = answer.json()["authorization"] == false;
        checks.row("S12: the token goes no further", stripped, &answer);
    }
}

/// S18, S19, M2.
async fn sessions(stand: &Stand, checks: &mut Checks) {
    let caller = |subject: &str| {
        let token = stand.scalekit.token().scopes(["notes:read"]);
        format!("Bearer {}", token.subject(subject).sign())
    };
    let (own, other) = (caller("usr_1"), caller("usr_2"));
    let begun = stand.post(&[&own], &[], &initialize()).await;
    let id = begun.header("mcp-session-id").to_owned();
    checks.row("S19: a session", !id.is_empty(), &begun);
    let session = ("mcp-session-id", id.as_str());
    let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let goes_on = stand.post(&[&own], &[session], &ready).await;
    checks.row(
        "S19: the control",
        (200..300).contains(&goes_on.status),
        &goes_on,
    );
    let refreshed = caller("usr_1");
    let goes_on = stand.post(&[&refreshed], &[session], &ready).await;
    checks.row(
        "D14: another token",
        (200..300).contains(&goes_on.status),
        &goes_on,
    );
    let foreign = stand.post(&[&other], &[session], &ready).await;
    checks.row("S19: another caller", foreign.status == 404, &foreign);
    let none = stand.post(&[], &[session], &ready).await;
    checks.row("S18: a session is no token", none.status == 401, &none);
    let ended = stand
        .send(
            Method::DELETE,
            "/mcp",
            &[session, ("authorization", &other)],
            "",
        )
        .await;
    checks.row(
        "M2: nor does another one end it",
        ended.status == 404,
        &ended,
    );
}

/// An issuer that is gone is 503, and known keys stay valid.
async fn outage(stand: Stand, checks: &mut Checks) {
    let known = format!(
        "Bearer {}",
        stand.scalekit.token().scopes(["notes:read"]).sign()
    );
    stand.scalekit.keys().rotate();
    let new = format!(
        "Bearer {}",
        stand.scalekit.token().scopes(["notes:read"]).sign()
    );
    let gone = wiremock::ResponseTemplate::new(500);
    wiremock::Mock::given(wiremock::matchers::path("/keys"))
        .respond_with(gone)
        .with_priority(1)
        .mount(stand.scalekit.server())
        .await;
    let answer = stand.post(&[&new], &[], &initialize()).await;
    checks.row("an outage is 503", answer.status == 503, &answer);
    let silent = !answer.headers.contains_key("www-authenticate");
    checks.row("an outage is no challenge", silent, &answer);
    let wait = answer
        .header("retry-after")
        .parse::<u64>()
        .is_ok_and(|seconds| seconds <= 30);
    checks.row("an outage says when to come back", wait, &answer);
    let answer = stand.post(&[&known], &[], &initialize()).await;
    checks.row("known keys stay valid", answer.status == 200, &answer);
}
