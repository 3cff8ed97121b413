//! Each event has its effects once, and 201 is sent when they are stored.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use auth_core::idempotency::{Begin, IdempotencyStore};
use auth_core::revocation::{MemoryRevocations, RevocationTarget as Target};
use auth_core::support::async_trait;
use auth_core::verifier::Unavailable;
use auth_scalekit::webhooks::{
    EventProcessor, HandlerError, ProcessError, Processed, UserLookup, WebhookEvent, WebhookHandler,
};
use serde_json::Value;

use crate::logged;
use crate::samples;
use crate::stage::Stage;

/// Counts the events, fails if it is made to, and never ends if it is made to.
#[derive(Debug, Default)]
pub(crate) struct Handler {
    pub(crate) handled: AtomicUsize,
    pub(crate) fails: AtomicBool,
    pub(crate) hangs: AtomicBool,
}

#[async_trait]
impl WebhookHandler for Handler {
    async fn handle(&self, _: &WebhookEvent) -> Result<(), HandlerError> {
        tokio::task::yield_now().await;
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.fails.load(Ordering::SeqCst) {
            return Err("the database is full".into());
        }
        self.handled.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

fn removed() -> Value {
    samples::event("user.organization_membership_deleted", "evt_1")
}

fn with_handler() -> (Stage, Arc<Handler>) {
    let handler = Arc::new(Handler::default());
    let stage = Stage::with(|builder| builder.handler(Arc::clone(&handler)));
    (stage, handler)
}

#[tokio::test]
async fn an_event_is_processed_once_however_often_it_arrives() {
    let (stage, handler) = with_handler();
    for delivery in 0..5 {
        assert_eq!(stage.send(&removed()).await, 201, "{delivery}");
    }
    assert_eq!(handler.handled.load(Ordering::SeqCst), 1);
    let counts = stage.service.counts();
    assert_eq!((counts.stored, counts.repeated), (1, 4));
    // Remembered for longer than a sender tries again.
    stage.clock.advance(Duration::from_secs(47 * 60 * 60));
    assert_eq!(stage.send(&removed()).await, 201);
    assert_eq!(handler.handled.load(Ordering::SeqCst), 1);
    stage.clock.advance(Duration::from_secs(2 * 60 * 60));
    assert_eq!(stage.send(&removed()).await, 201);
    assert_eq!(
        handler.handled.load(Ordering::SeqCst),
        2,
        "forgotten after 48 h"
    );
}

#[tokio::test]
async fn a_handler_receives_every_event_after_its_revocations() {
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let stage = Stage::with(|builder| {
        let seen = Arc::clone(&seen);
        builder.on_event(move |event| {
            let seen = Arc::clone(&seen);
            async move {
                seen.lock().unwrap().push(event.event_type().to_owned());
                Ok(())
            }
        })
    });
    let mut unknown = samples::event("user.login", "evt_3");
    unknown["type"] = "user.teleported".into();
    for event in [samples::event("user.login", "evt_2"), unknown, removed()] {
        assert_eq!(stage.send(&event).await, 201);
    }
    let expected = [
        "user.login",
        "user.teleported",
        "user.organization_membership_deleted",
    ];
    assert_eq!(*seen.lock().unwrap(), expected);
    assert_eq!(stage.processor.event_types(), None);
}

#[tokio::test]
async fn an_event_without_effect_is_not_stored() {
    let stage = Stage::new();
    assert_eq!(
        stage.send(&samples::event("user.login", "evt_1")).await,
        201
    );
    assert_eq!(
        format!("{:?}", stage.processed.keys),
        "MemoryIdempotency { keys: 0 }"
    );
    assert_eq!(stage.send(&removed()).await, 201, "the control");
    assert_eq!(
        format!("{:?}", stage.processed.keys),
        "MemoryIdempotency { keys: 1 }"
    );
    let types = stage.processor.event_types().unwrap();
    assert_eq!(types.len(), 13);
    assert!(types.contains(&"user.logout") && !types.contains(&"user.login"));
}

/// What fails, while the rest works.
#[tokio::test]
async fn the_sender_is_asked_to_try_again_until_everything_is_stored() {
    logged::begin();
    type Fault = fn(&Stage, &Handler, bool);
    let rows: [(&str, Fault, &str); 4] = [
        (
            "the store of events",
            |stage, _, fails| stage.processed.is_down.store(fails, Ordering::SeqCst),
            "7",
        ),
        (
            "the store of revocations",
            |stage, _, fails| stage.revoked.is_down.store(fails, Ordering::SeqCst),
            "7",
        ),
        (
            "the handler",
            |_, handler, fails| handler.fails.store(fails, Ordering::SeqCst),
            "5",
        ),
        (
            "the record of the end",
            |stage, _, fails| {
                stage
                    .processed
                    .cannot_complete
                    .store(fails, Ordering::SeqCst);
            },
            "7",
        ),
    ];
    for (name, fault, wait) in rows {
        let (stage, handler) = with_handler();
        fault(&stage, &handler, true);
        for _ in 0..2 {
            let response = stage.respond(stage.webhook(&removed()).request()).await;
            assert_eq!(response.status(), 503, "{name}");
            assert_eq!(response.headers()["retry-after"], wait, "{name}");
            assert_eq!(response.body(), r#"{"error":"temporarily_unavailable"}"#);
            let log = logged::text();
            assert!(log.contains("WARN") && log.contains("evt_1"), "{log}");
            assert!(!log.contains("private"), "{log}");
        }
        fault(&stage, &handler, false);
        assert_eq!(stage.send(&removed()).await, 201, "{name}: at once");
        let expected = [Target::member("usr_1", "org_1")];
        assert_eq!(stage.revoked.targets(), expected, "{name}");
        assert!(handler.handled.load(Ordering::SeqCst) > 0, "{name}");
        assert_eq!(stage.service.counts().failed, 2, "{name}");
    }
}

#[tokio::test]
async fn another_delivery_that_is_in_progress_is_not_acknowledged() {
    let stage = Stage::new();
    let lease = Duration::from_secs(30);
    let begun = stage.processed.keys.begin("evt_1", lease).await.unwrap();
    assert_eq!(begun, Begin::First, "by another process, which dies");
    let response = stage.respond(stage.webhook(&removed()).request()).await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "5");
    assert!(stage.revoked.targets().is_empty());
    stage.clock.advance(lease);
    assert_eq!(stage.send(&removed()).await, 201);
    assert_eq!(stage.revoked.targets().len(), 1);
}

async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_handler_that_hangs_is_stopped_and_called_again() {
    let (stage, handler) = with_handler();
    handler.hangs.store(true, Ordering::SeqCst);
    let event = WebhookEvent::parse(removed().to_string().as_bytes()).unwrap();
    let processor = stage.processor.clone();
    let task = tokio::spawn({
        let event = event.clone();
        async move { processor.process(&event).await }
    });
    settle().await;
    stage.clock.advance(Duration::from_millis(4_999));
    settle().await;
    assert!(!task.is_finished());
    stage.clock.advance(Duration::from_millis(1));
    let error = task.await.unwrap().unwrap_err();
    assert!(matches!(error, ProcessError::TimedOut), "{error}");
    handler.hangs.store(false, Ordering::SeqCst);
    let processed = stage.processor.process(&event).await.unwrap();
    assert_eq!(processed, Processed::Now, "it counts as abandoned");
}

#[derive(Debug)]
struct Slow;

#[async_trait]
impl UserLookup for Slow {
    async fn subjects(&self, _: &str, _: &str) -> Result<Vec<String>, Unavailable> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn places_are_limited_and_are_no_concern_of_strangers() {
    let stage = Stage::with(|builder| builder.lookup(Slow));
    let service = &stage.service;
    let deleted = |id| samples::event("organization.directory.user_deleted", &format!("evt_{id}"));
    let send = |event: &Value| {
        use tower::ServiceExt;
        tokio::spawn(service.clone().oneshot(stage.webhook(event).request()))
    };
    let waiting: Vec<_> = (0..64).map(|id| send(&deleted(id))).collect();
    settle().await;
    let another = send(&removed());
    settle().await;
    assert!(!another.is_finished(), "it waits for a place");
    let forged = stage.webhook(&removed()).signed(b"x").request();
    assert_eq!(stage.status(forged).await, 401, "without waiting");
    stage.clock.advance(Duration::from_secs(2));
    assert_eq!(another.await.unwrap().unwrap().status(), 503);
    stage.clock.advance(Duration::from_secs(3));
    for task in waiting {
        assert_eq!(task.await.unwrap().unwrap().status(), 503);
    }
    assert_eq!(stage.send(&removed()).await, 201, "places are free again");
}

#[test]
fn the_environment_url_is_checked() {
    let build = |url: &str| EventProcessor::builder(url, MemoryRevocations::new()).build();
    assert!(build("https://acme.scalekit.com").is_ok(), "the control");
    for url in [
        "",
        "acme.scalekit.com",
        "http://acme.scalekit.com",
        "https://acme.scalekit.com/x",
    ] {
        let errors = build(url).unwrap_err().to_string();
        assert!(errors.starts_with("environment_url "), "{errors}");
    }
}
