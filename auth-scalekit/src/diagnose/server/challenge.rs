//! The reply to a request without a token.

use auth_core::wire::challenges::Challenges;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, StatusCode};

use super::names::same_name;
use crate::diagnose::http::{HttpReply, same_origin};
use crate::diagnose::report::{Check, Finding, format};
use crate::diagnose::subject::Subject;

/// 401 with `resource_metadata`
/// ([RFC 9728 section 5.1](https://www.rfc-editor.org/rfc/rfc9728#section-5.1)); also its value,
/// if it may be followed.
pub(super) fn check(subject: &Subject<'_>, answer: &HttpReply) -> (Finding, Option<String>) {
    let check = Check::ServerChallenge;
    if answer.status != StatusCode::UNAUTHORIZED {
        return (not_challenged(answer.status), None);
    }
    let lines = answer.headers.get_all(WWW_AUTHENTICATE).iter();
    // What is malformed is read nevertheless, as clients do: a finding about it would hide what is missing.
    let challenges = Challenges::read(lines.map(HeaderValue::as_bytes));
    let mut bearer = challenges.of_scheme("bearer").peekable();
    let finding = if bearer.peek().is_none() {
        check.failure(
            "no-bearer",
            "the 401 has no Bearer challenge in WWW-Authenticate",
            "put AuthLayer around the MCP endpoint, and let no proxy remove the header",
        )
    } else if let Some(url) = bearer.find_map(|one| one.parameter("resource_metadata")) {
        if same_origin(url, subject.mcp_url.as_str()) {
            return (
                check.ok("401 with a Bearer challenge, which names the metadata"),
                Some(url.to_owned()),
            );
        }
        check.failure(
            "another-origin",
            format!(
                "the challenge names metadata at another origin than {}: {}",
                subject.mcp_url.origin(),
                format::quoted(url)
            ),
            same_name(url, subject),
        )
    } else {
        check.failure(
            "no-resource-metadata",
            "the Bearer challenge has no resource_metadata",
            "put AuthLayer around the MCP endpoint, which adds it",
        )
    };
    (finding, None)
}

fn not_challenged(status: StatusCode) -> Finding {
    let (code, what, fix) = if status.is_success() {
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
        let what = match status {
            StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => {
                "a request is redirected: some MCP clients follow and some do not, and none should send \
                 its token to another origin"
            }
            // RFC 9110 sections 15.4.2 to 15.4.4: the method may change.
            _ => {
                "a request is redirected: MCP clients that follow send a GET there, not an MCP request"
            }
        };
        (
            "redirect",
            what,
            "set SCALEKIT_MCP_URL to the final URL, byte for byte",
        )
    } else {
        (
            "status",
            "the reply to a request without a token is not 401",
            "check the log of the server; 403 comes from a proxy or from an unexpected host name",
        )
    };
    Check::ServerChallenge.failure(code, format!("{what} (status {})", status.as_u16()), fix)
}
