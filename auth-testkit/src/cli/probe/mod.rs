//! `mock-scalekit probe`: probes a protected MCP server and prints the report.

use std::ffi::OsString;
use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use auth_core::error::ErrorChain;
use clap::Args;
use serde_json::{Map, Value};

mod arguments;
mod format;
mod process;

use self::arguments::{NamedTool, claims, named_tool};
use self::format::Format;
use self::process::Process;
use super::serve::runtime;
use super::settings::{Iss, check_resource_id, listen};
use super::{Failure, print, print_error, print_note};
use crate::MockScalekit;
use crate::probe::api_keys::{CLIENT_ID, CLIENT_SECRET, ORGANIZATION, SCOPES_CLAIM};
use crate::probe::{ExternalServer, ProbeResult, Report, ServerControl, Suite, SuiteError};

/// Probes a protected MCP server from outside. Exit codes: 0 no probe failed, 1 some did, 2 no probe
/// could be made.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Probe {
    /// The URL of the MCP server, as clients use it; http
    #[arg(required_unless_present = "list")]
    url: Option<String>,
    /// The port of the issuer that the server trusts; 0 selects a free port, and needs a command
    #[arg(long, default_value_t = 0)]
    issuer_port: u16,
    /// Which issuer tokens name: that of the environment or that of the resource
    #[arg(long, value_enum, default_value_t = Iss::Resource)]
    token_issuer: Iss,
    /// The id of the server at the issuer: res_ and digits; it is in `aud` beside the URL
    #[arg(long, default_value = "res_1000000001")]
    resource_id: String,
    /// The version of MCP to speak: 2025-11-25 or 2026-07-28; default: the first that the server answers
    #[arg(long)]
    protocol: Option<String>,
    /// Callers send API keys of the issuer in place of access tokens
    #[arg(long)]
    api_keys: bool,
    /// The custom claim of an API key that names its scopes, separated by blanks
    #[arg(long, value_name = "NAME", default_value = SCOPES_CLAIM, requires = "api_keys")]
    scopes_claim: String,
    /// A scope that the server requires of every token, beside those of the tools; several separated by commas or
    /// blanks
    #[arg(long, value_name = "SCOPES")]
    scope: Vec<String>,
    /// Claims that the server requires of every token, as a JSON object; the probes of a claim set it themselves
    #[arg(long, value_name = "JSON", value_parser = claims)]
    claims: Option<Map<String, Value>>,
    /// A tool of the server: write (needs a scope that other tools do not), whoami (answers with the caller's sub) or upstream
    /// (gets its argument url), its name, and arguments as a JSON object if it needs some; default: the tool of
    /// that name, else found among those that are annotated as non-destructive
    #[arg(long, value_name = "ROLE=NAME [JSON]", value_parser = named_tool)]
    tool: Vec<NamedTool>,
    /// The scope that the tool write needs and no other; default: mcp:write, or what the challenge of a tool
    /// that was found names
    #[arg(long, value_name = "SCOPE")]
    write_scope: Option<String>,
    /// Only these probes, by name, separated by commas
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Seconds that the server may take to follow what its issuer does
    #[arg(long, default_value_t = 40)]
    patience: u64,
    /// The origin of a browser client that the server must allow
    #[arg(long, value_name = "ORIGIN", default_value = "http://localhost:6274")]
    page: String,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Writes the report to this file too, in the format of its extension: .json, .xml (JUnit), .html
    #[arg(long, value_name = "FILE")]
    output: Vec<PathBuf>,
    /// Lists all probes with their rules, and probes nothing
    #[arg(long)]
    list: bool,
    /// The command that starts the server, and its arguments; it is restarted for some probes
    #[arg(last = true)]
    command: Vec<OsString>,
}

const AFTER_HELP: &str = "\
The command finds the issuer and the URL in its variables: PROBE_ISSUER, PROBE_JWKS_URI, PROBE_RESOURCE,
PROBE_RESOURCE_ID, PROBE_ENVIRONMENT_URL, and the same as SCALEKIT_ENVIRONMENT_URL, SCALEKIT_RESOURCE_ID
and SCALEKIT_MCP_URL. Without a command, a server must be running that trusts the issuer at
http://127.0.0.1:ISSUER_PORT/resources/RESOURCE_ID (for Scalekit: the environment
http://127.0.0.1:ISSUER_PORT); probes that need a freshly started server are then untestable.

With --api-keys, the command also finds SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET for the API that validates
keys, PROBE_ORGANIZATION, whose keys it is to accept, and PROBE_SCOPES_CLAIM. Probe a server of both once with
--api-keys and once without.

Example: mock-scalekit probe http://127.0.0.1:8000/mcp --output report.html -- ./my-server";

impl Probe {
    pub(super) fn main(&self) -> ExitCode {
        // 1 says that probes failed.
        self.run().unwrap_or_else(|error| {
            print_error(&error);
            ExitCode::from(2)
        })
    }

    fn run(&self) -> Result<ExitCode, Failure> {
        if self.list {
            for probe in crate::probe::Probe::all() {
                let (group, name, level) = (probe.group(), probe.name(), probe.level());
                print(&format!(
                    "{group}/{name}\n    {level}: {} ({})",
                    probe.requirement(),
                    probe.rule()
                ))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        let forms = self.output.iter().map(|file| Format::of(file));
        let forms = forms.collect::<Result<Vec<Format>, Failure>>()?;
        let scalekit = self.issuer()?;
        let suite = self.suite(&scalekit)?;
        let report = runtime()?.block_on(self.probe_server(&scalekit, &suite))?;
        for (file, form) in self.output.iter().zip(forms) {
            std::fs::write(file, form.render(&report))
                .map_err(|error| format!("output: cannot write {}: {error}", file.display()))?;
        }
        print(self.format.render(&report).trim_end())?;
        let score = report.score(|_| true);
        Ok(match (score.failed, score.passed) {
            (0, 1..) => ExitCode::SUCCESS,
            (_, 0) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        })
    }

    /// Present unless the probes are only listed.
    fn url(&self) -> &str {
        self.url.as_deref().unwrap_or_default()
    }

    fn scopes(&self) -> impl Iterator<Item = &str> {
        let all = self.scope.iter();
        all.flat_map(|some| some.split([',', ' ']))
            .filter(|scope| !scope.is_empty())
    }

    fn issuer(&self) -> Result<MockScalekit, Failure> {
        if self.issuer_port == 0 && self.command.is_empty() {
            return Err("issuer-port: without a command, name the port of the issuer that the server trusts; or put the server's command after --".into());
        }
        check_resource_id(&self.resource_id)?;
        let listener = listen(
            "issuer-port",
            (Ipv4Addr::LOCALHOST.into(), self.issuer_port),
        )?;
        let builder = MockScalekit::builder()
            .resource_id(&self.resource_id)
            .resource_url(self.url())
            .scopes(["mcp:read", "mcp:write"].into_iter().chain(self.scopes()))
            .token_issuer(self.token_issuer.into());
        Ok(builder.listener(listener).start_blocking())
    }

    fn suite<'a>(&self, scalekit: &'a MockScalekit) -> Result<Suite<'a>, Failure> {
        let mut suite = Suite::new(self.url(), scalekit).map_err(|error| shown(&error))?;
        suite = suite
            .patience(Duration::from_secs(self.patience))
            .page(&self.page)
            .scopes(self.scopes())
            .map_err(|error| format!("scope: {}", shown(&error)))?;
        if self.api_keys {
            suite = suite.api_keys(&self.scopes_claim);
        }
        if let Some(claims) = &self.claims {
            suite = suite.claims(claims.clone());
        }
        for NamedTool {
            role,
            name,
            arguments,
        } in &self.tool
        {
            suite = suite.tool(*role, name, arguments.clone());
        }
        if let Some(scope) = &self.write_scope {
            suite = suite
                .write_scope(scope)
                .map_err(|error| format!("write-scope: {}", shown(&error)))?;
        }
        if let Some(version) = &self.protocol {
            suite = suite
                .protocol(version)
                .map_err(|error| format!("protocol: {error}"))?;
        }
        if !self.only.is_empty() {
            suite = suite
                .only(&self.only)
                .map_err(|error| format!("only: {error}"))?;
        }
        Ok(suite)
    }

    async fn probe_server(
        &self,
        scalekit: &MockScalekit,
        suite: &Suite<'_>,
    ) -> Result<Report, Failure> {
        // Long work shows progress, apart from the report.
        let progress = |result: &ProbeResult| print_note(&result.to_string());
        if self.command.is_empty() {
            return Ok(suite.run_with_progress(&ExternalServer, progress).await);
        }
        let process = Process::new(
            self.command.clone(),
            self.variables(scalekit),
            suite.authority(),
        );
        // Registered before the command is started: it is in a separate process group to be ended with all that
        // it has started, so no signal of the terminal reaches it.
        let stopped = stop_requested()?;
        let report = tokio::select! {
            report = probe_process(&process, suite, progress) => report,
            () = stopped => Err("stopped".into()),
        };
        process.stop().await;
        report
    }

    fn variables(&self, scalekit: &MockScalekit) -> Vec<(&'static str, String)> {
        let environment = scalekit.environment_url().to_owned();
        let issuer = match self.token_issuer {
            Iss::Environment => environment.clone(),
            Iss::Resource => scalekit.issuer().to_owned(),
        };
        let mut variables = vec![
            ("PROBE_ISSUER", issuer),
            ("PROBE_JWKS_URI", scalekit.keys_url().to_owned()),
            ("PROBE_RESOURCE", self.url().to_owned()),
            ("PROBE_RESOURCE_ID", self.resource_id.clone()),
            ("PROBE_ENVIRONMENT_URL", environment.clone()),
            ("SCALEKIT_ENVIRONMENT_URL", environment),
            ("SCALEKIT_RESOURCE_ID", self.resource_id.clone()),
            ("SCALEKIT_MCP_URL", self.url().to_owned()),
        ];
        if self.api_keys {
            variables.extend([
                ("PROBE_ORGANIZATION", ORGANIZATION.to_owned()),
                ("PROBE_SCOPES_CLAIM", self.scopes_claim.clone()),
                ("SCALEKIT_CLIENT_ID", CLIENT_ID.to_owned()),
                ("SCALEKIT_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
            ]);
        }
        variables
    }
}

fn shown(error: &SuiteError) -> String {
    ErrorChain(error).to_string()
}

/// Starts the command, and probes it.
async fn probe_process(
    process: &Process,
    suite: &Suite<'_>,
    progress: impl FnMut(&ProbeResult),
) -> Result<Report, Failure> {
    process.restart().await?;
    if let Some(how) = process.ended().await {
        let end = process.end_of_output();
        return Err(format!(
            "the command ended with {how} before it listened; the end of its output:\n{end}"
        )
        .into());
    }
    let report = suite.run_with_progress(process, progress).await;
    if let Some(how) = process.ended().await {
        let end = process.end_of_output();
        print_note(&format!(
            "mock-scalekit: the command has ended with {how}; the end of its output:\n{end}"
        ));
    }
    Ok(report)
}

/// Completes when this program is asked to stop: by ctrl-c, by a signal to terminate, or because its terminal closes.
#[cfg(unix)]
fn stop_requested() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn stop_requested() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
