//! Whether clients that run in a browser can log in.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
    HeaderName,
};
use http::{Method, StatusCode};

use super::asking::{Answer, Asker};
use super::check::Check;
use super::finding::Finding;
use super::server;
use super::subject::Subject;

/// Where MCP Inspector runs.
const INSPECTOR: &str = "http://localhost:6274";

/// A preflight for a page lets it call, and the 401 lets it read the challenge
/// ([Fetch, section 3.3](https://fetch.spec.whatwg.org/#http-cors-protocol)). The page is of
/// this machine for a server on it, and otherwise of the server's own origin.
pub(super) async fn judge(subject: &Subject<'_>, asker: &mut Asker) -> Finding {
    let origin = if subject.mcp_url.is_loopback() {
        INSPECTOR
    } else {
        subject.mcp_url.origin()
    };
    let preflight = asker
        .client()
        .request(Method::OPTIONS, subject.mcp_url.as_str())
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        );
    let problem = match asker.send(preflight).await {
        Ok(answer) => preflight_problem(&answer, origin),
        Err(problem) => Some((
            "preflight",
            format!("a preflight is not answered: the server {}", problem.what()),
        )),
    };
    let problem = match problem {
        Some(problem) => Some(problem),
        None => match server::call(subject, asker, Some(origin)).await {
            Ok(answer) => challenge_problem(&answer, origin),
            Err(problem) => Some((
                "challenge",
                format!("its call is not answered: the server {}", problem.what()),
            )),
        },
    };
    match problem {
        None => Check::ServerCors.ok(format!("pages of {origin} can call and read the challenge")),
        Some((trouble, problem)) => Check::ServerCors.warning(
            trouble,
            format!("a page of {origin} cannot log in: {problem}"),
            "put auth_core::cors around the auth layer, with the origins of the pages that may call",
        ),
    }
}

fn preflight_problem(answer: &Answer, origin: &str) -> Option<(&'static str, String)> {
    let problem = if !answer.status.is_success() {
        format!(
            "a preflight is answered with status {}",
            answer.status.as_u16()
        )
    } else if !lets_in(answer, origin) {
        "a preflight does not let it in".into()
    } else if !lists(answer, ACCESS_CONTROL_ALLOW_HEADERS, "authorization") {
        "a preflight does not allow the header Authorization".into()
    } else {
        return None;
    };
    Some(("preflight", problem))
}

fn challenge_problem(answer: &Answer, origin: &str) -> Option<(&'static str, String)> {
    let problem = if answer.status != StatusCode::UNAUTHORIZED {
        format!(
            "its call is answered with status {}",
            answer.status.as_u16()
        )
    } else if !lets_in(answer, origin) {
        "it cannot read the 401".into()
    } else if !lists(answer, ACCESS_CONTROL_EXPOSE_HEADERS, "www-authenticate") {
        "the 401 does not expose WWW-Authenticate".into()
    } else {
        return None;
    };
    Some(("challenge", problem))
}

fn lets_in(answer: &Answer, origin: &str) -> bool {
    let mut allowed = answer.header(ACCESS_CONTROL_ALLOW_ORIGIN);
    allowed.any(|allowed| allowed == origin || allowed == "*")
}

/// Whether a list of header names has this one. `*` stands for all but `Authorization`.
fn lists(answer: &Answer, list: HeaderName, wanted: &str) -> bool {
    let mut names = answer.header(list).flat_map(|names| names.split(','));
    names.any(|name| {
        let name = name.trim();
        name.eq_ignore_ascii_case(wanted) || (name == "*" && wanted != "authorization")
    })
}
