//! A stream ends with the token that it was opened with.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use auth_core::{AuthLayer, AuthLayerBuilder, Clock, RequestBody, ResponseBody, Sleep};
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use tokio::sync::watch;
use tower::{Layer, ServiceExt};

use crate::support::provider;

/// A clock for those who sleep.
#[derive(Debug, Clone)]
struct Alarm(Arc<watch::Sender<Duration>>);

impl Alarm {
    fn advance(&self, by: Duration) {
        self.0.send_modify(|now| *now += by);
    }
}

impl Clock for Alarm {
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

/// A body that says `tick` once for each time it is woken up, for ever.
#[derive(Clone, Default)]
struct Ticks(Arc<Mutex<usize>>);

impl Body for Ticks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let mut left = self.0.lock().unwrap();
        if *left == 0 {
            // Whoever polls this again is the test itself.
            return Poll::Pending;
        }
        *left -= 1;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"tick")))))
    }
}

/// The body of an answer of this type to a token that lives for 60 s, and its clock.
async fn stream(
    content_type: &'static str,
    change: impl FnOnce(AuthLayerBuilder) -> AuthLayerBuilder,
) -> (ResponseBody<Ticks>, Ticks, Alarm) {
    let (ticks, clock) = (
        Ticks::default(),
        Alarm(Arc::new(watch::Sender::new(Duration::ZERO))),
    );
    let body = ticks.clone();
    let inner = tower::service_fn(move |_: Request<RequestBody<String>>| {
        let response = Response::builder().header("content-type", content_type);
        std::future::ready(Ok::<_, Infallible>(response.body(body.clone()).unwrap()))
    });
    let layer = change(AuthLayer::builder(provider()).clock(clock.clone()))
        .build()
        .unwrap();
    let request = Request::get("/mcp").header("authorization", "Bearer good.read");
    let request = request.body(String::new()).unwrap();
    let response = layer.layer(inner).oneshot(request).await.unwrap();
    (response.into_body(), ticks, clock)
}

/// What is there: a frame, the end, or nothing yet.
async fn next(body: &mut ResponseBody<Ticks>) -> &'static str {
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
async fn whoever_waits_for_a_silent_stream_is_woken_up() {
    let (mut body, _, clock) = stream("text/event-stream", |layer| layer).await;
    let end = tokio::spawn(async move { body.frame().await.is_none() });
    tokio::task::yield_now().await;
    assert!(!end.is_finished());
    clock.advance(Duration::from_secs(120));
    assert!(end.await.unwrap());
}

#[tokio::test]
async fn what_does_not_end() {
    type Change = fn(AuthLayerBuilder) -> AuthLayerBuilder;
    let same: Change = |layer| layer;
    let never: Change = AuthLayerBuilder::dangerous_streams_outlive_tokens;
    let later: Change = |layer| layer.stream_leeway(Duration::from_secs(10_000));
    for (name, content_type, change) in [
        ("no stream", "application/json", same),
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
