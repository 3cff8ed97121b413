//! One run of all probes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_core::token::{InvalidScope, Scopes};
use serde_json::{Map, Value};
use url::Url;

use super::catalogue::{Group, Probe};
use super::credentials::{ApiKeys, Credentials};
use super::outcome::{Outcome, Problem};
use super::report::{ProbeResult, Report};
use super::server::Server;
use super::server_control::ServerControl;
use super::target::{RequiredByServer, Target};
use super::tool_search::find_tools;
use super::tools::{NamedTools, Tool, ToolRole, Tools};
use crate::api_key::server::{CLIENT_ID, CLIENT_SECRET};
use crate::mcp::Protocol;
use crate::{Client, MockScalekit};

/// The default for how long a server may take to follow what its issuer does.
const PATIENCE: Duration = Duration::from_secs(40);

/// The default origin of a page: that of MCP Inspector.
const PAGE: &str = "http://localhost:6274";

/// The probes for one server, and the issuer that it trusts.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use auth_testkit::{MockScalekit, probe};
///
/// let url = "http://127.0.0.1:8000/mcp";
/// let scalekit = MockScalekit::builder().resource_url(url).start().await;
/// // … start the server, with scalekit.environment_url() for its issuer …
/// let report = probe::Suite::new(url, &scalekit)?.run(&probe::ExternalServer).await;
/// println!("{report}");
/// assert!(report.passed());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Suite<'a> {
    url: Url,
    resource: String,
    issuer: &'a MockScalekit,
    protocols: Vec<Protocol>,
    patience: Duration,
    page: String,
    credentials: Credentials,
    required: RequiredByServer,
    named: NamedTools,
    only: Option<Vec<String>>,
}

/// A setting of a [`Suite`] that cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SuiteError {
    /// The URL of the server cannot be parsed.
    #[error("{url} is not a URL")]
    NotAUrl {
        /// What was given.
        url: String,
        /// What is wrong with it.
        #[source]
        reason: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// The server's URL is not `http`, or has a fragment.
    #[error(
        "{url}: expected an http URL without fragment; probe a server with TLS behind its proxy"
    )]
    NotProbeable {
        /// What was given.
        url: String,
    },
    /// Not a version of MCP that the suite speaks.
    #[error("expected 2025-11-25 or 2026-07-28, got {0:?}")]
    UnknownProtocol(String),
    /// A scope has a character that scopes must not have (RFC 6749 section 3.3).
    #[error(transparent)]
    Scope(#[from] InvalidScope),
    /// There is no probe of this name.
    #[error("no probe is called {0:?}")]
    UnknownProbe(String),
}

impl<'a> Suite<'a> {
    /// The server at this URL, which is `http` and the one that clients use.
    ///
    /// # Errors
    ///
    /// What is wrong with the URL.
    pub fn new(url: &str, issuer: &'a MockScalekit) -> Result<Self, SuiteError> {
        let parsed = Url::parse(url).map_err(|reason| SuiteError::NotAUrl {
            url: url.into(),
            reason: Arc::new(reason),
        })?;
        if parsed.scheme() != "http" || parsed.fragment().is_some() {
            return Err(SuiteError::NotProbeable { url: url.into() });
        }
        Ok(Self {
            url: parsed,
            resource: url.to_owned(),
            issuer,
            protocols: Protocol::ALL.to_vec(),
            patience: PATIENCE,
            page: PAGE.to_owned(),
            credentials: Credentials::default(),
            required: RequiredByServer::default(),
            named: NamedTools::default(),
            only: None,
        })
    }

    /// Speaks this version of MCP, `2025-11-25` or `2026-07-28`. Default: the first of them that the
    /// server answers.
    ///
    /// # Errors
    ///
    /// When it is neither.
    pub fn protocol(mut self, version: &str) -> Result<Self, SuiteError> {
        let protocol = Protocol::ALL
            .into_iter()
            .find(|protocol| protocol.version() == version);
        self.protocols = vec![protocol.ok_or_else(|| SuiteError::UnknownProtocol(version.into()))?];
        Ok(self)
    }

    /// How long the server may take to follow what its issuer does. Default 40 s.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The origin of a browser client that the server must allow. Default: that of MCP
    /// Inspector, `http://localhost:6274`.
    #[must_use]
    pub fn page(mut self, origin: impl Into<String>) -> Self {
        self.page = origin.into();
        self
    }

    /// Scopes that the server requires of every token, beside those of the tools: in the valid token, and in all
    /// that differ from it. Those that it names in a challenge (`insufficient_scope`) are taken without being
    /// named here. Default: none.
    ///
    /// # Errors
    ///
    /// When one is no scope (RFC 6749 section 3.3).
    pub fn scopes<S: Into<String>>(
        mut self,
        scopes: impl IntoIterator<Item = S>,
    ) -> Result<Self, SuiteError> {
        self.required.scopes = scopes.into_iter().map(Into::into).collect();
        Scopes::new(&self.required.scopes)?;
        Ok(self)
    }

    /// Claims that the server requires of every token, such as a tenant: in the valid token, and in all that
    /// differ from it, in place of the issuer's of the same names. A probe that is about a claim sets it
    /// itself. Default: none.
    #[must_use]
    pub fn claims(mut self, claims: Map<String, Value>) -> Self {
        self.required.claims = claims;
        self
    }

    /// Callers send API keys of the issuer in place of access tokens, with the scopes in this custom claim
    /// ([`SCOPES_CLAIM`](super::api_keys::SCOPES_CLAIM)). What probes need of a JWT is then not applicable.
    ///
    /// The server calls the issuer's API with [`CLIENT_ID`](super::api_keys::CLIENT_ID) and
    /// [`CLIENT_SECRET`](super::api_keys::CLIENT_SECRET), which are registered now, and accepts keys of
    /// [`ORGANIZATION`](super::api_keys::ORGANIZATION). [`claims`](Self::claims) are custom claims of the keys.
    #[must_use]
    pub fn api_keys(mut self, scopes_claim: impl Into<String>) -> Self {
        let client = Client::confidential(CLIENT_ID, CLIENT_SECRET);
        // It may be there, from another suite for the same issuer.
        let _ = self.issuer.try_register(client);
        self.credentials = Credentials::ApiKeys(ApiKeys::new(self.issuer, scopes_claim.into()));
        self
    }

    /// A tool of the server, and the arguments to call it with. Default: see the
    /// [module](crate::probe#what-the-server-has-to-offer).
    #[must_use]
    pub fn tool(
        mut self,
        role: ToolRole,
        name: impl Into<String>,
        arguments: Map<String, Value>,
    ) -> Self {
        let name = name.into();
        self.named.tools.push((role, Tool { name, arguments }));
        self
    }

    /// The scope that the tool [`Write`](ToolRole::Write) needs and no other tool. Default: `mcp:write`; what
    /// the server's challenge names, of a tool that the suite has found itself.
    ///
    /// # Errors
    ///
    /// When it is no scope (RFC 6749 section 3.3).
    pub fn write_scope(mut self, scope: impl Into<String>) -> Result<Self, SuiteError> {
        let scope = scope.into();
        Scopes::new([&scope])?;
        self.named.write_scope = Some(scope);
        Ok(self)
    }

    /// Makes these probes alone, by their names.
    ///
    /// # Errors
    ///
    /// When there is no probe of a name.
    pub fn only(mut self, names: &[impl AsRef<str>]) -> Result<Self, SuiteError> {
        let all = Probe::all();
        for name in names.iter().map(AsRef::as_ref) {
            if !all.iter().any(|probe| probe.name() == name) {
                return Err(SuiteError::UnknownProbe(name.into()));
            }
        }
        let names = names.iter().map(|name| name.as_ref().to_owned());
        self.only = Some(names.collect());
        Ok(self)
    }

    /// Makes all probes, one after another.
    pub async fn run(&self, server_control: &dyn ServerControl) -> Report {
        self.run_with_progress(server_control, |_| {}).await
    }

    /// As [`run`](Self::run), and passes the result of each probe to `seen` as soon as it is known.
    pub async fn run_with_progress(
        &self,
        server_control: &dyn ServerControl,
        mut seen: impl FnMut(&ProbeResult),
    ) -> Report {
        let mut target = Target {
            server: Server {
                url: self.url.clone(),
                protocol: self.protocols[0],
            },
            resource: self.resource.clone(),
            issuer: self.issuer,
            server_control,
            protocols: self.protocols.clone(),
            patience: self.patience,
            page: self.page.clone(),
            credentials: self.credentials.clone(),
            required: self.required.clone(),
            tools: Tools::default(),
        };
        target.server.protocol = self.spoken(&mut target).await;
        let tools = find_tools(&target, &self.named).await;
        target.tools = tools.unwrap_or_else(Tools::unseen);
        let mut report = Report::new(&self.resource, target.protocol.version());
        report.uses(target.tools.summary());
        for group in Group::all() {
            let probes = super::groups::of(*group);
            let mut wanted = probes.iter().filter(|probe| self.wants(probe)).peekable();
            if wanted.peek().is_none() {
                continue;
            }
            let control = target.control().await;
            for probe in wanted {
                let begun = Instant::now();
                let outcome = match &control {
                    Err(
                        Problem::Failed(seen)
                        | Problem::Untestable(seen)
                        | Problem::NotApplicable(seen),
                    ) => Outcome::Untestable(format!("the control failed: {seen}")),
                    Ok(()) => probe.run(&target).await.into(),
                };
                let outcome = with_end(outcome, server_control).await;
                let result = ProbeResult::new(*probe, outcome, begun.elapsed());
                seen(&result);
                report.add(result);
            }
        }
        report
    }

    /// Where the server listens: host and port.
    #[cfg(feature = "cli")]
    pub(crate) fn authority(&self) -> String {
        super::server::authority(&self.url)
    }

    fn wants(&self, probe: &Probe) -> bool {
        let only = self.only.as_ref();
        only.is_none_or(|only| only.iter().any(|name| name == probe.name()))
    }

    /// The first version in which a valid token is accepted.
    async fn spoken(&self, target: &mut Target<'_>) -> Protocol {
        for protocol in &self.protocols {
            target.server.protocol = *protocol;
            target.take_required_scopes().await;
            if target.control().await.is_ok() {
                return *protocol;
            }
        }
        self.protocols[0]
    }
}

/// Adds to the outcome of a server that does not answer how it has ended, if it has.
async fn with_end(outcome: Outcome, server_control: &dyn ServerControl) -> Outcome {
    let (Outcome::Failed(detail) | Outcome::Untestable(detail)) = &outcome else {
        return outcome;
    };
    let silence = ["no connection", "no answer", "no HTTP"];
    if !silence.iter().any(|silence| detail.contains(silence)) {
        return outcome;
    }
    let Some(how) = server_control.ended().await else {
        return outcome;
    };
    let detail = format!("{detail}; the server has ended with {how}");
    match outcome {
        Outcome::Failed(_) => Outcome::Failed(detail),
        _ => Outcome::Untestable(detail),
    }
}
