//! `params.secureArguments` (SEP-3221): secrets beside the arguments of a tool. They reach the tool, decide nothing, and
//! are in no log, event, error or `Debug`.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use auth_core::audit::{JsonLines, audit_fn};
use auth_core::layer::{AuthLayer, ResponseBody};
use auth_core::operation::RequestBody;
use auth_core::policy::{
    AuthorizationRequest, Authorizer, Denied, NotAuthorized, OperationPolicy, RequireScopes,
};
use auth_core::support::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tower::{Layer, ServiceExt};
use tracing_subscriber::filter::LevelFilter;

use crate::logged;
use crate::support::{StoppedClock, provider};

const MARKER: &str = "s3cret-marker";

/// The secrets name another tool, and arguments, which must not count.
const SECURE: &str =
    r#""secureArguments":{"password":"s3cret-marker","name":"add","arguments":{"b":2}}"#;

type Lines = Arc<Mutex<Vec<String>>>;

/// Records what it is asked, and forbids one tool.
#[derive(Debug)]
struct Recording(Lines);

#[async_trait]
impl Authorizer for Recording {
    fn needs_arguments(&self) -> bool {
        true
    }

    async fn authorize(&self, request: AuthorizationRequest<'_>) -> Result<(), NotAuthorized> {
        self.0.lock().unwrap().push(format!("{request:?}"));
        match request.operation().and_then(|operation| operation.name()) {
            Some("forbidden") => Err(Denied::Forbidden("not this one".into()).into()),
            _ => Ok(()),
        }
    }
}

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    status: u16,
    challenge: Option<String>,
    /// Of a refusal.
    error: String,
    /// What the authorizer was asked, and the events.
    decided_by: Vec<String>,
}

/// Sends a body. Returns also what the inner service received, and all that may be shown.
async fn send(body: &str) -> (Seen, String, String) {
    let (asked, events, shown) = (Lines::default(), Lines::default(), Lines::default());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.jsonl");
    let delete = RequireScopes::new(["write"]).unwrap();
    let operations = OperationPolicy::builder()
        .tool("delete", delete)
        .build()
        .unwrap();
    let sink = Arc::clone(&events);
    let layer = AuthLayer::builder(provider())
        .clock(StoppedClock)
        .operations(operations)
        .authorizer(Recording(Arc::clone(&asked)))
        .audit(audit_fn(move |event| {
            sink.lock().unwrap().push(format!("{event:?}"));
        }))
        .audit(JsonLines::open(&file).unwrap())
        .build()
        .unwrap();
    let debugs = Arc::clone(&shown);
    let inner = tower::service_fn(move |request: Request<RequestBody<String>>| {
        let debugs = Arc::clone(&debugs);
        async move {
            debugs.lock().unwrap().push(format!("{request:?}"));
            let body = request.into_body().collect().await.unwrap().to_bytes();
            Ok::<_, Infallible>(Response::new(Full::from(body)))
        }
    });
    let request = Request::post("/mcp").header("authorization", "Bearer good.read");
    let request = request.body(body.to_owned()).unwrap();
    let response: Response<ResponseBody<Full<Bytes>>> =
        layer.layer(inner).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let status = parts.status.as_u16();
    let (error, forwarded) = if status == 200 {
        (String::new(), body)
    } else {
        (body, String::new())
    };
    drop(layer);
    let audited = std::fs::read_to_string(&file).unwrap();
    assert!(audited.contains("auth.decision"), "{audited}");
    let mut decided_by = asked.lock().unwrap().clone();
    decided_by.extend(events.lock().unwrap().iter().cloned());
    let mut all = shown.lock().unwrap().concat();
    all += &format!("{parts:?} {error} {decided_by:?} {audited}");
    let challenge = parts.headers.get("www-authenticate");
    let challenge = challenge.map(|value| value.to_str().unwrap().to_owned());
    let seen = Seen {
        status,
        challenge,
        error,
        decided_by,
    };
    (seen, forwarded, all)
}

#[tokio::test]
async fn secure_arguments_reach_the_tool_alone() {
    logged::begin_at(LevelFilter::TRACE);
    for (tool, status) in [("add", 200), ("delete", 403), ("forbidden", 403)] {
        let call = |params: &str| {
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{{params}}}}}"#)
        };
        let plain = format!(r#""name":"{tool}","arguments":{{"a":1}}"#);
        let (control, forwarded, _) = send(&call(&plain)).await;
        assert_eq!(control.status, status, "{tool}: {control:?}");
        assert_eq!(forwarded.is_empty(), status != 200);
        for secure in [format!("{plain},{SECURE}"), format!("{SECURE},{plain}")] {
            let body = call(&secure);
            let (seen, forwarded, shown) = send(&body).await;
            assert_eq!(seen, control, "{body}");
            if status == 200 {
                assert_eq!(forwarded, body, "byte for byte");
                assert!(shown.contains("RequestBody"), "{shown}");
            }
            assert!(!shown.contains(MARKER), "{body}: {shown}");
        }
    }
    let log = logged::text();
    assert!(log.contains("delete") && log.contains("forbidden"), "{log}");
    assert!(!log.contains(MARKER), "{log}");
}

/// Errors about a body never repeat it.
#[tokio::test]
async fn a_malformed_body_does_not_show_its_secure_arguments() {
    logged::begin_at(LevelFilter::TRACE);
    let sound = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"add",{SECURE}}}}}"#
    );
    assert_eq!(send(&sound).await.0.status, 200, "the control");
    for malformed in [
        // Cut within the secret.
        sound
            .split_at(sound.find(MARKER).unwrap() + MARKER.len())
            .0
            .to_owned(),
        sound.replace("}}}", "}}"),
        sound.replace(r#""name":"add",""#, r#""name":"add","name":"add",""#),
        sound.replace(MARKER, &format!("{MARKER}\u{1}")),
    ] {
        let (seen, _, shown) = send(&malformed).await;
        assert_eq!(seen.status, 400, "{malformed}");
        assert!(!shown.contains(MARKER), "{malformed}: {shown}");
    }
    let log = logged::text();
    assert!(!log.is_empty() && !log.contains(MARKER), "{log}");
}
