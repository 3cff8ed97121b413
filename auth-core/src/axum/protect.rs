//! One call that protects an axum router, whatever is added to it.

use std::fmt;

use axum::extract::Request;
use axum::routing::IntoMakeService;
use axum::{Router, ServiceExt};

use super::service::ProtectedService;
use crate::layer::AuthLayer;

/// Protects all of `router`: its routes, nested services, fallbacks, and what
/// [`ProtectedRouter::map`] adds later.
///
/// The result is not a `Router`, so nothing can be put beside the guard by mistake:
///
/// ```compile_fail
/// # fn demo(router: axum::Router, layer: &auth_core::layer::AuthLayer) {
/// let app = auth_core::axum::protect(router, layer);
/// app.route("/open", axum::routing::get(|| async { "not guarded" }));
/// # }
/// ```
///
/// # Example
///
/// ```
/// # use axum::{Router, routing::get};
/// # async fn demo(layer: auth_core::layer::AuthLayer, listener: tokio::net::TcpListener) -> std::io::Result<()> {
/// let app = auth_core::axum::protect(Router::new(), &layer)
///     .map(|router| router.route("/report", get(|| async { "guarded" })));
/// axum::serve(listener, app.into_make_service()).await
/// # }
/// ```
pub fn protect(router: Router, layer: &AuthLayer) -> ProtectedRouter {
    ProtectedRouter {
        router,
        layer: layer.clone(),
    }
}

/// A router of which every request is guarded; see [`protect`].
#[derive(Clone)]
pub struct ProtectedRouter {
    router: Router,
    layer: AuthLayer,
}

impl ProtectedRouter {
    /// Changes the router inside the guard: adds routes, fallbacks, layers.
    #[must_use]
    pub fn map(mut self, change: impl FnOnce(Router) -> Router) -> Self {
        self.router = change(self.router);
        self
    }

    /// The guarded router as a tower service, to put further layers around it.
    #[must_use]
    pub fn into_service(self) -> ProtectedService {
        ProtectedService::new(self.router, &self.layer)
    }

    /// What `axum::serve` takes.
    #[must_use]
    pub fn into_make_service(self) -> IntoMakeService<ProtectedService> {
        ServiceExt::<Request>::into_make_service(self.into_service())
    }
}

impl fmt::Debug for ProtectedRouter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProtectedRouter")
            .field("layer", &self.layer)
            .finish_non_exhaustive()
    }
}
