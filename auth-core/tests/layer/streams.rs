//! A stream ends with the token that it was opened with.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use auth_core::audit::audit_fn;
use auth_core::layer::{AuthLayer, AuthLayerBuilder, ResponseBody};
use auth_core::operation::RequestBody;
use auth_core::policy::OperationPolicy;
use auth_core::provider::{AuthProvider, ResourceServer};
use auth_core::revocation::MemoryRevocations;
use auth_core::support::{Clock, Sleep, async_trait};
use auth_core::token::{Scopes, VerifiedToken};
use auth_core::verifier::{InvalidReason, TokenVerifier, Unavailable, VerifyError, VerifyRequest};
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use tokio::sync::watch;
use tower::{Layer, ServiceExt};

use crate::support::provider;

/// A clock that wakes sleepers when it is advanced.
#[derive(Debug, Clone)]
pub(crate) struct ManualClock(Arc<watch::Sender<Duration>>);

impl ManualClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.send_modify(|now| *now += by);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000) + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        *self.0.borrow()
    }

    fn sleep(&self, wait: Duration) -> Sleep {
        let mut now = self.0.subscribe();
        let end = self.monotonic() + wait;
        Box::pin(async move {
            now.wait_for(|now| *now >= end).await.unwrap();
        })
    }
}

/// A body with as many frames `tick` as the number says, which then waits forever.
#[derive(Clone, Default)]
pub(crate) struct Ticks(Arc<Mutex<usize>>);

impl Body for Ticks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let mut left = self.0.lock().unwrap();
        if *left == 0 {
            // No waker is needed: the test polls again.
            return Poll::Pending;
        }
        *left -= 1;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"tick")))))
    }
}

/// The body of a response of this type to a caller whose token lives for 60 s, its frames, and the clock.
async fn stream(
    content_type: &'static str,
    change: impl FnOnce(AuthLayerBuilder) -> AuthLayerBuilder,
) -> (ResponseBody<Ticks>, Ticks, ManualClock) {
    let verifier = ChangingVerifier::new(Ok((60, "read")));
    let provider = ResourceServer::new(verifier, provider().metadata().clone());
    stream_of(provider, content_type, change).await
}

pub(crate) async fn stream_of(
    provider: impl AuthProvider,
    content_type: &'static str,
    change: impl FnOnce(AuthLayerBuilder) -> AuthLayerBuilder,
) -> (ResponseBody<Ticks>, Ticks, ManualClock) {
    let (ticks, clock) = (
        Ticks::default(),
        ManualClock(Arc::new(watch::Sender::new(Duration::ZERO))),
    );
    let body = ticks.clone();
    let inner = tower::service_fn(move |_: Request<RequestBody<String>>| {
        let response = Response::builder().header("content-type", content_type);
        std::future::ready(Ok::<_, Infallible>(response.body(body.clone()).unwrap()))
    });
    let layer = change(AuthLayer::builder(provider).clock(clock.clone()))
        .build()
        .unwrap();
    let watch = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"watch"}}"#;
    let request = Request::post("/mcp").header("authorization", "Bearer good.read");
    let request = request.body(watch.to_owned()).unwrap();
    let response = layer.layer(inner).oneshot(request).await.unwrap();
    (response.into_body(), ticks, clock)
}

/// What the body yields now: a frame (`tick`), the `end`, or `nothing`.
pub(crate) async fn next(body: &mut ResponseBody<Ticks>) -> &'static str {
    tokio::select! {
        biased;
        frame = body.frame() => match frame {
            Some(_) => "tick",
            None => "end",
        },
        () = std::future::ready(()) => "nothing",
    }
}

#[tokio::test]
async fn a_stream_ends_60_s_after_its_token() {
    for content_type in ["text/event-stream", "Text/Event-Stream; charset=utf-8"] {
        let (mut body, ticks, clock) = stream(content_type, |layer| layer).await;
        *ticks.0.lock().unwrap() = 10;
        assert_eq!(next(&mut body).await, "tick");
        clock.advance(Duration::from_secs(119));
        assert_eq!(next(&mut body).await, "tick", "{content_type}");
        assert!(!body.is_end_stream());
        clock.advance(Duration::from_secs(1));
        assert_eq!(next(&mut body).await, "end", "{content_type}");
        assert_eq!(next(&mut body).await, "end");
        assert!(body.is_end_stream());
    }
}

#[tokio::test]
async fn a_reader_of_a_silent_stream_is_woken_at_its_end() {
    let (mut body, _, clock) = stream("text/event-stream", |layer| layer).await;
    let end = tokio::spawn(async move { body.frame().await.is_none() });
    tokio::task::yield_now().await;
    assert!(!end.is_finished());
    clock.advance(Duration::from_secs(120));
    assert!(end.await.unwrap());
}

/// A verdict about every token: its lifetime in seconds and its scopes, or an error.
type Verdict = Result<(u64, &'static str), VerifyError>;

/// A verifier whose verdict the test changes, and the number of its calls.
#[derive(Debug, Clone)]
struct ChangingVerifier(Arc<Mutex<(Verdict, usize)>>);

impl ChangingVerifier {
    fn new(verdict: Verdict) -> Self {
        Self(Arc::new(Mutex::new((verdict, 0))))
    }

    fn get(&self) -> MutexGuard<'_, (Verdict, usize)> {
        self.0.lock().unwrap()
    }
}

#[async_trait]
impl TokenVerifier for ChangingVerifier {
    async fn verify(&self, _: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        let (lives_until, scopes) = {
            let mut known = self.get();
            known.1 += 1;
            known.0.clone()?
        };
        if scopes == "hang" {
            return std::future::pending().await;
        }
        let expires_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + lives_until);
        let token = VerifiedToken::assertion("https://id.example.com", "usr_1", expires_at);
        Ok(token.with_scopes(Scopes::parse(scopes).unwrap()))
    }
}

#[tokio::test]
async fn a_stream_ends_when_its_token_becomes_invalid() {
    let unavailable = || Unavailable::new(Duration::from_secs(7)).into();
    for (name, verdict, outcome) in [
        ("the control", Ok((5000, "read")), None),
        (
            "revoked",
            Err(InvalidReason::Revoked.into()),
            Some("invalid_token"),
        ),
        (
            "an unknown key",
            Err(InvalidReason::UnknownKey.into()),
            Some("invalid_token"),
        ),
        (
            "a scope removed",
            Ok((5000, "write")),
            Some("insufficient_scope"),
        ),
        // The stream ends at the end of the leeway.
        ("expired", Err(InvalidReason::Expired.into()), None),
        ("an outage", Err(unavailable()), None),
    ] {
        let verifier = ChangingVerifier::new(Ok((5000, "read")));
        let known = verifier.clone();
        let provider = ResourceServer::new(verifier, provider().metadata().clone())
            .with_required_scopes(Scopes::parse("read").unwrap());
        let events = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&events);
        let (mut body, ticks, clock) = stream_of(provider, "text/event-stream", |layer| {
            layer.audit(audit_fn(move |event| {
                let path = event.path.as_str();
                sink.lock()
                    .unwrap()
                    .push((event.decision.as_str(), path.to_owned()));
            }))
        })
        .await;
        *ticks.0.lock().unwrap() = 10;
        assert_eq!(next(&mut body).await, "tick", "{name}");
        known.get().0 = verdict;
        clock.advance(Duration::from_secs(59));
        assert_eq!(next(&mut body).await, "tick", "{name}: not checked yet");
        assert_eq!(known.get().1, 1, "{name}");
        clock.advance(Duration::from_secs(1));
        let expected = if outcome.is_some() { "end" } else { "tick" };
        assert_eq!(next(&mut body).await, expected, "{name}");
        assert_eq!(known.get().1, 2, "{name}");
        let outcomes = ["admitted"].into_iter().chain(outcome);
        let recorded: Vec<_> = outcomes
            .map(|outcome| (outcome, "/mcp".to_owned()))
            .collect();
        assert_eq!(*events.lock().unwrap(), recorded, "{name}");
        // It is checked again at each interval.
        known.get().0 = Err(InvalidReason::Revoked.into());
        clock.advance(Duration::from_secs(60));
        assert_eq!(next(&mut body).await, "end", "{name}");
    }
}

/// A stream whose token lives for 60 s by the first verdict.
async fn short() -> (
    ResponseBody<Ticks>,
    ManualClock,
    ChangingVerifier,
    Arc<Mutex<usize>>,
) {
    let verifier = ChangingVerifier::new(Ok((60, "read")));
    let known = verifier.clone();
    let provider = ResourceServer::new(verifier, provider().metadata().clone());
    let refusals = Arc::new(Mutex::new(0));
    let count = Arc::clone(&refusals);
    let (mut body, _, clock) = stream_of(provider, "text/event-stream", |layer| {
        layer.audit(audit_fn(move |event| {
            *count.lock().unwrap() += usize::from(event.late);
        }))
    })
    .await;
    assert_eq!(next(&mut body).await, "nothing");
    (body, clock, known, refusals)
}

#[tokio::test]
async fn a_stream_ends_60_s_after_the_expiry_of_the_latest_verdict() {
    type Case = (&'static str, Verdict, u64);
    let table: [Case; 5] = [
        ("the control", Ok((60, "read")), 120),
        ("longer", Ok((1000, "read")), 1060),
        ("shorter", Ok((50, "read")), 110),
        ("expired", Err(InvalidReason::Expired.into()), 120),
        // Without a verdict, the end is not postponed.
        ("a verifier that hangs", Ok((1000, "hang")), 120),
    ];
    for (name, verdict, end) in table {
        let (mut body, clock, known, refusals) = short().await;
        known.get().0 = verdict;
        // The check at 60 s is at its expiry.
        clock.advance(Duration::from_secs(59));
        assert_eq!(next(&mut body).await, "nothing", "{name}");
        clock.advance(Duration::from_secs(1));
        assert_eq!(next(&mut body).await, "nothing", "{name}");
        for second in 61..end {
            clock.advance(Duration::from_secs(1));
            assert_eq!(next(&mut body).await, "nothing", "{name}: {second}");
        }
        clock.advance(Duration::from_secs(1));
        assert_eq!(next(&mut body).await, "end", "{name}");
        assert_eq!(*refusals.lock().unwrap(), 0, "{name}");
    }
}

#[tokio::test]
async fn an_expired_token_that_is_reported_as_revoked_is_treated_as_expired() {
    let (mut body, clock, known, refusals) = short().await;
    known.get().0 = Err(InvalidReason::Revoked.into());
    clock.advance(Duration::from_secs(60));
    assert_eq!(next(&mut body).await, "end");
    assert_eq!(*refusals.lock().unwrap(), 0, "it has only expired");
}

#[tokio::test]
async fn a_stream_of_a_public_operation_needs_a_valid_token_only() {
    for (name, verdict, expected) in [
        ("no scope at all", Ok((5000, "")), "nothing"),
        ("revoked", Err(InvalidReason::Revoked.into()), "end"),
    ] {
        let verifier = ChangingVerifier::new(Ok((5000, "")));
        let known = verifier.clone();
        let provider = ResourceServer::new(verifier, provider().metadata().clone())
            .with_required_scopes(Scopes::parse("read").unwrap());
        let operations = OperationPolicy::builder()
            .public_tool("watch")
            .build()
            .unwrap();
        let (mut body, _, clock) = stream_of(provider, "text/event-stream", |layer| {
            layer.operations(operations)
        })
        .await;
        assert_eq!(next(&mut body).await, "nothing", "{name}");
        known.get().0 = verdict;
        clock.advance(Duration::from_secs(60));
        assert_eq!(next(&mut body).await, expected, "{name}");
        assert_eq!(known.get().1, 2, "{name}");
    }
}

/// It ends at once, not at the next check.
#[tokio::test]
async fn a_stream_ends_when_its_caller_is_revoked() {
    // The revocation of another caller causes no check.
    for (subject, expected, calls) in [("usr_1", "end", 2), ("usr_2", "nothing", 1)] {
        let revoked = Arc::new(MemoryRevocations::new());
        let revocations = Arc::clone(&revoked);
        let verifier = ChangingVerifier::new(Ok((60, "read")));
        let known = verifier.clone();
        let provider = ResourceServer::new(verifier, provider().metadata().clone());
        let (mut body, _, clock) = stream_of(provider, "text/event-stream", |layer| {
            layer.revocations(revocations)
        })
        .await;
        assert_eq!(next(&mut body).await, "nothing", "the control");
        let end = clock.now() + Duration::from_secs(60);
        let caller = VerifiedToken::assertion("https://id.example.com", subject, end);
        revoked.add_token(&caller);
        assert_eq!(next(&mut body).await, expected, "{subject}");
        assert_eq!(known.get().1, calls, "{subject}");
    }
}

#[tokio::test]
async fn the_interval_of_checks_is_a_setting() {
    for (name, seconds, calls) in [("every second", 1, 3), ("every 3 s", 3, 1)] {
        let verifier = ChangingVerifier::new(Ok((5000, "read")));
        let known = verifier.clone();
        let provider = ResourceServer::new(verifier, provider().metadata().clone());
        let every = Duration::from_secs(seconds);
        let (mut body, _, clock) = stream_of(provider, "text/event-stream", |layer| {
            layer.recheck_streams_every(every)
        })
        .await;
        assert_eq!(next(&mut body).await, "nothing", "{name}");
        for _ in 0..3 {
            clock.advance(Duration::from_secs(1));
            assert_eq!(next(&mut body).await, "nothing", "{name}");
        }
        assert_eq!(known.get().1, 1 + calls, "{name}");
    }
    let error = AuthLayer::builder(provider())
        .recheck_streams_every(Duration::from_millis(999))
        .build()
        .unwrap_err();
    let text = "recheck_streams_every is less than 1 s: use at least 1 s";
    assert!(error.to_string().contains(text), "{error}");
}

#[tokio::test]
async fn some_bodies_do_not_end_with_their_token() {
    type Change = fn(AuthLayerBuilder) -> AuthLayerBuilder;
    let same: Change = |layer| layer;
    let never: Change = AuthLayerBuilder::dangerous_streams_outlive_tokens;
    let later: Change = |layer| layer.stream_leeway(Duration::from_secs(10_000));
    for (name, content_type, change) in [
        ("not a stream", "application/json", same),
        ("another type", "text/event-stream2", never),
        ("a setting", "text/event-stream", never),
        ("a longer leeway", "text/event-stream", later),
    ] {
        let (mut body, ticks, clock) = stream(content_type, change).await;
        clock.advance(Duration::from_secs(5000));
        *ticks.0.lock().unwrap() = 1;
        assert_eq!(next(&mut body).await, "tick", "{name}");
        assert_eq!(next(&mut body).await, "nothing", "{name}");
    }
}
