//! The MCP server itself, as a client without a token meets it.

use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use url::{Host, Url};

use super::asking::{Answer, Asker, NoAnswer};
use super::challenge::{Found, bearer_parameter};
use super::check::Check;
use super::cors;
use super::finding::Finding;
use super::metadata::{Document, text, texts};
use super::show;
use super::subject::Subject;

const WELL_KNOWN: &str = "oauth-protected-resource";
/// Harmless where nobody asks for a token.
const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

const RESTART: &str = "restart the MCP server with these settings";

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
    let (challenge, told) = challenge(subject, &challenged);
    tell(challenge);
    let (metadata, document) = metadata(subject, asker, told.as_deref()).await;
    tell(metadata);
    match document {
        Some(document) => {
            tell(resource(subject, &document));
            tell(authorization_servers(subject, &document));
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
pub(super) async fn call(
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

/// 401 with `resource_metadata`
/// ([RFC 9728 section 5.1](https://www.rfc-editor.org/rfc/rfc9728#section-5.1)); also its value,
/// if it may be followed.
fn challenge(subject: &Subject<'_>, answer: &Answer) -> (Finding, Option<String>) {
    let check = Check::ServerChallenge;
    if answer.status != StatusCode::UNAUTHORIZED {
        return (not_challenged(answer.status), None);
    }
    let finding = match bearer_parameter(answer.header(WWW_AUTHENTICATE), "resource_metadata") {
        Found::NoBearer => check.failure(
            "no-bearer",
            "the 401 has no Bearer challenge in WWW-Authenticate",
            "put AuthLayer around the MCP endpoint, and let no proxy take the header out",
        ),
        Found::NoParameter => check.failure(
            "no-resource-metadata",
            "the Bearer challenge has no resource_metadata",
            "put AuthLayer around the MCP endpoint, which says it",
        ),
        Found::Value(url) if same_origin(&url, subject.mcp_url.as_str()) => {
            return (
                check.ok("401 with a Bearer challenge, which names the metadata"),
                Some(url),
            );
        }
        Found::Value(url) => check.failure(
            "another-origin",
            format!(
                "the challenge names metadata at another origin than {}: {}",
                subject.mcp_url.origin(),
                show::quoted(&url)
            ),
            same_name(&url, subject),
        ),
    };
    (finding, None)
}

fn not_challenged(status: StatusCode) -> Finding {
    let (trouble, what, fix) = if status.is_success() {
        (
            "unprotected",
            "a request without a token is served",
            "put AuthLayer around the MCP endpoint (auth_core::axum::protect)",
        )
    } else if status == StatusCode::NOT_FOUND || status == StatusCode::METHOD_NOT_ALLOWED {
        (
            "not-here",
            "there is no MCP endpoint at this path",
            "set SCALEKIT_MCP_URL to the URL of the endpoint with its path, such as https://mcp.example.com/mcp",
        )
    } else if status.is_redirection() {
        (
            "redirect",
            "a request is sent elsewhere, and MCP clients do not follow",
            "set SCALEKIT_MCP_URL to the final URL, byte for byte",
        )
    } else {
        (
            "status",
            "a request without a token is not answered with 401",
            "look into the log of the server; 403 comes from a proxy or from a foreign host name",
        )
    };
    Check::ServerChallenge.failure(trouble, format!("{what} (status {})", status.as_u16()), fix)
}

/// The document at the place that the challenge names, and at the well-known place.
async fn metadata(
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
                    show::quoted(told)
                ),
                "let a proxy in front pass /.well-known/ on to the server",
            ),
            Some(document),
        ),
        (Ok(document), Some((told, Err(problem)))) => (
            check.failure(
                "not-where-told",
                format!("the challenge names {}: {problem}", show::quoted(told)),
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

/// `resource` equals the URL that clients call, byte for byte
/// ([RFC 9728 section 3.3](https://www.rfc-editor.org/rfc/rfc9728#section-3.3)).
fn resource(subject: &Subject<'_>, document: &Document) -> Finding {
    let check = Check::ServerResource;
    let expected = subject.mcp_url.as_str();
    match text(document, "resource") {
        Some(resource) if resource == expected => {
            check.ok(format!("the server calls itself {expected}"))
        }
        Some(resource) => {
            let trouble = if differ_in_loopback_name(resource, expected) {
                "loopback-name"
            } else if resource.trim_end_matches('/') == expected {
                "trailing-slash"
            } else {
                "another-resource"
            };
            let what = format!(
                "the server calls itself {}, and is called at {expected}",
                show::quoted(resource)
            );
            check.failure(trouble, what, same_name(resource, subject))
        }
        None => check.failure("missing", "the metadata has no resource", RESTART),
    }
}

/// What to change about two names of one server.
fn same_name(other: &str, subject: &Subject<'_>) -> String {
    if differ_in_loopback_name(other, subject.mcp_url.as_str()) {
        "write the same name of this machine in SCALEKIT_MCP_URL of the server, here, and in the clients: \
         either localhost or 127.0.0.1"
            .into()
    } else {
        format!("{RESTART}, SCALEKIT_MCP_URL={} above all", subject.mcp_url)
    }
}

fn authorization_servers(subject: &Subject<'_>, document: &Document) -> Finding {
    let check = Check::ServerAuthorizationServers;
    let expected = subject.authorization_server;
    let named = || texts(document, "authorization_servers");
    if named().any(|server| server == expected) {
        return check.ok(format!("clients are sent to {expected}"));
    }
    let what = format!(
        "clients are sent to {}, not to {expected}",
        show::list(named())
    );
    if named().any(|server| server == subject.environment.as_str()) {
        return check.warning(
            "environment",
            what,
            format!("{RESTART}: tokens of the environment itself may lack the resource id in aud"),
        );
    }
    let fix =
        format!("{RESTART}: it runs with another SCALEKIT_ENVIRONMENT_URL or SCALEKIT_RESOURCE_ID");
    check.failure("another-issuer", what, fix)
}

/// Scheme, host and port are the same.
fn same_origin(one: &str, other: &str) -> bool {
    match (Url::parse(one), Url::parse(other)) {
        (Ok(one), Ok(other)) => {
            one.origin() == other.origin() && one.username().is_empty() && one.password().is_none()
        }
        _ => false,
    }
}

/// Whether both are this machine at the same port, under different names.
fn differ_in_loopback_name(one: &str, other: &str) -> bool {
    let (Ok(one), Ok(other)) = (Url::parse(one), Url::parse(other)) else {
        return false;
    };
    let local = |url: &Url| match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    local(&one)
        && local(&other)
        && one.host() != other.host()
        && one.port_or_known_default() == other.port_or_known_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_an_answer_may_lead() {
        let ours = "http://localhost:8000/mcp";
        for (url, same) in [
            ("http://localhost:8000/.well-known/x", true),
            ("http://localhost:8001/", false),
            ("https://localhost:8000/", false),
            ("http://127.0.0.1:8000/", false),
            ("http://me@localhost:8000/", false),
            ("http://localhost:8000@evil.example/", false),
            ("/relative", false),
            ("", false),
        ] {
            assert_eq!(same_origin(url, ours), same, "{url}");
        }
    }

    #[test]
    fn names_of_this_machine() {
        let ours = "http://localhost:8000/mcp";
        for (url, differ) in [
            ("http://127.0.0.1:8000/mcp", true),
            ("http://[::1]:8000/mcp", true),
            ("http://localhost:8000/mcp", false),
            ("http://127.0.0.1:8001/mcp", false),
            ("https://mcp.example.com/mcp", false),
            ("", false),
        ] {
            assert_eq!(differ_in_loopback_name(url, ours), differ, "{url}");
        }
    }
}
