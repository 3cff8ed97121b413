//! A mock environment, an MCP server simulated by wiremock, and the diagnosis of both.

use auth_scalekit::ScalekitBuilder;
use auth_scalekit::diagnose::{
    DiagnoseOptions, Diagnosis, Finding, PastedToken, Severity, diagnose,
};
use auth_testkit::{MockScalekit, MockScalekitBuilder};
use serde_json::{Value, json};
use wiremock::matchers::{header_exists, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(crate) const INSPECTOR: &str = "http://localhost:6274";

pub(crate) struct Harness {
    pub(crate) scalekit: MockScalekit,
    pub(crate) server: MockServer,
    pub(crate) mcp_url: String,
}

/// What the server does; [`Default`] is sound, where `None` is as it should be. `SERVER` stands for
/// its origin.
#[derive(Default)]
pub(crate) struct Conduct {
    pub(crate) status: Option<u16>,
    pub(crate) challenge: Option<&'static str>,
    pub(crate) resource: Option<Value>,
    pub(crate) authorization_servers: Option<Value>,
    pub(crate) well_known: Option<u16>,
    pub(crate) preflight: Option<u16>,
    pub(crate) allowed_headers: Option<&'static str>,
    pub(crate) allowed_origin: Option<&'static str>,
    pub(crate) exposed_headers: Option<&'static str>,
}

impl Harness {
    pub(crate) async fn start() -> Self {
        Self::with(|mock| mock, Conduct::default()).await
    }

    pub(crate) async fn mock(
        change: impl FnOnce(MockScalekitBuilder) -> MockScalekitBuilder,
    ) -> Self {
        Self::with(change, Conduct::default()).await
    }

    pub(crate) async fn conduct(conduct: Conduct) -> Self {
        Self::with(|mock| mock, conduct).await
    }

    async fn with(
        change: impl FnOnce(MockScalekitBuilder) -> MockScalekitBuilder,
        conduct: Conduct,
    ) -> Self {
        let server = MockServer::start().await;
        let mcp_url = format!("{}/mcp", server.uri());
        let mock = MockScalekit::builder()
            .resource_url(&mcp_url)
            .scopes(["notes:read"]);
        let scalekit = change(mock).start().await;
        let harness = Self {
            scalekit,
            server,
            mcp_url,
        };
        harness.play(&conduct).await;
        harness
    }

    async fn play(&self, conduct: &Conduct) {
        let well_known = format!(
            "{}/.well-known/oauth-protected-resource/mcp",
            self.server.uri()
        );
        let challenge = match conduct.challenge {
            Some(challenge) => challenge.replace("SERVER", &self.server.uri()),
            None => format!("Bearer resource_metadata=\"{well_known}\""),
        };
        let allowed_origin = conduct.allowed_origin.unwrap_or(INSPECTOR);
        let refused = ResponseTemplate::new(conduct.status.unwrap_or(401))
            .insert_header("www-authenticate", challenge.as_str());
        let exposed = conduct.exposed_headers.unwrap_or("WWW-Authenticate");
        let to_page = refused
            .clone()
            .insert_header("access-control-allow-origin", allowed_origin)
            .insert_header("access-control-expose-headers", exposed);
        let preflight = ResponseTemplate::new(conduct.preflight.unwrap_or(200))
            .insert_header("access-control-allow-origin", allowed_origin)
            .insert_header(
                "access-control-allow-headers",
                conduct
                    .allowed_headers
                    .unwrap_or("Authorization, Content-Type"),
            );
        let resource = conduct.resource.clone();
        let servers = conduct.authorization_servers.clone();
        let document = json!({
            "resource": match resource {
                Some(Value::String(text)) => text.replace("SERVER", &self.server.uri()).into(),
                Some(other) => other,
                None => self.mcp_url.as_str().into(),
            },
            "authorization_servers": servers.unwrap_or_else(|| json!([self.scalekit.issuer()])),
        });
        let metadata = || ResponseTemplate::new(200).set_body_json(&document);
        let at_well_known = match conduct.well_known {
            Some(status) => ResponseTemplate::new(status),
            None => metadata(),
        };
        let post = || Mock::given(method("POST")).and(path("/mcp"));
        post()
            .and(header_exists("origin"))
            .respond_with(to_page)
            .mount(&self.server)
            .await;
        post().respond_with(refused).mount(&self.server).await;
        for (verb, place, answer) in [
            ("OPTIONS", "/mcp", preflight),
            (
                "GET",
                "/.well-known/oauth-protected-resource/mcp",
                at_well_known,
            ),
            ("GET", "/elsewhere", metadata()),
        ] {
            Mock::given(method(verb))
                .and(path(place))
                .respond_with(answer)
                .mount(&self.server)
                .await;
        }
    }

    pub(crate) fn settings(&self) -> ScalekitBuilder {
        ScalekitBuilder::new(
            self.scalekit.environment_url(),
            self.scalekit.resource_id(),
            &self.mcp_url,
        )
        .required_scopes(["notes:read"])
    }

    pub(crate) async fn diagnose(&self) -> Diagnosis {
        diagnose(self.settings(), DiagnoseOptions::default(), |_| ()).await
    }

    pub(crate) async fn explain(&self, token: &str) -> Diagnosis {
        let options = DiagnoseOptions::default().token(PastedToken::new(token));
        diagnose(self.settings(), options, |_| ()).await
    }
}

/// The one finding of a check.
pub(crate) fn of<'a>(diagnosis: &'a Diagnosis, id: &str) -> &'a Finding {
    let mut findings = diagnosis
        .findings()
        .iter()
        .filter(|finding| finding.id == id);
    let finding = findings.next();
    assert!(findings.next().is_none(), "{id} twice: {diagnosis:#?}");
    finding.unwrap_or_else(|| panic!("no {id}: {diagnosis:#?}"))
}

/// How a check ended.
pub(crate) fn verdict(diagnosis: &Diagnosis, id: &str) -> (Severity, Option<&'static str>) {
    let finding = of(diagnosis, id);
    (finding.severity, finding.code)
}

/// The checks that did not end well, in order.
pub(crate) fn bad(diagnosis: &Diagnosis) -> Vec<&'static str> {
    let findings = diagnosis.findings().iter();
    findings
        .filter(|finding| matches!(finding.severity, Severity::Warning | Severity::Failure))
        .map(|finding| finding.id)
        .collect()
}
