//! The server of the `probed` binary in this process, behind something that breaks it.

use std::ops::Deref;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, RwLock};

use auth_core::PublicUrl;
use auth_scalekit::{ScalekitBuilder, ScalekitProvider};
use auth_testkit::MockScalekit;
use auth_testkit::probe::Subject;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use bytes::Bytes;
use examples::probed::site;
use examples::server::app::protected;
use examples::server::site::notes;
use examples::server::{Listening, serve};
use http::request::Parts;
use http::{Request, Response};
use tower::ServiceExt;

use crate::broken::Broken;

pub(crate) struct Inner {
    pub(crate) url: String,
    pub(crate) scalekit: MockScalekit,
    app: RwLock<Router>,
    demands: Demands,
    protect: Protect,
    broken: Broken,
    /// What a broken server remembers.
    pub(crate) flag: AtomicBool,
    pub(crate) kept: Mutex<Option<String>>,
    pub(crate) printed: Mutex<String>,
}

/// What a server asks of everybody.
pub(crate) type Demands = fn(ScalekitBuilder) -> ScalekitBuilder;

/// The server behind the layer.
type Protect = fn(ScalekitProvider) -> Router;

/// A request on its way to the server.
pub(crate) struct Asked {
    pub(crate) parts: Parts,
    pub(crate) body: Bytes,
}

#[derive(Clone)]
pub(crate) struct Server(Arc<Inner>);

impl Deref for Server {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Server {
    pub(crate) async fn start(broken: Broken) -> Self {
        Self::start_with(broken, |builder| builder).await
    }

    pub(crate) async fn start_with(broken: Broken, demands: Demands) -> Self {
        let protect: Protect = |provider| protected(site().unwrap(), provider).unwrap();
        Self::start_site(broken, demands, protect).await
    }

    /// The notes of the `server` binary.
    pub(crate) async fn start_notes() -> Self {
        let demands: Demands = |builder| builder.required_scopes(["notes:read"]);
        let protect: Protect = |provider| protected(notes().unwrap(), provider).unwrap();
        Self::start_site(Broken::nothing(), demands, protect).await
    }

    async fn start_site(broken: Broken, demands: Demands, protect: Protect) -> Self {
        let any_port = PublicUrl::parse("http://127.0.0.1:0/mcp").unwrap();
        let listening = Listening::bind(&any_port, None).await.unwrap();
        let url = listening.url().to_owned();
        let scalekit = MockScalekit::builder()
            .resource_url(&url)
            .scopes(["mcp:read", "mcp:write"])
            .start()
            .await;
        let server = Self(Arc::new(Inner {
            app: RwLock::new(fresh(&scalekit, &url, demands, protect)),
            demands,
            protect,
            url,
            scalekit,
            broken,
            flag: AtomicBool::new(false),
            kept: Mutex::default(),
            printed: Mutex::default(),
        }));
        let router = Router::new().fallback(answer).with_state(server.clone());
        tokio::spawn(serve(listening, router, std::future::pending()));
        server
    }
}

/// The server as it is after a start: with nothing remembered.
fn fresh(scalekit: &MockScalekit, url: &str, demands: Demands, protect: Protect) -> Router {
    let builder =
        ScalekitProvider::builder(scalekit.environment_url(), scalekit.resource_id(), url)
            .required_scopes(["mcp:read"]);
    let provider = demands(builder).build().unwrap();
    protect(provider)
}

#[auth_core::async_trait]
impl Subject for Server {
    async fn restart(&self) -> std::io::Result<()> {
        *self.app.write().unwrap() = fresh(&self.scalekit, &self.url, self.demands, self.protect);
        Ok(())
    }

    fn output(&self) -> Option<String> {
        Some(self.printed.lock().unwrap().clone())
    }
}

async fn answer(State(server): State<Server>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let length = parts.headers.get("content-length");
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    // A long body is left where it is, for whoever wants it.
    let (body, long) = match length {
        Some(1_000_000..) => (Bytes::new(), Some(body)),
        Some(0_usize..) | None => {
            let body = to_bytes(body, 4 * 1024 * 1024).await;
            (body.unwrap_or_default(), None)
        }
    };
    let mut asked = Asked { parts, body };
    if let Some(instead) = (server.broken.before)(&server, &mut asked) {
        return instead.map(Body::from);
    }
    let body = long.unwrap_or_else(|| Body::from(asked.body.clone()));
    let request = Request::from_parts(asked.parts.clone(), body);
    let app = server.app.read().unwrap().clone();
    let (mut parts, body) = app.oneshot(request).await.unwrap().into_parts();
    let mime = parts.headers.get("content-type");
    if mime.is_some_and(|mime| mime.as_bytes().starts_with(b"text/event-stream")) {
        (server.broken.after)(&server, &asked, &mut parts, &mut Bytes::new());
        return Response::from_parts(parts, body);
    }
    let mut body = to_bytes(body, usize::MAX).await.unwrap();
    (server.broken.after)(&server, &asked, &mut parts, &mut body);
    parts.headers.remove("content-length");
    Response::from_parts(parts, Body::from(body))
}
