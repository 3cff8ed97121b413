//! [`AuthService`]: the service that the layer makes, and the future of its responses.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::evaluate::Verdict;
use super::guard::Guard;
use super::response::Admission;
use super::response_body::{ResponseBody, for_method};
use crate::operation::RequestBody;
use crate::support::BoxFuture;
use crate::wire::unread_body;

/// A service behind an [`AuthLayer`](crate::layer::AuthLayer).
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
    type Future = ResponseFuture<S, B, R>;

    /// Always ready: the readiness of the inner service matters only to admitted requests. A place
    /// that it reserves must not be taken by a request that is refused.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let guard = Arc::clone(&self.guard);
        let (mut parts, body) = request.into_parts();
        let mut body = RequestBody::untouched(body);
        let state = match guard.evaluate_now(&mut parts, &body) {
            Ok(Verdict::Forward(admission)) => State::Admitted {
                admitted: Some(Admitted {
                    request: Request::from_parts(parts, body),
                    admission,
                    inner: self.inner.clone(),
                    has_waited: false,
                }),
            },
            Ok(Verdict::Answer(answer)) if unread_body::has_nothing_to_do(&parts, &body) => {
                State::Answered {
                    answer: Some(for_method(&parts.method, *answer)),
                }
            }
            Ok(Verdict::Answer(answer)) => State::Refused {
                answer: Box::pin(refuse(parts, body, *answer)),
            },
            Err(known) => {
                let (guard, inner) = (Arc::clone(&guard), self.inner.clone());
                State::Evaluating {
                    evaluating: Box::pin(async move {
                        match guard.evaluate(&mut parts, &mut body, known).await {
                            Verdict::Forward(admission) => Ok(Admitted {
                                request: Request::from_parts(parts, body),
                                admission,
                                inner,
                                has_waited: false,
                            }),
                            Verdict::Answer(answer) => Err(refuse(parts, body, *answer).await),
                        }
                    }),
                }
            }
        };
        ResponseFuture { state, guard }
    }
}

/// The response to a request that is not forwarded.
async fn refuse<B: Body<Data = Bytes>>(
    parts: Parts,
    body: RequestBody<B>,
    answer: Response<Bytes>,
) -> Response<Bytes> {
    let answer = for_method(&parts.method, answer);
    unread_body::before_answering(&parts, body, answer).await
}

/// An admitted request, to be forwarded once the inner service is ready.
struct Admitted<S, B> {
    request: Request<RequestBody<B>>,
    admission: Admission,
    inner: S,
    /// Whether the inner service was not ready at first.
    has_waited: bool,
}

pin_project! {
    /// The future of an [`AuthService`].
    pub struct ResponseFuture<S, B, R>
    where
        S: Service<Request<RequestBody<B>>, Response = Response<R>>,
    {
        #[pin]
        state: State<S, B, S::Future>,
        guard: Arc<Guard>,
    }
}

pin_project! {
    // Whatever has to be waited for. A request that can be decided without waiting is not boxed.
    #[project = StateProjection]
    enum State<S, B, F> {
        Evaluating { evaluating: BoxFuture<'static, Result<Admitted<S, B>, Response<Bytes>>> },
        Answered { answer: Option<Response<Bytes>> },
        Refused { answer: BoxFuture<'static, Response<Bytes>> },
        Admitted { admitted: Option<Admitted<S, B>> },
        Forwarded { #[pin] future: F, admission: Option<Admission> },
    }
}

impl<S, B, R> fmt::Debug for ResponseFuture<S, B, R>
where
    S: Service<Request<RequestBody<B>>, Response = Response<R>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}

impl<S, B, R> Future for ResponseFuture<S, B, R>
where
    S: Service<Request<RequestBody<B>>, Response = Response<R>>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Send,
{
    type Output = Result<Response<ResponseBody<R>>, S::Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProjection::Evaluating { evaluating } => {
                    match ready!(evaluating.as_mut().poll(context)) {
                        Ok(admitted) => State::Admitted {
                            admitted: Some(admitted),
                        },
                        Err(answer) => {
                            return Poll::Ready(Ok(answer.map(ResponseBody::from_bytes)));
                        }
                    }
                }
                StateProjection::Answered { answer } => {
                    // Polled after completion.
                    let Some(answer) = answer.take() else {
                        return Poll::Pending;
                    };
                    return Poll::Ready(Ok(answer.map(ResponseBody::from_bytes)));
                }
                StateProjection::Refused { answer } => {
                    let answer = ready!(answer.as_mut().poll(context));
                    return Poll::Ready(Ok(answer.map(ResponseBody::from_bytes)));
                }
                StateProjection::Admitted { admitted } => {
                    if let Some(waiting) = admitted
                        && waiting.inner.poll_ready(context)?.is_pending()
                    {
                        waiting.has_waited = true;
                        return Poll::Pending;
                    }
                    let Some(Admitted {
                        request,
                        admission,
                        mut inner,
                        has_waited,
                    }) = admitted.take()
                    else {
                        // Polled after completion, or after a panic.
                        return Poll::Pending;
                    };
                    match has_waited
                        .then(|| this.guard.refuse_late(&admission))
                        .flatten()
                    {
                        Some(answer) => {
                            let (parts, body) = request.into_parts();
                            State::Refused {
                                answer: Box::pin(refuse(parts, body, answer)),
                            }
                        }
                        None => State::Forwarded {
                            future: inner.call(request),
                            admission: Some(admission),
                        },
                    }
                }
                StateProjection::Forwarded { future, admission } => {
                    let response = ready!(future.poll(context))?;
                    let Some(admission) = admission.take() else {
                        return Poll::Pending;
                    };
                    return Poll::Ready(Ok(this.guard.finish_response(admission, response)));
                }
            };
            this.state.set(next);
        }
    }
}
