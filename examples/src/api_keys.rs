//! API keys from a table instead of an identity provider: a verifier in ten lines, and the layer does the rest.
//!
//! ```sh
//! cargo run -p examples --bin api_keys
//! curl -H 'Authorization: Bearer key-of-ada' http://127.0.0.1:8000/mcp
//! ```
//!
//! | part | job |
//! |---|---|
//! | [`ApiKeys`] | finds the owner of a key, and sets how long the result may be reused |
//! | the layer | reuses the result meanwhile, refuses a revoked key at once and ends its streams, records each decision |

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use auth_core::error::ConfigErrors;
use auth_core::layer::{AuthLayer, AuthLayerBuilder};
use auth_core::provider::{ProtectedResourceMetadata, PublicUrl, ResourceServer};
use auth_core::revocation::MemoryRevocations;
use auth_core::support::async_trait;
use auth_core::token::VerifiedToken;
use auth_core::verifier::{InvalidReason, TokenVerifier, VerifyError, VerifyRequest};
use axum::Router;
use axum::body::Body;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, Response};
use axum::routing::get;

/// Who gives out the keys.
const ISSUER: &str = "https://keys.example.com";

/// Users by their keys. A real table holds hashes of keys.
#[derive(Debug)]
pub struct ApiKeys(pub HashMap<String, String>);

#[async_trait]
impl TokenVerifier for ApiKeys {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        let key = request.token().at_most(256)?.secret();
        let user = self.0.get(key).ok_or(InvalidReason::Other)?;
        let (soon, later) = (Duration::from_secs(30), Duration::from_secs(3600));
        // It does not expire, and is looked up again long before that.
        let token = VerifiedToken::assertion(ISSUER, user.as_str(), request.now() + later);
        Ok(token.reusable_until(request.now() + soon))
    }
}

/// A greeting behind the layer; as a stream without an end for callers that accept one.
///
/// # Errors
///
/// [`ConfigErrors`] when a setting of `change` cannot be used.
pub fn app(
    verifier: impl TokenVerifier,
    resource: PublicUrl,
    revoked: Arc<MemoryRevocations>,
    change: impl FnOnce(AuthLayerBuilder) -> AuthLayerBuilder,
) -> Result<Router, ConfigErrors> {
    let metadata = ProtectedResourceMetadata::new(resource, [ISSUER]);
    let provider = ResourceServer::new(verifier, metadata);
    let layer = AuthLayer::builder(provider).revocations(revoked);
    let layer = change(layer).build()?;
    let router = Router::new().route("/mcp", get(greet));
    let guarded = auth_core::axum::protect(router, &layer).into_service();
    Ok(Router::new().fallback_service(guarded))
}

async fn greet(headers: HeaderMap, caller: auth_core::axum::Authenticated) -> Response<Body> {
    let greeting = format!("hello {}\n", caller.0.subject());
    let stream = "text/event-stream";
    let wants_stream = headers.get(ACCEPT).is_some_and(|accept| accept == stream);
    let mut response = Response::new(Body::from(greeting));
    if wants_stream {
        let silence = futures_util::stream::pending::<Result<String, std::io::Error>>();
        *response.body_mut() = Body::from_stream(silence);
        let stream = axum::http::HeaderValue::from_static(stream);
        response.headers_mut().insert(CONTENT_TYPE, stream);
    }
    response
}
