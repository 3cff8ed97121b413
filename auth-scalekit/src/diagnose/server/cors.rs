//! Whether clients that run in a browser can log in.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
    HeaderName,
};
use http::{Method, StatusCode};

use crate::diagnose::http::{HttpClient, HttpReply, TransportError};
use crate::diagnose::report::{Check, Finding};
use crate::diagnose::subject::Subject;

/// Where MCP Inspector runs.
const INSPECTOR: &str = "http://localhost:6274";

/// A preflight for a page lets it call, and the 401 lets it read the challenge
/// ([Fetch, section 3.3](https://fetch.spec.whatwg.org/#http-cors-protocol)). The page is of
/// this machine for a server on it, and otherwise of the server's own origin.
pub(super) async fn check(subject: &Subject<'_>, http: &mut HttpClient) -> Finding {
    let origin = if subject.mcp_url.is_loopback() {
        INSPECTOR
    } else {
        subject.mcp_url.origin()
    };
    let preflight = http
        .client()
        .request(Method::OPTIONS, subject.mcp_url.as_str())
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        );
    let problem = match preflight_step().problem(&http.send(preflight).await, origin) {
        Some(problem) => Some(problem),
        None => challenge_step().problem(&super::call(subject, http, Some(origin)).await, origin),
    };
    match problem {
        None => Check::ServerCors.ok(format!("pages of {origin} can call and read the challenge")),
        Some((code, problem)) => Check::ServerCors.warning(
            code,
            format!("a page of {origin} cannot log in: {problem}"),
            "put auth_core::layer::cors around the auth layer, with the origins of the pages that may call",
        ),
    }
}

/// One reply that a page needs before it can log in, and what it must contain.
struct Step {
    code: &'static str,
    /// The request, as the subject of a sentence.
    request: &'static str,
    expects: fn(StatusCode) -> bool,
    list: HeaderName,
    listed: &'static str,
    /// The problem when the origin of the page is not allowed.
    not_allowed: &'static str,
    /// The problem when the header is not listed.
    unlisted: &'static str,
}

fn preflight_step() -> Step {
    Step {
        code: "preflight",
        request: "a preflight",
        expects: |status| status.is_success(),
        list: ACCESS_CONTROL_ALLOW_HEADERS,
        listed: "authorization",
        not_allowed: "a preflight does not allow its origin",
        unlisted: "a preflight does not allow the header Authorization",
    }
}

fn challenge_step() -> Step {
    Step {
        code: "challenge",
        request: "its call",
        expects: |status| status == StatusCode::UNAUTHORIZED,
        list: ACCESS_CONTROL_EXPOSE_HEADERS,
        listed: "www-authenticate",
        not_allowed: "it cannot read the 401",
        unlisted: "the 401 does not expose WWW-Authenticate",
    }
}

impl Step {
    /// The problem that keeps a page of `origin` from its next step, with its identifier.
    fn problem(
        self,
        answer: &Result<HttpReply, TransportError>,
        origin: &str,
    ) -> Option<(&'static str, String)> {
        let request = self.request;
        let problem = match answer {
            Err(problem) => format!("{request} gets no reply: the server {}", problem.what()),
            Ok(answer) if !(self.expects)(answer.status) => {
                format!("{request} gets status {}", answer.status.as_u16())
            }
            Ok(answer) if !allows(answer, origin) => self.not_allowed.into(),
            Ok(answer) if !lists(answer, self.list, self.listed) => self.unlisted.into(),
            Ok(_) => return None,
        };
        Some((self.code, problem))
    }
}

fn allows(answer: &HttpReply, origin: &str) -> bool {
    let mut allowed = answer.header(ACCESS_CONTROL_ALLOW_ORIGIN);
    allowed.any(|allowed| allowed == origin || allowed == "*")
}

/// Whether a list of header names has this one. `*` stands for all but `Authorization`.
fn lists(answer: &HttpReply, list: HeaderName, wanted: &str) -> bool {
    let mut names = answer.header(list).flat_map(|names| names.split(','));
    names.any(|name| {
        let name = name.trim();
        name.eq_ignore_ascii_case(wanted) || (name == "*" && wanted != "authorization")
    })
}
