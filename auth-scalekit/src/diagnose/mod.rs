//! What is wrong with a set-up, and what to change: the checks behind `cargo run -p examples --bin
//! doctor`.
//!
//! ```no_run
//! use auth_scalekit::ScalekitBuilder;
//! use auth_scalekit::diagnose::{Given, Severity, diagnose};
//!
//! # async fn demo() {
//! let diagnosis = diagnose(ScalekitBuilder::from_env(), Given::default(), |_| ()).await;
//! for finding in diagnosis.findings() {
//!     if finding.severity == Severity::Failure {
//!         println!("{}: {:?}", finding.what, finding.fix);
//!     }
//! }
//! # }
//! ```
//!
//! In this order, each with the [`Finding::id`]s that it makes:
//!
//! | file | what is checked | ids |
//! |---|---|---|
//! | `settings` | every setting, by the rules of the builder | `settings` |
//! | `environment` | the host resolves, connects and has a certificate | `dns`, `connection` |
//! | `metadata` | the authorization server's metadata (RFC 8414) | `metadata`, `metadata-issuer`, `pkce`, `registration`, `client-metadata-documents` |
//! | `keys` | the key set (RFC 7517) | `keys`, `odd-keys` (only if there are any) |
//! | `mcp_url` | the public URL of the MCP server | `mcp-url` |
//! | `scopes` | required scopes are offered | `scopes` |
//! | `client` | a client, if one is given: the authorization endpoint knows it and its redirect URI (RFC 6749) | `client` |
//! | `clock` | this machine's clock, against the `Date` of the answers: 30 s are a warning, 60 s a failure | `clock` |
//! | `server` | the MCP server, as a client without a token meets it (RFC 9728) | `server`, `server-challenge`, `server-metadata`, `server-resource`, `server-authorization-servers`, `server-cors` |
//! | `token`, `said`, `refusal` | a pasted token, by the verifier itself | `token`, `token-scopes` |
//!
//! The servers that are asked may be hostile. They are asked at configured URLs only, and once at
//! one that the MCP server names, and one that the environment names, if it is of their own origin;
//! no redirect is followed. An answer takes 3 s and 64 KiB at the most, everything together about
//! half a minute. A pasted token is sent to nobody.

mod client;
mod environment;
mod http;
mod options;
mod report;
mod server;
mod settings;
mod subject;
mod token;

use std::sync::Arc;

use auth_core::Clock;

use self::http::Asker;
use crate::builder::ScalekitBuilder;
use environment::connection::is_usable;
use environment::{clock, connection, keys, mcp_url, metadata, scopes};
use report::{Check, Report};
use subject::Subject;

pub use client::RegisteredClient;
pub use options::Given;
pub use report::{CHECKS, Diagnosis, Finding, Severity};
pub use token::PastedToken;

/// Checks a configured Scalekit environment, the MCP server if it runs, and a client and a token if
/// they are given. `tell` gets each finding as soon as it is known.
///
/// Times are judged by the clock of the settings ([`ScalekitBuilder::clock`]), and private
/// addresses are left out unless they allow them
/// ([`ScalekitBuilder::allow_private_addresses`]). The MCP server may be at a private address.
///
/// It never fails: what goes wrong is a finding.
pub async fn diagnose(
    settings: ScalekitBuilder,
    given: Given,
    tell: impl FnMut(&Finding) + Send,
) -> Diagnosis {
    let mut report = Report::new(tell);
    let clock = settings.shared_clock();
    let private = settings.allows_private_addresses();
    match settings.forward_server_metadata(false).build() {
        Ok(provider) => {
            let subject = Subject::of(&provider);
            report.add(settings::sound(&subject));
            let keys = about_environment(
                &subject,
                private,
                &clock,
                given.client.as_ref(),
                &mut report,
            )
            .await;
            about_server(&subject, &clock, &mut report).await;
            let now = clock.now();
            let findings = token::judge(&subject, given.token.as_ref(), keys.as_deref(), now).await;
            report.all(findings);
        }
        Err(errors) => {
            report.all(settings::faults(&errors));
            report.all(AFTER_SETTINGS.map(|check| check.depends_on(Check::Settings)));
        }
    }
    report.end()
}

/// What builds on settings that can be used.
const AFTER_SETTINGS: [Check; 8] = [
    Check::Dns,
    Check::Connection,
    Check::Metadata,
    Check::Keys,
    Check::Client,
    Check::Clock,
    Check::Server,
    Check::Token,
];

/// What builds on the metadata.
const IN_METADATA: [Check; 4] = [
    Check::MetadataIssuer,
    Check::Pkce,
    Check::Registration,
    Check::ClientMetadataDocuments,
];

/// Everything about the environment, and what it says to the client; the ids of its keys.
async fn about_environment(
    subject: &Subject<'_>,
    private: bool,
    clock: &Arc<dyn Clock>,
    client: Option<&RegisteredClient>,
    report: &mut Report<impl FnMut(&Finding) + Send>,
) -> Option<Vec<String>> {
    let name = connection::name(subject.environment, private).await;
    let private = private || subject.environment.is_loopback();
    let resolved = is_usable(&name);
    report.add(name);
    if !resolved {
        report.add(Check::Connection.depends_on(Check::Dns));
        return without_environment(subject, report);
    }
    let mut asker = match Asker::new(private, Arc::clone(clock)) {
        Ok(asker) => asker,
        Err(error) => {
            report.add(no_tls(&error));
            return without_environment(subject, report);
        }
    };
    let inserted = asker.get(&subject.inserted()).await;
    let reached = connection::connection(subject.environment, &inserted);
    let connected = is_usable(&reached);
    report.add(reached);
    if !connected {
        return without_environment(subject, report);
    }
    let appended = asker.get(&subject.appended()).await;
    let (finding, document) = metadata::find(subject, &inserted, &appended);
    report.add(finding);
    match &document {
        Some(document) => report.all(metadata::judge(subject, document)),
        None => report.all(IN_METADATA.map(|check| check.depends_on(Check::Metadata))),
    }
    let (findings, keys) = keys::judge(subject, &asker.get(&subject.keys()).await);
    report.all(findings);
    report.add(mcp_url::judge(subject));
    report.add(match &document {
        Some(document) => scopes::judge(subject, document),
        None => Check::Scopes.depends_on(Check::Metadata),
    });
    report.add(client::judge(subject, &mut asker, document.as_ref(), client).await);
    report.add(clock::judge(asker.skew()));
    keys
}

/// What is left to be said of an environment that cannot be reached.
fn without_environment(
    subject: &Subject<'_>,
    report: &mut Report<impl FnMut(&Finding) + Send>,
) -> Option<Vec<String>> {
    let missing = |check: Check| check.depends_on(Check::Connection);
    report.add(missing(Check::Metadata));
    report.all(IN_METADATA.map(missing));
    report.add(missing(Check::Keys));
    report.add(mcp_url::judge(subject));
    report.all([Check::Scopes, Check::Client, Check::Clock].map(missing));
    None
}

async fn about_server(
    subject: &Subject<'_>,
    clock: &Arc<dyn Clock>,
    report: &mut Report<impl FnMut(&Finding) + Send>,
) {
    // Its own network is no secret to the one who runs it.
    match Asker::new(true, Arc::clone(clock)) {
        Ok(mut asker) => {
            server::judge(subject, &mut asker, &mut |finding| report.add(finding)).await;
        }
        Err(error) => report.add(no_tls(&error)),
    }
}

fn no_tls(error: &reqwest::Error) -> Finding {
    Check::Connection.failure(
        "tls-set-up",
        format!("TLS cannot be set up on this machine: {error}"),
        "install the certificates of the usual authorities (ca-certificates)",
    )
}
