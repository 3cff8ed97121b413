//! Cross-origin requests of browser clients such as MCP Inspector (feature `cors`).

use std::task::{Context, Poll};

use http::header::{self, ACCESS_CONTROL_REQUEST_HEADERS};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};
use tower_layer::Layer;
use tower_service::Service;

use super::origin::AllowedOrigins;
use crate::operation::{
    DPOP, LAST_EVENT_ID, METHOD, NAME, PARAMETER_PREFIX, PROTOCOL_VERSION, REQUEST_ID, SESSION_ID,
};

/// The headers that pages may send, beside those that repeat arguments of a tool (`Mcp-Param-*`).
const REQUEST_HEADERS: [HeaderName; 11] = [
    header::ACCEPT,
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::IF_NONE_MATCH,
    DPOP,
    LAST_EVENT_ID,
    METHOD,
    NAME,
    PROTOCOL_VERSION,
    SESSION_ID,
    REQUEST_ID,
];

/// The headers that pages may read.
const RESPONSE_HEADERS: [HeaderName; 6] = [
    header::WWW_AUTHENTICATE,
    header::RETRY_AFTER,
    header::ETAG,
    PROTOCOL_VERSION,
    SESSION_ID,
    REQUEST_ID,
];

/// A CORS layer for pages of these origins, to be put around an
/// [`AuthLayer`](crate::layer::AuthLayer) with the same origins: it answers preflight requests,
/// which carry no token, and allows pages to read challenges and session ids.
///
/// Pages may send the headers of MCP. The headers that repeat arguments of a tool, `Mcp-Param-*`
/// since 2026-07-28, are an open set: the names in the preflight request are allowed.
///
/// With [`AllowedOrigins::for_resource`], a server on loopback allows pages from loopback, and any
/// other server only pages of the same origin.
///
/// ```
/// use auth_core::layer::{AllowedOrigins, AuthLayer};
/// use auth_core::provider::AuthProvider;
///
/// # fn demo(provider: impl AuthProvider) -> Result<(), Box<dyn std::error::Error>> {
/// let origins = AllowedOrigins::list(["https://inspector.example.com"])?;
/// let cors = auth_core::layer::cors(&origins);
/// let auth = AuthLayer::builder(provider).allowed_origins(origins).build()?;
/// # let _ = (cors, auth); Ok(()) }
/// ```
#[must_use]
pub fn cors(origins: &AllowedOrigins) -> Cors {
    let origins = origins.clone();
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| {
            origins.allows(origin)
        }))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        // Reduced to the allowed names by `CorsService`.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(RESPONSE_HEADERS);
    Cors { layer }
}

/// The layer that [`cors`] makes.
#[derive(Debug, Clone)]
pub struct Cors {
    layer: CorsLayer,
}

/// A service behind [`Cors`].
#[derive(Debug, Clone)]
pub struct CorsService<S> {
    inner: tower_http::cors::Cors<S>,
}

impl<S> Layer<S> for Cors {
    type Service = CorsService<S>;

    fn layer(&self, inner: S) -> CorsService<S> {
        CorsService {
            inner: self.layer.layer(inner),
        }
    }
}

impl<S, B> Service<Request<B>> for CorsService<S>
where
    tower_http::cors::Cors<S>: Service<Request<B>>,
{
    type Response = <tower_http::cors::Cors<S> as Service<Request<B>>>::Response;
    type Error = <tower_http::cors::Cors<S> as Service<Request<B>>>::Error;
    type Future = <tower_http::cors::Cors<S> as Service<Request<B>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        if request.method() == Method::OPTIONS {
            keep_allowed(request.headers_mut());
        }
        self.inner.call(request)
    }
}

/// Removes from a preflight request the names of headers that pages may not send.
fn keep_allowed(headers: &mut HeaderMap) {
    if !headers.contains_key(ACCESS_CONTROL_REQUEST_HEADERS) {
        return;
    }
    let lines = headers.get_all(ACCESS_CONTROL_REQUEST_HEADERS).iter();
    let names: Vec<_> = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .filter(|name| is_allowed(name))
        .collect();
    let names = names.join(",");
    if let Ok(names) = HeaderValue::try_from(names) {
        headers.insert(ACCESS_CONTROL_REQUEST_HEADERS, names);
    }
}

/// Whether pages may send a header of this name.
fn is_allowed(name: &str) -> bool {
    let in_family = name
        .get(..PARAMETER_PREFIX.len())
        .is_some_and(|begin| begin.eq_ignore_ascii_case(PARAMETER_PREFIX));
    // Parsed, so that the response repeats header names and nothing else.
    HeaderName::try_from(name).is_ok_and(|name| in_family || REQUEST_HEADERS.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Response;
    use std::convert::Infallible;

    #[test]
    fn headers_that_pages_may_send() {
        for (name, expected) in [
            ("authorization", true),
            ("Mcp-Session-Id", true),
            ("mcp-param-region", true),
            ("MCP-Param-Region", true),
            ("mcp-param-", true),
            ("mcp-param", false),
            ("mcp-params-region", false),
            ("mcp-param-é", false),
            ("mcp-param-a b", false),
            ("cookie", false),
            ("x-forwarded-host", false),
            ("", false),
        ] {
            assert_eq!(is_allowed(name), expected, "{name}");
        }
    }

    #[test]
    fn allowed_headers_stay_in_the_preflight() {
        let mut headers = HeaderMap::new();
        for line in ["authorization, cookie", "mcp-param-a,\tmcp-param-b , x"] {
            headers.append(ACCESS_CONTROL_REQUEST_HEADERS, line.parse().unwrap());
        }
        keep_allowed(&mut headers);
        let left: Vec<_> = headers
            .get_all(ACCESS_CONTROL_REQUEST_HEADERS)
            .iter()
            .collect();
        assert_eq!(left, ["authorization,mcp-param-a,mcp-param-b"]);
        let mut none = HeaderMap::new();
        keep_allowed(&mut none);
        assert!(none.is_empty());
    }

    /// The requests that reach the inner service.
    #[derive(Clone)]
    struct Inner {
        ready: bool,
    }

    impl Service<Request<()>> for Inner {
        type Response = Response<String>;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Response<String>, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            if self.ready {
                Poll::Ready(Ok(()))
            } else {
                Poll::Pending
            }
        }

        fn call(&mut self, request: Request<()>) -> Self::Future {
            let seen = request.headers().get(ACCESS_CONTROL_REQUEST_HEADERS);
            let seen = seen.map_or("", |seen| seen.to_str().unwrap());
            std::future::ready(Ok(Response::new(seen.to_owned())))
        }
    }

    #[test]
    fn readiness_is_that_of_the_inner_service() {
        let origins = AllowedOrigins::list(["https://inspector.example"]).unwrap();
        let mut context = Context::from_waker(std::task::Waker::noop());
        for ready in [true, false] {
            let mut service = cors(&origins).layer(Inner { ready });
            assert_eq!(service.poll_ready(&mut context).is_ready(), ready);
        }
    }

    #[tokio::test]
    async fn a_preflight_allows_of_what_it_asks_for_only_what_pages_may_send() {
        let origins = AllowedOrigins::list(["https://inspector.example"]).unwrap();
        for (method, allowed, seen) in [
            (
                Method::OPTIONS,
                Some("authorization,mcp-param-a"),
                // Answered without the inner service.
                "",
            ),
            // Not a preflight request: the header has no meaning.
            (Method::POST, None, "authorization, cookie, mcp-param-a"),
        ] {
            let request = Request::builder()
                .method(&method)
                .header(header::ORIGIN, "https://inspector.example")
                .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
                .header(
                    ACCESS_CONTROL_REQUEST_HEADERS,
                    "authorization, cookie, mcp-param-a",
                )
                .body(())
                .unwrap();
            let mut service = cors(&origins).layer(Inner { ready: true });
            let answer = service.call(request).await.unwrap();
            let named = answer.headers().get(header::ACCESS_CONTROL_ALLOW_HEADERS);
            let named = named.map(|names| names.to_str().unwrap());
            assert_eq!(named, allowed, "{method}");
            assert_eq!(answer.body(), seen, "{method}");
        }
    }
}
