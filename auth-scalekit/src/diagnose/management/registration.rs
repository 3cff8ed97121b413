//! How clients become known to the issuer, and how many have.

use super::calls::Call;
use super::found::ClientNumbers;
use super::reader::Reader;
use crate::diagnose::report::{Check, Finding};
use crate::management::Resource;

const OPEN: &str = "turn on dynamic client registration for the MCP server in the Scalekit \
    dashboard (MCP Servers)";
const CREATE: &str = "create a client there for each, with its exact redirect URI";

pub(super) fn check(resource: &Resource, clients: Option<ClientNumbers>) -> Finding {
    let check = Check::ResourceRegistration;
    let listed = resource
        .cimd_client_allowlist_enabled
        .then_some(resource.cimd_client_allowlist.len());
    let documents = resource.enable_cimd && listed != Some(0);
    if !resource.disable_dynamic_client_registration {
        return check.ok(match (documents, listed) {
            (false, _) => "clients can register themselves".to_owned(),
            (true, None) => "clients can register themselves, or name a metadata document".into(),
            (true, Some(n)) => format!(
                "clients can register themselves, or name one of {n} allowed metadata documents"
            ),
        });
    }
    if documents {
        let (code, what) = match listed {
            None => (
                "documents-only",
                "clients cannot register themselves: only those with a metadata document (CIMD) \
                 can log in"
                    .to_owned(),
            ),
            Some(n) => (
                "listed-only",
                format!(
                    "clients cannot register themselves: only those of the {n} entries of the \
                     allowlist can log in"
                ),
            ),
        };
        return check.warning(
            code,
            what,
            format!("{OPEN} if others shall log in, or {CREATE}"),
        );
    }
    closed(clients)
}

/// No client can become known by itself.
fn closed(numbers: Option<ClientNumbers>) -> Finding {
    let check = Check::ResourceRegistration;
    let fix = format!("{OPEN}, or metadata documents of clients (CIMD), or {CREATE}");
    match numbers {
        Some(ClientNumbers {
            created: 0,
            registered,
            ..
        }) => check.failure(
            "closed",
            format!(
                "no client can register: registration and metadata documents are off, and no \
                 client was created ({registered} registered before)"
            ),
            fix,
        ),
        Some(ClientNumbers { created, .. }) => check.warning(
            "created-only",
            format!("only clients that were created in the dashboard can log in: {created}"),
            fix,
        ),
        None => check.warning(
            "created-only",
            "only clients that were created in the dashboard can log in, and how many there are \
             is not known",
            fix,
        ),
    }
}

/// Numbers alone: names of clients are chosen by others.
pub(super) fn clients(reader: &Reader<'_>) -> Finding {
    let check = Check::ResourceClients;
    match (reader.found.clients, reader.answer(Call::Clients)) {
        (Some(numbers), _) => {
            let ClientNumbers {
                created,
                registered,
                documents,
            } = numbers;
            check.ok(format!(
                "{} clients: {created} created in the dashboard or by the API, {registered} \
                 registered by themselves, {documents} with a metadata document",
                created + registered + documents
            ))
        }
        (None, Err(problem)) => problem.skip(check),
        (None, Ok(())) => check.depends_on(Check::Management),
    }
}

pub(super) fn cross_app_access(resource: &Resource) -> Finding {
    match resource.xaa_enabled {
        true => Check::ResourceXaa.note(
            "cross-app access (XAA) is enabled: trusted identity providers get tokens for their \
             clients",
        ),
        false => Check::ResourceXaa.ok("cross-app access (XAA) is off"),
    }
}
