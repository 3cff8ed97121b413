//! Where the server's metadata is ([RFC 9728 section 3](https://www.rfc-editor.org/rfc/rfc9728#section-3)).

use crate::diagnose::environment::metadata::Document;
use crate::diagnose::http::Asker;
use crate::diagnose::report::{Check, Finding, format};
use crate::diagnose::subject::Subject;

const WELL_KNOWN: &str = "oauth-protected-resource";

/// The document at the place that the challenge names, and at the well-known place.
pub(super) async fn find(
    subject: &Subject<'_>,
    asker: &mut Asker,
    told: Option<&str>,
) -> (Finding, Option<Document>) {
    let check = Check::ServerMetadata;
    let well_known = subject.mcp_url.well_known_url(WELL_KNOWN);
    let at_well_known = document(asker, &well_known).await;
    let told = told.filter(|told| *told != well_known);
    let at_told = match told {
        Some(told) => Some((told, document(asker, told).await)),
        None => None,
    };
    match (at_well_known, at_told) {
        (Ok(document), None) => (check.ok(format!("it is at {well_known}")), Some(document)),
        (Ok(_), Some((_, Ok(document)))) => (
            check.ok("it is where the challenge says, and at the well-known place"),
            Some(document),
        ),
        (Err(problem), Some((told, Ok(document)))) => (
            check.warning(
                "not-well-known",
                format!(
                    "it is at {} and not at the well-known place {well_known}: {problem}",
                    format::quoted(told)
                ),
                "let a proxy in front pass /.well-known/ on to the server",
            ),
            Some(document),
        ),
        (Ok(document), Some((told, Err(problem)))) => (
            check.failure(
                "not-where-told",
                format!("the challenge names {}: {problem}", format::quoted(told)),
                format!("let the server name {well_known}"),
            ),
            Some(document),
        ),
        (Err(problem), _) => (
            check.failure(
                "missing",
                format!("there is none at {well_known}: {problem}"),
                "put AuthLayer around the whole router, and let a proxy in front pass /.well-known/ on to it",
            ),
            None,
        ),
    }
}

async fn document(asker: &mut Asker, url: &str) -> Result<Document, String> {
    let answer = asker
        .get(url)
        .await
        .map_err(|problem| format!("it {}", problem.what()))?;
    answer.object()
}
