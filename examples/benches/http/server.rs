//! The servers that are compared, each in a separate process: this program again, with its settings in a variable.

use std::io::Read;
use std::sync::Arc;

use auth_core::layer::AuthLayer;
use auth_core::policy::{OperationPolicy, RequireScopes};
use auth_core::verifier::TokenVerifier;
use auth_scalekit::ScalekitProvider;
use auth_testkit::MockScalekit;
use axum::Router;
use axum::body::Body;
use axum::routing::post;
use axum::serve::ListenerExt;
use examples::server::tools::Notes;
use oauth_resource_server::axum::AuthLayer as PeerLayer;
use oauth_resource_server::{KeyNaming, OAuthConfig, OAuthValidator};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde::{Deserialize, Serialize};
use tower_oauth2_resource_server::server::OAuth2ResourceServer;
use tower_oauth2_resource_server::tenant::TenantConfiguration;
use tower_oauth2_resource_server::validation::ClaimsValidationSpec;

/// The server's public URL; its port is another.
pub(crate) const URL: &str = "http://127.0.0.1:8000/mcp";

/// Where a process of this program finds that it is to be a server.
pub(crate) const VARIABLE: &str = "AUTH_BENCH_SERVER";

/// What answers in the end.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Inner {
    Trivial,
    Rmcp,
}

/// What stands before it.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Guard {
    Open,
    Ours,
    OauthResourceServer,
    TowerOauth2,
}

impl Guard {
    pub(crate) const ALL: [Self; 4] = [
        Self::Open,
        Self::Ours,
        Self::OauthResourceServer,
        Self::TowerOauth2,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Ours => "ours",
            Self::OauthResourceServer => "oauth_resource_server",
            Self::TowerOauth2 => "tower_oauth2",
        }
    }
}

/// A server, and whose tokens it takes.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Setting {
    inner: Inner,
    guard: Guard,
    pub(crate) threads: usize,
    environment: String,
    issuer: String,
    resource_id: String,
    keys: String,
}

impl Setting {
    pub(crate) fn new(scalekit: &MockScalekit, keys: &str, inner: Inner, guard: Guard) -> Self {
        Self {
            inner,
            guard,
            threads: 1,
            environment: scalekit.environment_url().into(),
            issuer: scalekit.issuer().into(),
            resource_id: scalekit.resource_id().into(),
            keys: keys.into(),
        }
    }

    pub(crate) fn of_this_process() -> Option<Self> {
        let text = std::env::var(VARIABLE).ok()?;
        Some(serde_json::from_str(&text).unwrap())
    }
}

/// Prints the address, and serves until standard input ends.
pub(crate) fn run(setting: &Setting) {
    let mut builder = match setting.threads {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = builder.worker_threads(setting.threads).enable_all().build();
    runtime.unwrap().block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap());
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
        // Nothing is asked of it any more when the bench is gone.
        std::thread::spawn(|| {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            std::process::exit(0);
        });
        let inner = inner(setting.inner);
        let plain = match setting.guard {
            Guard::Ours => {
                let guarded = auth_core::axum::protect(inner, &ours(setting).await);
                return axum::serve(listener, guarded.into_make_service())
                    .await
                    .unwrap();
            }
            Guard::Open => inner,
            Guard::OauthResourceServer => inner.layer(oauth_resource_server(setting)),
            Guard::TowerOauth2 => inner.layer(tower_oauth2(setting).await.into_layer::<Body>()),
        };
        axum::serve(listener, plain).await.unwrap();
    });
}

fn inner(inner: Inner) -> Router {
    match inner {
        Inner::Trivial => Router::new().route("/mcp", post(async |_: bytes::Bytes| "ok")),
        Inner::Rmcp => {
            let sessions = Arc::new(LocalSessionManager::default());
            let config = StreamableHttpServerConfig::default();
            let rmcp = StreamableHttpService::new(|| Ok(Notes::default()), sessions, config);
            Router::new().route_service("/mcp", rmcp)
        }
    }
}

async fn ours(setting: &Setting) -> AuthLayer {
    let Setting {
        environment,
        resource_id,
        ..
    } = setting;
    let provider = ScalekitProvider::builder(environment, resource_id, URL)
        .required_scopes(["notes:read"])
        .build()
        .unwrap();
    provider.ready().await.unwrap();
    let operations = OperationPolicy::builder()
        .tool("notes_add", RequireScopes::new(["notes:write"]).unwrap())
        .tool("admin_*", RequireScopes::new(["notes:admin"]).unwrap())
        .inner_service_compares_headers()
        .build()
        .unwrap();
    AuthLayer::builder(provider)
        .operations(operations)
        .build()
        .unwrap()
}

fn oauth_resource_server(setting: &Setting) -> PeerLayer {
    let config = OAuthConfig {
        enabled: true,
        issuer: setting.issuer.clone(),
        jwks_uri: Some(format!("{}/keys", setting.environment)),
        audience: setting.resource_id.clone(),
        resource: URL.into(),
        required_scopes: vec!["notes:read".into()],
        ..OAuthConfig::default()
    };
    let config = config.resolve(KeyNaming::Dotted("oauth")).unwrap().unwrap();
    let validator = OAuthValidator::builder(&config).initial_jwks(&setting.keys);
    let validator = Arc::new(validator.build().unwrap());
    PeerLayer::builder().oauth(validator).build().unwrap()
}

async fn tower_oauth2(setting: &Setting) -> OAuth2ResourceServer {
    let audiences = vec![setting.resource_id.clone()];
    let checks = ClaimsValidationSpec::recommended(&setting.issuer, &audiences);
    let tenant = TenantConfiguration::static_builder(&setting.keys)
        .audiences(&audiences)
        .claims_validation(checks)
        .build()
        .unwrap();
    let server = <OAuth2ResourceServer>::builder().add_tenant(tenant).build();
    server.await.unwrap()
}
