//! [`protect`]: puts an axum router behind the layer, including routes that are added later.

use std::fmt;

use axum::extract::Request;
use axum::routing::IntoMakeService;
use axum::{Router, ServiceExt};

use super::service::ProtectedService;
use crate::layer::AuthLayer;

/// Protects all of `router`: its routes, nested services, fallbacks, and whatever
/// [`ProtectedRouter::map`] adds later.
///
/// The result is not a `Router`, so no route can be added outside the layer by mistake:
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

/// A router behind an [`AuthLayer`]; see [`protect`].
#[derive(Clone)]
pub struct ProtectedRouter {
    router: Router,
    layer: AuthLayer,
}

impl ProtectedRouter {
    /// Changes the router inside the layer: adds routes, fallbacks or layers.
    #[must_use]
    pub fn map(mut self, change: impl FnOnce(Router) -> Router) -> Self {
        self.router = change(self.router);
        self
    }

    /// The protected router as a tower service, for further layers around it.
    #[must_use]
    pub fn into_service(self) -> ProtectedService {
        ProtectedService::new(self.router, &self.layer)
    }

    /// The argument of `axum::serve`.
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
