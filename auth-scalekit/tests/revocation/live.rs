//! Sessions that are asked about before an operation.

use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use auth_core::layer::AuthLayer;
use auth_core::policy::{OperationPolicy, session_is_live};
use auth_core::provider::AuthProvider;
use auth_core::revocation::{LiveSessions, Revocations};
use auth_core::support::Clock;
use auth_core::token::VerifiedToken;
use auth_core::verifier::VerifyError;
use auth_scalekit::ScalekitProvider;
use auth_scalekit::revocation::ScalekitSessions;
use auth_testkit::{MockScalekit, TestClock};
use http::{Request, Response};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tower::{Layer, ServiceExt};
use wiremock::ResponseTemplate;

use crate::harness::{Api, error, ok, session_body};

const ONE: &str = "/api/v1/sessions/ses_1";
const OTHER: &str = "/api/v1/sessions/ses_2";

/// A session that ends long after the tests.
fn session(id: &str) -> Value {
    let mut body = session_body();
    body["session_id"] = json!(id);
    for end in ["idle_expires_at", "absolute_expires_at"] {
        body[end] = json!("9999-01-01T00:00:00Z");
    }
    body
}

fn sessions(api: &Api) -> ScalekitSessions {
    api.provider.live_sessions().unwrap()
}

/// A token of this session.
fn token(api: &Api, session_id: &str) -> VerifiedToken {
    let expires_at = api.clock.now() + Duration::from_secs(600);
    VerifiedToken::assertion(api.provider.environment_url(), "usr_1", expires_at)
        .with_issued_at(api.clock.now())
        .with_client_id("m2m_1")
        .with_session_id(session_id)
}

/// `live`, the label of the reason, or the time to wait.
fn shown(answer: Result<(), VerifyError>) -> String {
    match answer {
        Ok(()) => "live".into(),
        Err(VerifyError::Invalid(invalid)) => invalid.reason().as_str().into(),
        Err(VerifyError::Unavailable(error)) => format!("503 after {:?}", error.retry_after()),
    }
}

async fn ask(api: &Api, session_id: &str) -> String {
    let token = token(api, session_id);
    shown(sessions(api).check(&token, api.clock.now()).await)
}

/// Whether the token of the session is refused for all operations.
fn is_revoked(api: &Api, session_id: &str) -> bool {
    let revocations = api.provider.revocations().unwrap();
    revocations.check(&token(api, session_id)).is_err()
}

#[tokio::test]
async fn what_the_api_says_decides() {
    let with = |member: &str, value: Value| {
        let mut body = session("ses_1");
        body[member] = value;
        ok(&body)
    };
    let page = |status| ResponseTemplate::new(status).set_body_raw("<html>", "text/html");
    let past = || json!("2000-01-01T00:00:00Z");
    let again = "503 after 1s";
    for (name, answer, verdict, is_kept) in [
        ("the control", ok(&session("ses_1")), "live", false),
        (
            "in upper case",
            with("status", json!("ACTIVE")),
            "live",
            false,
        ),
        (
            "without an idle end",
            with("idle_expires_at", json!(null)),
            "live",
            false,
        ),
        ("revoked", with("status", json!("revoked")), "revoked", true),
        ("expired", with("status", json!("expired")), "revoked", true),
        (
            "logged out",
            with("status", json!("logout")),
            "revoked",
            true,
        ),
        (
            "no such session",
            error(404, 5, "NOT_FOUND"),
            "revoked",
            true,
        ),
        // By our clock alone, or of a kind that may end: the next question may be answered differently.
        ("idle", with("idle_expires_at", past()), "revoked", false),
        (
            "at its end",
            with("absolute_expires_at", past()),
            "revoked",
            false,
        ),
        (
            "a new status",
            with("status", json!("paused")),
            "revoked",
            false,
        ),
        // None of these says anything about the session.
        (
            "our credential",
            error(401, 16, "IP_NOT_ALLOWED"),
            again,
            false,
        ),
        (
            "our permissions",
            error(403, 7, "PERMISSION_DENIED"),
            again,
            false,
        ),
        ("a rate limit", error(429, 8, "RATE_LIMITED"), again, false),
        (
            "a bad request",
            error(400, 3, "INVALID_ARGUMENT"),
            again,
            false,
        ),
        ("an outage", error(503, 14, "UNAVAILABLE"), again, false),
        ("a page", page(200), again, false),
        ("no such page", page(404), again, false),
        ("another session", ok(&session("ses_2")), again, false),
    ] {
        let api = Api::start().await;
        api.at("GET", ONE, answer).await;
        assert!(!is_revoked(&api, "ses_1"), "the control: {name}");
        assert_eq!(ask(&api, "ses_1").await, verdict, "{name}");
        assert_eq!(is_revoked(&api, "ses_1"), is_kept, "{name}");
        assert!(!is_revoked(&api, "ses_2"), "{name}");
        assert_eq!(api.count(ONE).await, 1, "{name}");
    }
}

#[tokio::test]
async fn a_token_without_a_session_at_scalekit_is_refused_without_a_call() {
    let api = Api::start().await;
    api.at("GET", ONE, ok(&session("ses_1"))).await;
    let now = api.clock.now();
    let user = |client: &str| {
        let end = now + Duration::from_secs(600);
        VerifiedToken::assertion(api.provider.environment_url(), "usr_1", end)
            .with_client_id(client)
    };
    for (name, token, verdict, calls) in [
        (
            "the control",
            user("m2m_1").with_session_id("ses_1"),
            "live",
            1,
        ),
        ("no sid", user("m2m_1"), "other", 1),
        (
            "another path",
            user("m2m_1").with_session_id("ses_1/revoke"),
            "other",
            1,
        ),
        (
            "no id of Scalekit",
            user("m2m_1").with_session_id("c0ffee"),
            "other",
            1,
        ),
        (
            "a machine",
            user("usr_1").with_session_id("ses_1"),
            "other",
            1,
        ),
    ] {
        let answer = sessions(&api).check(&token, now).await;
        assert_eq!(shown(answer), verdict, "{name}");
        assert_eq!(
            api.server
                .received_requests()
                .await
                .unwrap()
                .iter()
                .filter(|it| it.url.path().starts_with("/api/"))
                .count(),
            calls,
            "{name}"
        );
    }
}

#[tokio::test]
async fn an_answer_is_reused_for_the_time_of_the_setting() {
    for (setting, steps) in [
        (None, [(0, 1), (4, 1), (1, 2), (4, 2), (1, 3)]),
        (Some(0), [(0, 1), (0, 2), (0, 3), (1, 4), (0, 5)]),
        (Some(60), [(0, 1), (59, 1), (1, 2), (59, 2), (1, 3)]),
    ] {
        let api = Api::start().await;
        api.at("GET", ONE, ok(&session("ses_1"))).await;
        let url = api.provider.environment_url();
        let mut builder = ScalekitProvider::builder(url, "res_1", "http://localhost:8000/mcp")
            .management("skc_1", "x")
            .clock(api.clock.clone());
        if let Some(seconds) = setting {
            builder = builder.live_session_cache(Duration::from_secs(seconds));
        }
        let sessions = builder.build().unwrap().live_sessions().unwrap();
        for (seconds, calls) in steps {
            api.advance(seconds);
            let token = token(&api, "ses_1");
            sessions.check(&token, api.clock.now()).await.unwrap();
            assert_eq!(api.count(ONE).await, calls, "{setting:?}");
        }
    }
    let with = |seconds| {
        ScalekitProvider::builder("https://acme.scalekit.com", "res_1", "http://localhost/mcp")
            .live_session_cache(Duration::from_secs(seconds))
            .build()
    };
    assert!(with(60).is_ok(), "the control");
    let expected = "live_session_cache is more than 60 s: a session that has ended would be live for that time";
    assert_eq!(with(61).unwrap_err().to_string(), expected);
}

#[tokio::test]
async fn a_session_that_may_have_been_used_is_asked_about_again() {
    let api = Api::start().await;
    let idle_at = |seconds: u64| {
        let at = api.clock.now() + Duration::from_secs(seconds);
        let mut body = session("ses_1");
        let at = at.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        body["idle_expires_at"] = json!(humantime_of(at));
        ok(&body)
    };
    api.once("GET", ONE, idle_at(2)).await;
    api.at("GET", ONE, idle_at(600)).await;
    for (seconds, calls) in [(0, 1), (1, 1), (1, 2)] {
        api.advance(seconds);
        assert_eq!(ask(&api, "ses_1").await, "live");
        assert_eq!(api.count(ONE).await, calls);
    }
}

/// Seconds since 1970 in RFC 3339.
fn humantime_of(since: Duration) -> String {
    humantime::format_rfc3339_seconds(SystemTime::UNIX_EPOCH + since).to_string()
}

#[tokio::test]
async fn requests_of_a_session_share_a_call_and_a_slow_one_holds_no_other() {
    let api = Api::start().await;
    api.once("GET", "/api/v1/sessions/ses_3", ok(&session("ses_3")))
        .await;
    assert_eq!(
        ask(&api, "ses_3").await,
        "live",
        "so that there is an access token"
    );
    api.at(
        "GET",
        ONE,
        ok(&session("ses_1")).set_delay(Duration::from_secs(3600)),
    )
    .await;
    api.at("GET", OTHER, ok(&session("ses_2"))).await;
    let mut slow = JoinSet::new();
    for _ in 0..20 {
        let (sessions, token, now) = (sessions(&api), token(&api, "ses_1"), api.clock.now());
        slow.spawn(async move { shown(sessions.check(&token, now).await) });
    }
    assert_eq!(ask(&api, "ses_2").await, "live");
    while api.count(ONE).await == 0 {
        tokio::task::yield_now().await;
    }
    // The time limits of tokio pass at once when nothing else happens.
    tokio::time::pause();
    for answer in slow.join_all().await {
        assert_eq!(answer, "503 after 1s");
    }
    assert_eq!(api.count(ONE).await, 1);
}

#[tokio::test]
async fn after_a_failure_the_session_has_a_rest_and_no_other() {
    let api = Api::start().await;
    api.at("GET", ONE, error(503, 14, "UNAVAILABLE")).await;
    api.at("GET", OTHER, ok(&session("ses_2"))).await;
    for (seconds, verdict, calls) in [
        (0, "503 after 1s", 1),
        (0, "503 after 1s", 1),
        (1, "503 after 2s", 2),
        (1, "503 after 1s", 2),
        (1, "503 after 4s", 3),
    ] {
        api.advance(seconds);
        assert_eq!(ask(&api, "ses_1").await, verdict);
        assert_eq!(api.count(ONE).await, calls);
        assert_eq!(ask(&api, "ses_2").await, "live");
    }
}

#[tokio::test]
async fn a_rate_limit_is_that_of_all_sessions() {
    let api = Api::start().await;
    let limit = error(429, 8, "RATE_LIMITED").insert_header("retry-after", "7");
    api.once("GET", ONE, limit).await;
    api.at("GET", ONE, ok(&session("ses_1"))).await;
    api.at("GET", OTHER, ok(&session("ses_2"))).await;
    assert_eq!(ask(&api, "ses_1").await, "503 after 7s");
    assert_eq!(ask(&api, "ses_2").await, "503 after 7s");
    assert_eq!(api.count(OTHER).await, 0);
    api.advance(7);
    assert_eq!(ask(&api, "ses_2").await, "live");
    assert_eq!(ask(&api, "ses_1").await, "live");
}

#[test]
fn without_credentials_there_is_nothing_to_ask() {
    let builder =
        || ScalekitProvider::builder("https://acme.scalekit.com", "res_1", "http://localhost/mcp");
    let with = builder().management("skc_1", "marker").build().unwrap();
    let shown = format!("{:?}", with.live_sessions().unwrap());
    assert!(
        shown.contains("acme") && !shown.contains("marker"),
        "{shown}"
    );
    let error = builder().build().unwrap().live_sessions().unwrap_err();
    let expected = "management API is not set up: set SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET, or call \
                    management of the builder";
    assert_eq!(error.to_string(), expected);
}

/// An issuer whose keys are at the API's URL.
async fn issuer(api: &Api) -> (MockScalekit, TestClock) {
    let scalekit = MockScalekit::builder()
        .clock(api.clock.clone())
        .start()
        .await;
    let keys = reqwest::get(format!("{}/keys", scalekit.environment_url()))
        .await
        .unwrap();
    let keys: Value = serde_json::from_str(&keys.text().await.unwrap()).unwrap();
    api.at("GET", "/keys", ok(&keys)).await;
    (scalekit, api.clock.clone())
}

#[tokio::test]
async fn a_session_that_ended_is_refused_at_the_tool_that_asks_and_then_everywhere() {
    let api = Api::start().await;
    let (scalekit, clock) = issuer(&api).await;
    api.once("GET", ONE, ok(&session("ses_1"))).await;
    api.at("GET", ONE, error(404, 5, "NOT_FOUND")).await;
    let url = api.provider.environment_url();
    // Made here, so that its keys are there when it fetches them.
    let provider = ScalekitProvider::builder(url, "res_1", "http://localhost:8000/mcp")
        .management("skc_1", "x")
        .clock(clock.clone())
        .build()
        .unwrap();
    let operations = OperationPolicy::builder()
        .tool("pay", session_is_live())
        .build()
        .unwrap();
    let sessions = provider.live_sessions().unwrap();
    let builder = AuthLayer::builder(provider).operations(operations);
    let layer = builder
        .live_sessions(sessions)
        .clock(clock.clone())
        .build()
        .unwrap();
    let token = scalekit.token().subject("usr_1").claim("sid", "ses_1");
    let token = token.claim("iss", url).claim("aud", "res_1").sign();
    let call = async |tool: &str| {
        let inner = tower::service_fn(async |_| Ok::<_, Infallible>(Response::new(String::new())));
        let body =
            json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool}});
        let request = Request::post("/mcp")
            .header("host", "localhost:8000")
            .header("authorization", format!("Bearer {token}"))
            .body(body.to_string());
        let response = layer.layer(inner).oneshot(request.unwrap()).await;
        response.unwrap().status().as_u16()
    };
    assert_eq!(call("list").await, 200, "the control");
    assert_eq!(api.count(ONE).await, 0);
    assert_eq!(call("pay").await, 200);
    clock.advance(Duration::from_secs(5));
    assert_eq!(call("list").await, 200, "it is not known yet");
    assert_eq!(call("pay").await, 401);
    assert_eq!(call("list").await, 401);
    assert_eq!(api.count(ONE).await, 2);
}
