//! [`AuthService`]: one request on its way in, and its answer on the way out.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::guard::{Guard, Verdict};
use crate::body::{ResponseBody, answer_to};
use crate::drain;
use crate::operation::RequestBody;

/// A service behind an [`AuthLayer`](crate::AuthLayer).
///
/// The inner service takes [`RequestBody<B>`] where this one takes `B`: rmcp's service, axum's
/// routers and other services that are generic over the body do.
#[derive(Clone)]
pub struct AuthService<S> {
    pub(super) inner: S,
    pub(super) guard: Arc<Guard>,
}

impl<S> fmt::Debug for AuthService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthService")
            .field("resource", &self.guard.resource())
            .finish_non_exhaustive()
    }
}

impl<S, B, R> Service<Request<B>> for AuthService<S>
where
    S: Service<Request<RequestBody<B>>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Send,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<R, S::Error>;

    /// Always ready: whether the inner service is, matters to those alone who get to it. A place
    /// that it holds ready for a caller must not be taken by one who is refused.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut inner = self.inner.clone();
        let guard = Arc::clone(&self.guard);
        ResponseFuture(Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let mut body = RequestBody::untouched(body);
            match guard.judge(&mut parts, &mut body).await {
                Verdict::GoOn(admission) => {
                    poll_fn(|context| inner.poll_ready(context)).await?;
                    let response = inner.call(Request::from_parts(parts, body)).await?;
                    Ok(guard.on_the_way_out(admission, response))
                }
                Verdict::Answer(answer) => {
                    let answer = answer_to(&parts.method, *answer);
                    let drained = drain::before_answering(&parts, body, answer);
                    let answer = Box::pin(drained).await;
                    Ok(answer.map(ResponseBody::own))
                }
            }
        }))
    }
}

/// The future of an [`AuthService`].
pub struct ResponseFuture<R, E>(
    #[allow(clippy::type_complexity, reason = "a name would explain nothing")]
    Pin<Box<dyn Future<Output = Result<Response<ResponseBody<R>>, E>> + Send>>,
);

impl<R, E> fmt::Debug for ResponseFuture<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}

impl<R, E> Future for ResponseFuture<R, E> {
    type Output = Result<Response<ResponseBody<R>>, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}
