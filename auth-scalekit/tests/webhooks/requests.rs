//! Requests that are not webhooks, by their method and their body.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use auth_scalekit::webhooks::{WebhookSecrets, WebhookService};
use bytes::Bytes;
use http::{Method, Request, Version};
use http_body::{Body, Frame, SizeHint};
use serde_json::Value;
use tower::{Service, ServiceExt};

use crate::logged;
use crate::samples;
use crate::stage::{KEY, Stage, Webhook, secret};

const MAX: usize = 256 * 1024;

fn logout() -> Value {
    samples::event("user.logout", "evt_1")
}

/// A body of these parts, which may fail or hang, and may not declare its length.
struct Parts {
    parts: Vec<Result<Bytes, &'static str>>,
    ends: bool,
    declared: u64,
}

impl Parts {
    fn of(body: &str, size: usize) -> Self {
        let mut parts: Vec<_> = body.as_bytes().chunks(size).collect();
        parts.reverse();
        Self {
            parts: parts
                .into_iter()
                .map(|part| Ok(part.to_vec().into()))
                .collect(),
            ends: true,
            declared: 0,
        }
    }
}

impl Body for Parts {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        match self.parts.pop() {
            Some(part) => Poll::Ready(Some(part.map(Frame::data))),
            None if self.ends => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = SizeHint::new();
        hint.set_lower(self.declared);
        hint
    }
}

/// A body that must not be read.
struct Untouchable;

impl Body for Untouchable {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        panic!("the body was read");
    }
}

#[tokio::test]
async fn only_post_is_answered() {
    let stage = Stage::new();
    let request = |method| {
        let request = stage.webhook(&logout()).builder().method(method);
        request.body(stage.webhook(&logout()).body).unwrap()
    };
    assert_eq!(
        stage.status(request(Method::POST)).await,
        201,
        "the control"
    );
    for method in [
        Method::GET,
        Method::HEAD,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::from_bytes(b"post").unwrap(),
    ] {
        let response = stage.respond(request(method.clone())).await;
        assert_eq!(response.status(), 405, "{method}");
        assert_eq!(response.headers()["allow"], "POST", "{method}");
    }
}

/// An event of this many bytes.
fn long(bytes: usize) -> Webhook {
    let stage = Stage::new();
    let mut event = samples::event("role.deleted", "evt_1");
    event["filler"] = "".into();
    let missing = bytes - event.to_string().len();
    event["filler"] = "x".repeat(missing).into();
    let webhook = stage.webhook(&event);
    assert_eq!(webhook.body.len(), bytes);
    webhook
}

#[tokio::test]
async fn a_body_has_a_greatest_length() {
    let (longest, longer) = (long(MAX), long(MAX + 1));
    for (name, webhook, part, declares, status) in [
        ("the control", &longest, MAX, true, 201),
        ("in parts", &longest, 1000, false, 201),
        ("in single bytes", &longest, 1, false, 201),
        ("one byte longer", &longer, MAX + 1, true, 413),
        ("one byte longer, undeclared", &longer, MAX + 1, false, 413),
        ("one byte longer, in parts", &longer, 1000, false, 413),
    ] {
        let stage = Stage::new();
        let mut body = Parts::of(&webhook.body, part);
        body.declared = if declares {
            webhook.body.len() as u64
        } else {
            0
        };
        let request = webhook.builder().body(body).unwrap();
        let response = stage.service.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{name}");
        let closes = response.headers().contains_key("connection");
        assert_eq!(closes, status == 413, "{name}");
    }
    // A declared length is refused before anything is read.
    let stage = Stage::new();
    let mut body = Parts::of("", 1);
    body.declared = u64::MAX;
    body.ends = false;
    let request = longest.builder().body(body).unwrap();
    let response = stage.service.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 413);
}

#[tokio::test]
async fn the_greatest_length_and_the_time_are_settings() {
    let stage = Stage::new();
    let build = |bytes, time| {
        let secrets = WebhookSecrets::new(secret(KEY)).unwrap();
        let builder = WebhookService::builder(secrets, stage.processor.clone());
        builder.max_body_bytes(bytes).body_timeout(time).build()
    };
    let second = Duration::from_secs(1);
    let service = build(1024, second).unwrap();
    let long = service.oneshot(long(1025).request()).await.unwrap();
    assert_eq!(long.status(), 413);
    assert!(build(1024 * 1024, 60 * second).is_ok());
    for (bytes, time, settings) in [
        (1023, second, "max_body_bytes"),
        (1024 * 1024 + 1, second, "max_body_bytes"),
        (1024, Duration::ZERO, "body_timeout"),
        (1024, 61 * second, "body_timeout"),
    ] {
        let errors = build(bytes, time).unwrap_err().to_string();
        assert!(errors.starts_with(settings), "{errors}");
    }
    let build = |bytes| {
        let secrets = WebhookSecrets::new(secret(KEY)).unwrap();
        let builder = WebhookService::builder(secrets, stage.processor.clone());
        builder.max_unverified_bytes(bytes).build()
    };
    assert!(build(MAX).is_ok() && build(256 * 1024 * 1024).is_ok());
    for bytes in [0, MAX - 1, 256 * 1024 * 1024 + 1] {
        let errors = build(bytes).unwrap_err().to_string();
        assert!(errors.starts_with("max_unverified_bytes"), "{errors}");
    }
}

/// Strangers send long bodies that never end, each up to its last byte.
#[tokio::test]
async fn unsigned_bodies_of_strangers_share_a_bound_and_usual_webhooks_pass() {
    let stage = Stage::new();
    let (longest, usual) = (long(MAX), stage.webhook(&logout()));
    assert_eq!(stage.status(longest.request()).await, 201, "the control");
    let mut stalled = Vec::new();
    let mut refused = 0;
    for _ in 0..80 {
        let mut body = Parts::of(&longest.body[1..], 4096);
        body.ends = false;
        let request = longest.builder().body(body).unwrap();
        let call = tokio::spawn(stage.service.clone().oneshot(request));
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        match call.is_finished() {
            false => stalled.push(call),
            true => {
                let response = call.await.unwrap().unwrap();
                assert_eq!(response.status(), 503);
                assert!(response.headers().contains_key("retry-after"));
                assert_eq!(response.headers()["connection"], "close");
                refused += 1;
            }
        }
    }
    // 16 MiB of what is longer than 16 KiB.
    assert_eq!((stalled.len(), refused), (68, 12));
    assert_eq!(stage.status(longest.request()).await, 503);
    assert_eq!(stage.status(usual.request()).await, 201);
    assert_eq!(stage.service.counts().refused, 13);
    // Their time ends.
    stage.clock.advance(Duration::from_secs(10));
    for call in stalled {
        assert_eq!(call.await.unwrap().unwrap().status(), 408);
    }
    assert_eq!(stage.status(longest.request()).await, 201);
}

#[tokio::test]
async fn a_body_has_ten_seconds() {
    for (name, ends, wait, status) in [
        ("the control", true, 0, Some(201)),
        ("9.999 s", false, 9_999, None),
        ("10 s", false, 10_000, Some(408)),
    ] {
        let stage = Stage::new();
        let webhook = stage.webhook(&logout());
        let mut body = Parts::of(&webhook.body, 100);
        body.ends = ends;
        let request = webhook.builder().body(body).unwrap();
        let task = tokio::spawn(stage.service.clone().oneshot(request));
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        stage.clock.advance(Duration::from_millis(wait));
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        assert_eq!(task.is_finished(), status.is_some(), "{name}");
        let Some(status) = status else {
            task.abort();
            continue;
        };
        let response = task.await.unwrap().unwrap();
        assert_eq!(response.status().as_u16(), status, "{name}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let stage = Stage::new();
    let webhook = stage.webhook(&logout());
    for (name, fails, status) in [("the control", false, 201), ("broken off", true, 400)] {
        let mut body = Parts::of(&webhook.body, 100);
        if fails {
            body.parts.insert(0, Err("reset"));
        }
        let request = webhook.builder().body(body).unwrap();
        let response = stage.service.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{name}");
    }
}

#[tokio::test]
async fn nothing_of_a_body_is_read_if_the_headers_are_wrong() {
    let stage = Stage::new();
    let webhook = stage.webhook(&logout());
    for header in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        for (version, closes) in [(Version::HTTP_11, true), (Version::HTTP_2, false)] {
            let mut request = webhook
                .builder()
                .version(version)
                .body(Untouchable)
                .unwrap();
            request.headers_mut().remove(header);
            let response = stage.service.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), 400, "{header}");
            let connection = response.headers().contains_key("connection");
            assert_eq!(connection, closes, "{header}");
        }
    }
    let request = webhook.builder().method("PUT").body(Untouchable).unwrap();
    let response = stage.service.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 405);
}

#[tokio::test]
async fn a_signed_body_that_is_no_event_is_refused_and_logged() {
    logged::begin();
    for (body, error) in [
        ("{", "the event is not JSON: not JSON at byte 1"),
        ("[]", "the event is not JSON: not JSON at byte 0"),
        (r#"{"type":"x"}"#, r#"the event has no valid member \"id\""#),
        (
            r#"{"id":"evt_1","type":"user.logout","occurred_at":"2026-11-01T00:00:00Z"}"#,
            r#"the event has no valid member \"data.user_session.session_id\", which its revocation needs"#,
        ),
    ] {
        let stage = Stage::new();
        let webhook = Webhook {
            id: "msg_marked".into(),
            body: body.into(),
            ..stage.webhook(&Value::Null)
        };
        assert_eq!(
            stage.status(webhook.signed(KEY).request()).await,
            400,
            "{body}"
        );
        let lines = logged::lines();
        assert_eq!(lines.len(), 1, "{lines:?}");
        let line = lines[0].replace(r#"\\""#, r#"\""#);
        assert!(
            line.contains("ERROR") && line.contains("msg_marked"),
            "{line}"
        );
        assert!(
            line.replace('\\', "").contains(&error.replace('\\', "")),
            "{line}"
        );
        assert_eq!(stage.service.counts().malformed, 1);
        assert_eq!(
            format!("{:?}", stage.processed.keys),
            "MemoryIdempotency { keys: 0 }"
        );
    }
}

#[tokio::test]
async fn the_service_is_always_ready() {
    let mut service = Stage::new().service;
    let mut context = Context::from_waker(std::task::Waker::noop());
    let ready = Service::<Request<String>>::poll_ready(&mut service, &mut context);
    assert!(matches!(ready, Poll::Ready(Ok(()))));
}
