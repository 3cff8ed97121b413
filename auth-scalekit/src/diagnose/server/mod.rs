//! The MCP server, as a client without a token sees it.
//!
//! | file | what is checked |
//! |---|---|
//! | `challenge` | the 401, and what its `WWW-Authenticate` names |
//! | `metadata` | where the server's metadata is |
//! | `document` | the contents of that metadata |
//! | `names` | whether two URLs name the same server |
//! | `cors` | what a page in a browser may do |

mod challenge;
mod cors;
mod document;
mod metadata;
mod names;

#[cfg(feature = "management")]
pub(super) use names::differ_in_loopback_name;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};

use crate::diagnose::http::{HttpClient, HttpReply, TransportError};
use crate::diagnose::report::{Check, Finding};
use crate::diagnose::subject::Subject;

/// A request without side effects, in case the server is not protected.
const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

/// Checks the server. `report` receives each finding as soon as it is known.
pub(super) async fn check(
    subject: &Subject<'_>,
    http: &mut HttpClient,
    report: &mut (dyn FnMut(Finding) + Send),
) {
    let challenged = match call(subject, http, None).await {
        Ok(answer) => answer,
        Err(problem) => return unreachable(subject, &problem).into_iter().for_each(report),
    };
    report(Check::Server.ok(format!("{} answers", subject.mcp_url)));
    let (challenge, advertised) = challenge::check(subject, &challenged);
    report(challenge);
    let (metadata, document) = metadata::find(subject, http, advertised.as_deref()).await;
    report(metadata);
    match document {
        Some(document) => {
            report(document::resource(subject, &document));
            report(document::authorization_servers(subject, &document));
        }
        None => [Check::ServerResource, Check::ServerAuthorizationServers]
            .map(|check| check.depends_on(Check::ServerMetadata))
            .into_iter()
            .for_each(&mut *report),
    }
    report(if challenged.status == StatusCode::UNAUTHORIZED {
        cors::check(subject, http).await
    } else {
        Check::ServerCors.depends_on(Check::ServerChallenge)
    });
}

/// Sends a request without a token, with the header `Origin` if there is one.
async fn call(
    subject: &Subject<'_>,
    http: &mut HttpClient,
    origin: Option<&str>,
) -> Result<HttpReply, TransportError> {
    let mut request = http
        .client()
        .post(subject.mcp_url.as_str())
        .header(CONTENT_TYPE, "application/json")
        .header("accept", "application/json, text/event-stream")
        .body(PING);
    if let Some(origin) = origin.and_then(|origin| HeaderValue::from_str(origin).ok()) {
        request = request.header("origin", origin);
    }
    http.send(request).await
}

/// The findings for a server that does not reply. It is not a failure: the environment can be checked
/// before the server runs.
fn unreachable(subject: &Subject<'_>, problem: &TransportError) -> Vec<Finding> {
    let what = match problem {
        TransportError::Refused => format!("not running: {} refuses connections", subject.mcp_url),
        problem => format!("not reached: {} {}", subject.mcp_url, problem.what()),
    };
    let code = match problem {
        TransportError::Refused => "not-running",
        problem => problem.code(),
    };
    let rest = [
        Check::ServerChallenge,
        Check::ServerMetadata,
        Check::ServerResource,
        Check::ServerAuthorizationServers,
        Check::ServerCors,
    ];
    std::iter::once(Check::Server.skipped(code, what))
        .chain(rest.map(|check| check.depends_on(Check::Server)))
        .collect()
}
