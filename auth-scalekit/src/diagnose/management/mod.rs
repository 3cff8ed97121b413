//! The settings in Scalekit, read from the management API: what the client credentials permit, and whether the MCP
//! server that is configured there fits this one.
//!
//! | file | job |
//! |---|---|
//! | `calls` | the calls that are made, each with its permission and what needs it |
//! | `reader` | makes them one after the other, until the API does not answer |
//! | `requests` | each call |
//! | `found` | what the checks and later calls need of the answers |
//! | `answer` | how a call ended: allowed, forbidden, not judged, not made |
//! | `credential` | the client credentials are accepted |
//! | `permissions` | which calls they permit |
//! | `resource` | the MCP server exists, and its URL |
//! | `scopes` | the scopes that are enabled |
//! | `document` | the metadata document that Scalekit proposes |
//! | `registration` | how clients can register, and which have |
//! | `consent` | what users decide, and what they have decided |
//! | `lifetime` | the lifetime of access tokens |
//!
//! The calls change nothing, and nothing of people is in the findings: only numbers of clients and consents.

mod answer;
mod calls;
mod consent;
mod credential;
mod document;
mod found;
mod lifetime;
mod permissions;
mod reader;
mod registration;
mod requests;
mod resource;
mod scopes;

use std::time::Duration;

use crate::diagnose::report::{Check, Finding};
use crate::diagnose::subject::Subject;
use calls::Call;
use reader::Reader;

/// What the checks need of the settings beside the [`Subject`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    /// The longest accepted lifetime of a token, if there is a limit.
    pub(super) longest_lifetime: Option<Duration>,
    /// Why there are no client credentials, unless there are some.
    pub(super) missing_credentials: Option<&'static str>,
}

/// The finding when these checks were not asked for.
pub(super) fn not_requested() -> Finding {
    Check::Management.skipped(
        "not-given",
        "the settings in Scalekit were not read, since that was not asked for (--management of \
         scalekit-doctor)",
    )
}

pub(super) async fn check(
    subject: &Subject<'_>,
    settings: Settings,
    report: &mut (dyn FnMut(Finding) + Send),
) {
    let Some(management) = subject.provider.management() else {
        report(credential::missing(settings.missing_credentials));
        return depend(&AFTER_CREDENTIAL, Check::Management, report);
    };
    let mut reader = Reader::new(management, subject.resource_id);
    reader.make(Call::Resource).await;
    match credential::check(&reader.answer(Call::Resource)) {
        Ok(finding) => report(finding),
        Err(finding) => {
            report(finding);
            return depend(&AFTER_CREDENTIAL, Check::Management, report);
        }
    }
    reader.make(Call::Clients).await;
    reader.make(Call::Consents).await;
    check_resource(subject, settings, &reader, report);
    report(registration::clients(&reader));
    report(consent::consents(&reader));
    reader.make_the_rest().await;
    permissions::check(reader.answers())
        .into_iter()
        .for_each(report);
}

fn check_resource(
    subject: &Subject<'_>,
    settings: Settings,
    reader: &Reader<'_>,
    report: &mut (dyn FnMut(Finding) + Send),
) {
    report(resource::check(subject, reader));
    let Some(found) = &reader.found.resource else {
        return depend(&IN_RESOURCE, Check::Resource, report);
    };
    report(resource::url(subject, found));
    report(scopes::check(subject, found));
    report(document::check(subject, found));
    report(registration::check(found, reader.found.clients));
    report(consent::settings(subject, found));
    report(lifetime::check(found, settings.longest_lifetime));
    report(registration::cross_app_access(found));
}

/// The checks that depend on accepted credentials.
const AFTER_CREDENTIAL: [Check; 4] = [
    Check::Resource,
    Check::ResourceClients,
    Check::ResourceConsents,
    Check::ManagementPermissions,
];

/// The checks that depend on a known resource.
const IN_RESOURCE: [Check; 7] = [
    Check::ResourceUrl,
    Check::ResourceScopes,
    Check::ResourceMetadata,
    Check::ResourceRegistration,
    Check::ResourceConsentSettings,
    Check::ResourceLifetime,
    Check::ResourceXaa,
];

fn depend(checks: &[Check], on: Check, report: &mut (dyn FnMut(Finding) + Send)) {
    checks
        .iter()
        .map(|check| check.depends_on(on))
        .for_each(report);
}
