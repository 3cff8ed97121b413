//! [`PublicDocuments`]: the metadata of several MCP endpoints on one host.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use tower_service::Service;

use super::{AuthLayer, Guard};
use super::{ResponseBody, for_method};
use crate::support::BoxFuture;

/// A service that serves the public documents of several layers, and responds with 404 to
/// everything else.
///
/// A layer under a prefix does not see the paths of its documents, which are at the root of the
/// host. Put this service there:
///
/// ```
/// use auth_core::layer::AuthLayer;
/// use auth_core::layer::PublicDocuments;
/// use axum::Router;
/// use tower_layer::Layer;
///
/// # fn demo(notes: AuthLayer, mail: AuthLayer, one: Router, two: Router) {
/// // The provider of each layer has the public URL of its endpoint.
/// let app: Router = Router::new()
///     .fallback_service(PublicDocuments::of([&notes, &mail]))
///     .nest_service("/notes/mcp", notes.layer(one))
///     .nest_service("/mail/mcp", mail.layer(two));
/// # let _ = app; }
/// ```
#[derive(Clone)]
pub struct PublicDocuments(Vec<Arc<Guard>>);

impl PublicDocuments {
    /// The documents of these layers.
    pub fn of<'a>(layers: impl IntoIterator<Item = &'a AuthLayer>) -> Self {
        Self(layers.into_iter().map(AuthLayer::guard).collect())
    }
}

impl fmt::Debug for PublicDocuments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicDocuments({} layers)", self.0.len())
    }
}

impl<B: Send + 'static> Service<Request<B>> for PublicDocuments {
    type Response = Response<ResponseBody<String>>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let guards = self.0.clone();
        let (parts, _) = request.into_parts();
        Box::pin(async move {
            let document = match guards.iter().find(|guard| guard.is_public_document(&parts)) {
                Some(guard) => guard.public_document(&parts).await,
                None => {
                    let mut nothing = Response::new(Bytes::new());
                    *nothing.status_mut() = StatusCode::NOT_FOUND;
                    nothing
                }
            };
            Ok(for_method(&parts.method, document).map(ResponseBody::from_bytes))
        })
    }
}
