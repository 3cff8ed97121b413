//! [`diagnose`]: all checks, in their order.

use std::sync::Arc;

use auth_core::support::Clock;

use super::client::RegisteredClient;
use super::environment::connection::is_usable;
use super::environment::{clock, connection, keys, mcp_url, metadata, scopes};
use super::http::HttpClient;
#[cfg(feature = "management")]
use super::management;
use super::options::DiagnoseOptions;
use super::report::{Check, Collector};
use super::report::{Diagnosis, Finding};
use super::subject::Subject;
use super::{client, server, settings, token};
use crate::provider::ScalekitBuilder;

/// Checks a configured Scalekit environment, the MCP server if it runs, a client and a token if
/// `options` names them, and with the feature `management` the settings in Scalekit if they ask for it. `on_finding` is called with each finding as soon as it is known.
///
/// Times are compared with the clock of the settings ([`ScalekitBuilder::clock`]). The environment is
/// not contacted at private addresses unless the settings allow them
/// ([`ScalekitBuilder::allow_private_addresses`]); the MCP server may have a private address.
///
/// It never fails: whatever goes wrong is a finding.
pub async fn diagnose(
    settings: ScalekitBuilder,
    options: DiagnoseOptions,
    on_finding: impl FnMut(&Finding) + Send,
) -> Diagnosis {
    let mut report = Collector::new(on_finding);
    let clock = settings.shared_clock();
    let private = settings.allows_private_addresses();
    #[cfg(feature = "management")]
    let in_scalekit = management::Settings {
        longest_lifetime: settings.longest_lifetime(),
        missing_credentials: settings.missing_credentials(),
    };
    match settings.forward_server_metadata(false).build() {
        Ok(provider) => {
            let subject = Subject::of(&provider);
            report.add(settings::ok(&subject));
            let keys = check_environment(
                &subject,
                private,
                &clock,
                options.client.as_ref(),
                &mut report,
            )
            .await;
            check_server(&subject, &clock, &mut report).await;
            let now = clock.now();
            let findings =
                token::check(&subject, options.token.as_ref(), keys.as_deref(), now).await;
            report.all(findings);
            #[cfg(feature = "management")]
            check_in_scalekit(
                &subject,
                options.management.then_some(in_scalekit),
                &mut report,
            )
            .await;
        }
        Err(errors) => {
            report.all(settings::errors(&errors));
            let checks = AFTER_SETTINGS.iter();
            report.all(checks.map(|check| check.depends_on(Check::Settings)));
        }
    }
    report.end()
}

/// The checks that depend on valid settings.
const AFTER_SETTINGS: &[Check] = &[
    Check::Dns,
    Check::Connection,
    Check::Metadata,
    Check::Keys,
    Check::Client,
    Check::Clock,
    Check::Server,
    Check::Token,
    #[cfg(feature = "management")]
    Check::Management,
];

/// The checks that depend on the metadata.
const IN_METADATA: [Check; 4] = [
    Check::MetadataIssuer,
    Check::Pkce,
    Check::Registration,
    Check::ClientMetadataDocuments,
];

/// Checks the environment and the client; returns the ids of the environment's keys, if known.
async fn check_environment(
    subject: &Subject<'_>,
    private: bool,
    clock: &Arc<dyn Clock>,
    client: Option<&RegisteredClient>,
    report: &mut Collector<impl FnMut(&Finding) + Send>,
) -> Option<Vec<String>> {
    let name = connection::name(subject.environment, private).await;
    let private = private || subject.environment.is_loopback();
    let resolved = is_usable(&name);
    report.add(name);
    if !resolved {
        report.add(Check::Connection.depends_on(Check::Dns));
        return skip_environment(subject, report);
    }
    let mut http = match HttpClient::new(private, Arc::clone(clock)) {
        Ok(http) => http,
        Err(error) => {
            report.add(tls_unavailable(&error));
            return skip_environment(subject, report);
        }
    };
    let inserted = http.get(&subject.inserted()).await;
    let reached = connection::connection(subject.environment, &inserted);
    let connected = is_usable(&reached);
    report.add(reached);
    if !connected {
        return skip_environment(subject, report);
    }
    let appended = http.get(&subject.appended()).await;
    let (finding, document) = metadata::find(subject, &inserted, &appended);
    report.add(finding);
    match &document {
        Some(document) => report.all(metadata::check(subject, document)),
        None => report.all(IN_METADATA.map(|check| check.depends_on(Check::Metadata))),
    }
    let (findings, keys) = keys::check(subject, &http.get(&subject.keys()).await);
    report.all(findings);
    report.add(mcp_url::check(subject));
    report.add(match &document {
        Some(document) => scopes::check(subject, document),
        None => Check::Scopes.depends_on(Check::Metadata),
    });
    report.add(client::check(subject, &mut http, document.as_ref(), client).await);
    report.add(clock::check(http.skew()));
    keys
}

/// The findings that are left when the environment cannot be reached.
fn skip_environment(
    subject: &Subject<'_>,
    report: &mut Collector<impl FnMut(&Finding) + Send>,
) -> Option<Vec<String>> {
    let missing = |check: Check| check.depends_on(Check::Connection);
    report.add(missing(Check::Metadata));
    report.all(IN_METADATA.map(missing));
    report.add(missing(Check::Keys));
    report.add(mcp_url::check(subject));
    report.all([Check::Scopes, Check::Client, Check::Clock].map(missing));
    None
}

async fn check_server(
    subject: &Subject<'_>,
    clock: &Arc<dyn Clock>,
    report: &mut Collector<impl FnMut(&Finding) + Send>,
) {
    // The user runs the MCP server, so it may have a private address.
    match HttpClient::new(true, Arc::clone(clock)) {
        Ok(mut http) => {
            server::check(subject, &mut http, &mut |finding| report.add(finding)).await;
        }
        Err(error) => report.add(tls_unavailable(&error)),
    }
}

/// `None` if that was not asked for.
#[cfg(feature = "management")]
async fn check_in_scalekit(
    subject: &Subject<'_>,
    settings: Option<management::Settings>,
    report: &mut Collector<impl FnMut(&Finding) + Send>,
) {
    match settings {
        None => report.add(management::not_requested()),
        Some(_) if !report.has_passed(Check::Connection) => {
            report.add(Check::Management.depends_on(Check::Connection));
        }
        Some(settings) => {
            management::check(subject, settings, &mut |finding| report.add(finding)).await;
        }
    }
}

fn tls_unavailable(error: &reqwest::Error) -> Finding {
    Check::Connection.failure(
        "tls-set-up",
        format!("TLS cannot be set up on this machine: {error}"),
        "install the root certificates of the operating system (package ca-certificates)",
    )
}
