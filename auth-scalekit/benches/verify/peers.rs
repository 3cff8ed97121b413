//! The two Rust crates that people would pick instead, with the same keys, issuer and audience.

use oauth_resource_server::{KeyNaming, OAuthConfig, OAuthValidator};
use serde_json::{Value, json};
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt, service_fn};
use tower_oauth2_resource_server::server::OAuth2ResourceServer;
use tower_oauth2_resource_server::tenant::TenantConfiguration;
use tower_oauth2_resource_server::validation::ClaimsValidationSpec;

use crate::issuer::{ALGORITHMS, AUDIENCE, ISSUER};

type Reply = http::Response<String>;

pub(crate) struct Peers {
    pub(crate) oauth_resource_server: OAuthValidator,
    /// It has no other door than its tower layer, around a service that does nothing here.
    pub(crate) tower_oauth2:
        BoxCloneSyncService<http::Request<()>, Reply, std::convert::Infallible>,
}

impl Peers {
    pub(crate) async fn new(keys: &[Value]) -> Self {
        let set = json!({"keys": keys}).to_string();
        let config = OAuthConfig {
            enabled: true,
            issuer: ISSUER.into(),
            jwks_uri: Some(format!("{ISSUER}/keys")),
            audience: AUDIENCE.into(),
            resource: AUDIENCE.into(),
            required_scopes: vec!["notes:read".into()],
            algorithms: ALGORITHMS.map(String::from).to_vec(),
            ..OAuthConfig::default()
        };
        let config = config.resolve(KeyNaming::Dotted("oauth")).unwrap().unwrap();
        let validator = OAuthValidator::builder(&config).initial_jwks(&set);

        let checks = ClaimsValidationSpec::recommended(ISSUER, &vec![AUDIENCE.to_owned()]);
        let tenant = TenantConfiguration::static_builder(set)
            .audiences(&[AUDIENCE])
            .claims_validation(checks)
            .build()
            .unwrap();
        let server = <OAuth2ResourceServer>::builder().add_tenant(tenant).build();
        let layer = server.await.unwrap().into_layer();
        let inner = service_fn(async |_| Ok(Reply::default()));
        Self {
            oauth_resource_server: validator.build().unwrap(),
            tower_oauth2: BoxCloneSyncService::new(layer.layer(inner)),
        }
    }

    /// Whether both of them accept it.
    pub(crate) async fn accept(&self, token: &str) -> bool {
        let accepted = self.oauth_resource_server.validate(token).await.is_ok();
        let answer = self.tower_oauth2.clone().oneshot(with_bearer(token));
        accepted && answer.await.unwrap().status() == 200
    }
}

pub(crate) fn with_bearer(token: &str) -> http::Request<()> {
    let request = http::Request::post("/mcp").header("authorization", format!("Bearer {token}"));
    request.body(()).unwrap()
}
