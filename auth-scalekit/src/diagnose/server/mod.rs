//! The MCP server itself, as a client without a token meets it.
//!
//! | file | what is checked |
//! |---|---|
//! | `challenge`, `bearer_parameter` | the 401, and what its `WWW-Authenticate` names |
//! | `metadata` | where the server's metadata is |
//! | `document` | what it says of the server |
//! | `names` | whether two URLs are of one server |
//! | `cors` | what a page in a browser may do |

mod bearer_parameter;
mod challenge;
mod cors;
mod document;
mod metadata;
mod names;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};

use crate::diagnose::http::{Answer, Asker, NoAnswer};
use crate::diagnose::report::{Check, Finding};
use crate::diagnose::subject::Subject;

/// Harmless where nobody asks for a token.
const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

/// Everything about the server, as far as it answers; `tell` gets each finding as it is known.
pub(super) async fn judge(
    subject: &Subject<'_>,
    asker: &mut Asker,
    tell: &mut (dyn FnMut(Finding) + Send),
) {
    let challenged = match call(subject, asker, None).await {
        Ok(answer) => answer,
        Err(problem) => return absent(subject, &problem).into_iter().for_each(tell),
    };
    tell(Check::Server.ok(format!("{} answers", subject.mcp_url)));
    let (challenge, told) = challenge::judge(subject, &challenged);
    tell(challenge);
    let (metadata, said) = metadata::find(subject, asker, told.as_deref()).await;
    tell(metadata);
    match said {
        Some(said) => {
            tell(document::resource(subject, &said));
            tell(document::authorization_servers(subject, &said));
        }
        None => [Check::ServerResource, Check::ServerAuthorizationServers]
            .map(|check| check.depends_on(Check::ServerMetadata))
            .into_iter()
            .for_each(&mut *tell),
    }
    tell(if challenged.status == StatusCode::UNAUTHORIZED {
        cors::judge(subject, asker).await
    } else {
        Check::ServerCors.depends_on(Check::ServerChallenge)
    });
}

/// A request without a token, as by a page of `origin` or by no page.
async fn call(
    subject: &Subject<'_>,
    asker: &mut Asker,
    origin: Option<&str>,
) -> Result<Answer, NoAnswer> {
    let mut request = asker
        .client()
        .post(subject.mcp_url.as_str())
        .header(CONTENT_TYPE, "application/json")
        .header("accept", "application/json, text/event-stream")
        .body(PING);
    if let Some(origin) = origin.and_then(|origin| HeaderValue::from_str(origin).ok()) {
        request = request.header("origin", origin);
    }
    asker.send(request).await
}

/// A server that does not run is no failure: the environment can be checked before.
fn absent(subject: &Subject<'_>, problem: &NoAnswer) -> Vec<Finding> {
    let what = match problem {
        NoAnswer::Refused => format!("not running: {} refuses connections", subject.mcp_url),
        problem => format!("not reached: {} {}", subject.mcp_url, problem.what()),
    };
    let trouble = match problem {
        NoAnswer::Refused => "not-running",
        problem => problem.trouble(),
    };
    let rest = [
        Check::ServerChallenge,
        Check::ServerMetadata,
        Check::ServerResource,
        Check::ServerAuthorizationServers,
        Check::ServerCors,
    ];
    std::iter::once(Check::Server.skipped(trouble, what))
        .chain(rest.map(|check| check.depends_on(Check::Server)))
        .collect()
}
