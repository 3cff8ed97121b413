//! [`ProtectedService`]: a protected router as a tower service, with axum's body outside and inside, so that
//! the layer adds no second wrapper to bodies that it does not read.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::response::Response;
use axum::{BoxError, Router};
use bytes::Bytes;
use http::Request;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::layer::{AuthLayer, AuthService, ResponseFuture};
use crate::operation::RequestBody;

/// A router behind an [`AuthLayer`], as a tower service; from
/// [`ProtectedRouter::into_service`](super::ProtectedRouter::into_service).
#[derive(Clone)]
pub struct ProtectedService(AuthService<InnerRouter>);

impl ProtectedService {
    pub(super) fn new(router: Router, layer: &AuthLayer) -> Self {
        Self(layer.layer(InnerRouter(router)))
    }
}

impl fmt::Debug for ProtectedService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProtectedService").field(&self.0).finish()
    }
}

impl<B> Service<Request<B>> for ProtectedService
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = ProtectedFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // The layer is always ready, whatever the inner service.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ProtectedFuture {
        // `Body::new` returns an axum body unchanged.
        ProtectedFuture {
            inner: self.0.call(request.map(Body::new)),
        }
    }
}

pin_project! {
    /// The future of a [`ProtectedService`].
    pub struct ProtectedFuture {
        #[pin]
        inner: ResponseFuture<InnerRouter, Body, Body>,
    }
}

impl fmt::Debug for ProtectedFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProtectedFuture")
    }
}

impl Future for ProtectedFuture {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(self.project().inner.poll(context))?;
        Poll::Ready(Ok(
            response.map(|body| body.into_inner().unwrap_or_else(Body::new))
        ))
    }
}

/// Unwraps the body of each request for the router.
#[derive(Clone)]
struct InnerRouter(Router);

impl Service<Request<RequestBody<Body>>> for InnerRouter {
    type Response = Response;
    type Error = Infallible;
    type Future = <Router as Service<Request<Body>>>::Future;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Routers are always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RequestBody<Body>>) -> Self::Future {
        let request = request.map(|body| body.into_untouched().unwrap_or_else(Body::new));
        self.0.call(request)
    }
}
