//! Cross-origin requests of browser clients such as MCP Inspector (feature `cors`).

use http::{HeaderName, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::origin::AllowedOrigins;
use crate::session::SESSION_ID;

/// A CORS layer for pages of these origins, to be put around an [`AuthLayer`](crate::AuthLayer)
/// that lets in the same ones: it answers preflights, which carry no token, and lets pages read
/// challenges and session ids.
///
/// With [`AllowedOrigins::for_resource`], a server on loopback is open to pages from loopback, and
/// any other to its own pages alone.
///
/// ```
/// use auth_core::{AllowedOrigins, AuthLayer, AuthProvider};
///
/// # fn demo(provider: impl AuthProvider) -> Result<(), Box<dyn std::error::Error>> {
/// let origins = AllowedOrigins::list(["https://inspector.example.com"])?;
/// let cors = auth_core::cors(&origins);
/// let auth = AuthLayer::builder(provider).allowed_origins(origins).build()?;
/// # let _ = (cors, auth); Ok(()) }
/// ```
pub fn cors(origins: &AllowedOrigins) -> CorsLayer {
    let origins = origins.clone();
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| {
            origins.allows(origin)
        }))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([
            header::ACCEPT,
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("last-event-id"),
            HeaderName::from_static("mcp-method"),
            HeaderName::from_static("mcp-name"),
            HeaderName::from_static("mcp-protocol-version"),
            SESSION_ID,
        ])
        .expose_headers([
            header::WWW_AUTHENTICATE,
            header::RETRY_AFTER,
            SESSION_ID,
            HeaderName::from_static("x-request-id"),
        ])
}
