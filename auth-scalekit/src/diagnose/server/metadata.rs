//! Where the server's protected resource metadata is ([RFC 9728 section 3](https://www.rfc-editor.org/rfc/rfc9728#section-3)).

use crate::diagnose::http::{Document, HttpClient};
use crate::diagnose::report::{Check, Finding, format};
use crate::diagnose::subject::Subject;

const WELL_KNOWN: &str = "oauth-protected-resource";

/// The document at the URL in the challenge, or else at the well-known place.
pub(super) async fn find(
    subject: &Subject<'_>,
    http: &mut HttpClient,
    advertised: Option<&str>,
) -> (Finding, Option<Document>) {
    let check = Check::ServerMetadata;
    let well_known = subject.mcp_url.well_known_url(WELL_KNOWN);
    let at_well_known = document(http, &well_known).await;
    let advertised = advertised.filter(|url| *url != well_known);
    let at_advertised = match advertised {
        Some(url) => Some((url, document(http, url).await)),
        None => None,
    };
    match (at_well_known, at_advertised) {
        (Ok(document), None) => (check.ok(format!("it is at {well_known}")), Some(document)),
        (Ok(_), Some((_, Ok(document)))) => (
            check.ok("it is at the URL in the challenge, and at the well-known place"),
            Some(document),
        ),
        (Err(problem), Some((advertised, Ok(document)))) => (
            check.warning(
                "not-well-known",
                format!(
                    "it is at {} and not at the well-known place {well_known}: {problem}",
                    format::quoted(advertised)
                ),
                "let a proxy in front forward /.well-known/ to the server",
            ),
            Some(document),
        ),
        (Ok(document), Some((advertised, Err(problem)))) => (
            check.failure(
                "not-where-told",
                format!("the challenge names {}: {problem}", format::quoted(advertised)),
                format!("let the server name {well_known}"),
            ),
            Some(document),
        ),
        (Err(problem), _) => (
            check.failure(
                "missing",
                format!("there is none at {well_known}: {problem}"),
                "put AuthLayer around the whole router, and let a proxy in front forward /.well-known/ to it",
            ),
            None,
        ),
    }
}

async fn document(http: &mut HttpClient, url: &str) -> Result<Document, String> {
    let answer = http
        .get(url)
        .await
        .map_err(|problem| format!("it {}", problem.what()))?;
    answer.object()
}
