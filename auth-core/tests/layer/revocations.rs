//! Revocations that arrive while a request waits.

use std::sync::Arc;
use std::task::{Context, Poll};

use auth_core::layer::{AuthLayer, AuthLayerBuilder};
use auth_core::operation::RequestBody;
use auth_core::revocation::{MemoryRevocations, Revocation, RevocationTarget};
use auth_core::support::Clock;
use bytes::Bytes;
use futures_util::future::{Ready, ready};
use futures_util::{FutureExt, StreamExt, stream};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{Full, StreamBody};
use tokio::sync::{mpsc, watch};
use tower::{Layer, Service, ServiceExt};

use crate::support::{StoppedClock, provider};

const MESSAGE: [&str; 2] = [
    r#"{"jsonrpc":"2.0","id":1,"#,
    r#""method":"tools/call","params":{"name":"add","arguments":{}}}"#,
];

type Body = StreamBody<stream::BoxStream<'static, Result<Frame<Bytes>, std::convert::Infallible>>>;

/// A body whose parts are sent later.
fn body() -> (mpsc::UnboundedSender<Bytes>, Body) {
    let (parts, rest) = mpsc::unbounded_channel::<Bytes>();
    let rest = stream::unfold(rest, |mut rest| async move {
        let part = rest.recv().await?;
        Some((Ok(Frame::data(part)), rest))
    });
    (parts, StreamBody::new(rest.boxed()))
}

fn request(body: Body) -> Request<Body> {
    Request::post("https://mcp.example.com/mcp")
        .header("authorization", "Bearer good.read")
        .header("content-type", "application/json")
        .body(body)
        .unwrap()
}

fn layer(
    change: impl FnOnce(AuthLayerBuilder) -> AuthLayerBuilder,
) -> (AuthLayer, Arc<MemoryRevocations>) {
    let store = Arc::new(MemoryRevocations::with_clock(StoppedClock));
    let layer = AuthLayer::builder(provider()).clock(StoppedClock);
    let layer = change(layer.revocations(Arc::clone(&store)));
    (layer.build().unwrap(), store)
}

fn revoke(store: &MemoryRevocations, subject: &str) {
    let target = RevocationTarget::subject(subject);
    let now = StoppedClock.now();
    store.add(&Revocation::new("https://id.example.com", target, now));
}

/// An inner service that is ready once it is set so.
#[derive(Clone)]
struct Inner(watch::Receiver<bool>);

impl<B> Service<Request<RequestBody<B>>> for Inner {
    type Response = Response<Full<Bytes>>;
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        let mut ready = self.0.clone();
        let mut is_ready = Box::pin(async move { ready.wait_for(|it| *it).await.is_ok() });
        match is_ready.poll_unpin(context) {
            Poll::Ready(_) => Poll::Ready(Ok(())),
            Poll::Pending => {
                // Polled again with a new future: the test polls until it is ready.
                context.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    fn call(&mut self, _: Request<RequestBody<B>>) -> Self::Future {
        ready(Ok(Response::new(Full::default())))
    }
}

#[tokio::test]
async fn a_caller_who_holds_back_the_body_gains_no_time() {
    for (subject, status) in [("usr_2", 200), ("usr_1", 401)] {
        let (layer, store) = layer(AuthLayerBuilder::check_bodies);
        let (parts, body) = body();
        let service = layer.layer(Inner(watch::channel(true).1));
        let mut call = Box::pin(service.oneshot(request(body)));
        parts.send(Bytes::from(MESSAGE[0])).unwrap();
        assert!(
            (&mut call).now_or_never().is_none(),
            "it waits for the rest"
        );
        revoke(&store, subject);
        parts.send(Bytes::from(MESSAGE[1])).unwrap();
        drop(parts);
        assert_eq!(call.await.unwrap().status(), status, "{subject}");
    }
}

#[tokio::test]
async fn a_revocation_counts_until_the_inner_service_is_ready() {
    for (subject, status) in [("usr_2", 200), ("usr_1", 401)] {
        let (layer, store) = layer(|layer| layer);
        let (ready, is_ready) = watch::channel(false);
        let (parts, body) = body();
        let service = layer.layer(Inner(is_ready));
        let mut call = Box::pin(service.oneshot(request(body)));
        drop(parts);
        assert!(
            (&mut call).now_or_never().is_none(),
            "the inner service is not ready"
        );
        revoke(&store, subject);
        ready.send(true).unwrap();
        assert_eq!(call.await.unwrap().status(), status, "{subject}");
    }
}
