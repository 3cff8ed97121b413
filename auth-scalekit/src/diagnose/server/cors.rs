//! Whether clients that run in a browser can log in.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
    HeaderName,
};
use http::{Method, StatusCode};

use crate::diagnose::http::{Answer, Asker, NoAnswer};
use crate::diagnose::report::{Check, Finding};
use crate::diagnose::subject::Subject;

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
    let problem = match preflight_step().problem(&asker.send(preflight).await, origin) {
        Some(problem) => Some(problem),
        None => challenge_step().problem(&super::call(subject, asker, Some(origin)).await, origin),
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

/// One answer on a page's way to a login, and what it has to say.
struct Step {
    trouble: &'static str,
    /// What is answered.
    asked: &'static str,
    expects: fn(StatusCode) -> bool,
    list: HeaderName,
    listed: &'static str,
    /// In words, that the page is not let in.
    shut_out: &'static str,
    /// In words, that the list lacks what should be listed.
    unlisted: &'static str,
}

fn preflight_step() -> Step {
    Step {
        trouble: "preflight",
        asked: "a preflight",
        expects: |status| status.is_success(),
        list: ACCESS_CONTROL_ALLOW_HEADERS,
        listed: "authorization",
        shut_out: "a preflight does not let it in",
        unlisted: "a preflight does not allow the header Authorization",
    }
}

fn challenge_step() -> Step {
    Step {
        trouble: "challenge",
        asked: "its call",
        expects: |status| status == StatusCode::UNAUTHORIZED,
        list: ACCESS_CONTROL_EXPOSE_HEADERS,
        listed: "www-authenticate",
        shut_out: "it cannot read the 401",
        unlisted: "the 401 does not expose WWW-Authenticate",
    }
}

impl Step {
    /// The trouble, and what keeps a page of `origin` from its next step.
    fn problem(
        self,
        answer: &Result<Answer, NoAnswer>,
        origin: &str,
    ) -> Option<(&'static str, String)> {
        let asked = self.asked;
        let problem = match answer {
            Err(problem) => format!("{asked} is not answered: the server {}", problem.what()),
            Ok(answer) if !(self.expects)(answer.status) => {
                format!("{asked} is answered with status {}", answer.status.as_u16())
            }
            Ok(answer) if !lets_in(answer, origin) => self.shut_out.into(),
            Ok(answer) if !lists(answer, self.list, self.listed) => self.unlisted.into(),
            Ok(_) => return None,
        };
        Some((self.trouble, problem))
    }
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
