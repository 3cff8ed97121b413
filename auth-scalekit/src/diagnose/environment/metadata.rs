//! The authorization server's metadata
//! ([RFC 8414](https://www.rfc-editor.org/rfc/rfc8414#section-2)), at both well-known places.

use http::StatusCode;
use serde_json::Value;

use crate::diagnose::http::{Document, HttpReply, TransportError, text, texts};
use crate::diagnose::report::{Check, Finding, format};
use crate::diagnose::subject::Subject;

pub(crate) const FIND_RESOURCE: &str = "copy the resource id of the MCP server from the Scalekit dashboard (MCP Servers) \
     of this environment, or set SCALEKIT_ENVIRONMENT_URL to the environment that has it";

/// The document at one well-known place.
struct Location {
    url: String,
    found: Result<Document, String>,
    unknown: bool,
}

impl Location {
    fn of(url: String, answer: &Result<HttpReply, TransportError>) -> Self {
        match answer {
            Ok(answer) => Self {
                url,
                found: answer.object(),
                unknown: answer.status == StatusCode::NOT_FOUND,
            },
            Err(problem) => Self {
                url,
                found: Err(problem.what()),
                unknown: false,
            },
        }
    }
}

/// The finding about both places, and the document of the first place that has one.
pub(crate) fn find(
    subject: &Subject<'_>,
    inserted: &Result<HttpReply, TransportError>,
    appended: &Result<HttpReply, TransportError>,
) -> (Finding, Option<Document>) {
    let places = [
        Location::of(subject.inserted(), inserted),
        Location::of(subject.appended(), appended),
    ];
    let check = Check::Metadata;
    let [first, second] = &places;
    let finding = match (&first.found, &second.found) {
        (Ok(_), Ok(_)) => check.ok(format!(
            "the metadata of {} is at both well-known places",
            subject.authorization_server
        )),
        (Ok(_), Err(problem)) => only(first, second, problem),
        (Err(problem), Ok(_)) => only(second, first, problem),
        (Err(_), Err(_)) if first.unknown && second.unknown => check.failure(
            "unknown-resource",
            format!(
                "{} does not know the resource id {}: its metadata is at neither well-known place (status 404)",
                subject.environment, subject.resource_id
            ),
            FIND_RESOURCE,
        ),
        (Err(one), Err(other)) => check.failure(
            "bad-answer",
            format!(
                "the metadata of {} cannot be used: {one} at {}, {other} at {}",
                subject.authorization_server, first.url, second.url
            ),
            "check that SCALEKIT_ENVIRONMENT_URL is the URL of an environment, not of a page or a proxy",
        ),
    };
    let document = places.into_iter().find_map(|place| place.found.ok());
    (finding, document)
}

fn only(here: &Location, missing: &Location, problem: &str) -> Finding {
    Check::Metadata.note(format!(
        "the metadata is at {} only, not at {} ({problem}); clients should try both",
        here.url, missing.url
    ))
}

/// All checks of the document.
pub(crate) fn check(subject: &Subject<'_>, document: &Document) -> Vec<Finding> {
    vec![
        issuer(subject, document),
        pkce(document),
        registration(document),
        client_metadata_documents(document),
    ]
}

/// `issuer` equals the URL from which the location of the document was derived
/// ([section 3.3](https://www.rfc-editor.org/rfc/rfc8414#section-3.3)).
fn issuer(subject: &Subject<'_>, document: &Document) -> Finding {
    let check = Check::MetadataIssuer;
    let expected = subject.authorization_server;
    match text(document, "issuer") {
        Some(issuer) if issuer == expected => check.ok(format!("the issuer is {expected}")),
        Some(issuer) if issuer == subject.environment.as_str() => check.note(format!(
            "the issuer is {issuer}, as it was before each resource had an issuer; it is accepted"
        )),
        Some(issuer) => check.failure(
            "another-issuer",
            format!("the metadata is about {}, not {expected}", format::quoted(issuer)),
            format!(
                "set SCALEKIT_ENVIRONMENT_URL to the URL of the environment as the dashboard shows it; \
                 if it is {}, a proxy in between changes replies",
                subject.environment
            ),
        ),
        None => check.failure(
            "no-issuer",
            "the metadata names no issuer",
            "check that SCALEKIT_ENVIRONMENT_URL leads to Scalekit",
        ),
    }
}

/// S256 is listed ([RFC 7636 section 4.2](https://www.rfc-editor.org/rfc/rfc7636#section-4.2)).
fn pkce(document: &Document) -> Finding {
    if texts(document, "code_challenge_methods_supported").any(|method| method == "S256") {
        return Check::Pkce.ok("S256 is offered");
    }
    Check::Pkce.failure(
        "no-s256",
        "code_challenge_methods_supported does not list S256",
        "check that SCALEKIT_ENVIRONMENT_URL leads to Scalekit, which offers it, and ask its support otherwise",
    )
}

/// `registration_endpoint` is present ([RFC 7591 section 3](https://www.rfc-editor.org/rfc/rfc7591#section-3)).
fn registration(document: &Document) -> Finding {
    match text(document, "registration_endpoint") {
        Some(_) => Check::Registration.ok("clients can register dynamically"),
        None => Check::Registration.warning(
            "off",
            "dynamic client registration is off: the metadata has no registration_endpoint",
            "turn it on for the MCP server in the Scalekit dashboard (MCP Servers), or register each client \
             manually, with its exact redirect URI, and give it that client id (--client-id and --callback-port of the example client)",
        ),
    }
}

fn client_metadata_documents(document: &Document) -> Finding {
    let flag = "client_id_metadata_document_supported";
    if document.get(flag) == Some(&Value::Bool(true)) {
        Check::ClientMetadataDocuments.ok("client id metadata documents are supported")
    } else {
        Check::ClientMetadataDocuments.note(format!(
            "client id metadata documents are not supported: the metadata does not set {flag}"
        ))
    }
}
