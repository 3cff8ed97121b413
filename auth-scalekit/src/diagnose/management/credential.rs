//! The client credentials: the token endpoint accepts them, and the API accepts its token.

use super::answer::{Answer, Problem, reason};
use crate::diagnose::report::{Check, Finding, format};
use crate::management::{ManagementError, ManagementErrorKind, TOKEN_CALL};

const SET_BOTH: &str = "set SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET, or \
    SCALEKIT_CLIENT_ID_FILE and SCALEKIT_CLIENT_SECRET_FILE, to those of a client of the \
    environment, from the Scalekit dashboard (Developers > Settings > API Credentials)";

const CORRECT_BOTH: &str = "copy the client id (skc_...) to SCALEKIT_CLIENT_ID, and a secret of \
    the same client to SCALEKIT_CLIENT_SECRET, from the Scalekit dashboard of this environment \
    (Developers > Settings > API Credentials); a client of an MCP server (m2m_...) is another \
    kind";

const ALLOW_ADDRESS: &str = "in the Scalekit dashboard (Developers > Settings > API Credentials), \
    add the address by which this machine reaches the internet to the IP allowlist of the client, \
    or remove the list; without a list, check that the client is active, and one of the \
    environment (skc_...)";

pub(super) fn missing(variables: Option<&'static str>) -> Finding {
    let reason = variables.unwrap_or("no client of the environment is given");
    let what = format!("the management API needs client credentials: {reason}");
    Check::Management.failure("not-set", what, SET_BOTH)
}

/// The finding about the first call; `Err` if no other call can be made.
pub(super) fn check(first: &Answer<'_>) -> Result<Finding, Finding> {
    match first {
        Err(Problem::Failed(error)) if error.call() == TOKEN_CALL => Err(without_token(error)),
        Err(Problem::Failed(error)) if error.status() == Some(401) => Err(token_refused(error)),
        // Also without an answer of the API: then there was a token.
        _ => Ok(Check::Management.ok("the client credentials are accepted by the token endpoint")),
    }
}

/// The token endpoint has not issued a token.
fn without_token(error: &ManagementError) -> Finding {
    let check = Check::Management;
    let (code, reason) = (error.error_code(), reason(error));
    let is_unknown_client = code.is_some_and(|code| code.as_str() == "invalid_client");
    match error.kind() {
        ManagementErrorKind::Refused if is_unknown_client || error.status() == Some(401) => check
            .failure(
                "invalid-client",
                format!(
                    "the token endpoint does not accept this client id with this secret ({reason})"
                ),
                format!(
                    "{CORRECT_BOTH}; if both are right, an IP allowlist of the client may be the \
                     cause"
                ),
            ),
        ManagementErrorKind::Refused => check.failure(
            "not-allowed",
            format!(
                "the token endpoint refuses the client, or this machine's address, not its secret \
                 ({reason})"
            ),
            ALLOW_ADDRESS,
        ),
        ManagementErrorKind::RateLimited => check.warning(
            "rate-limited",
            format!("the token endpoint accepts no more requests now ({reason})"),
            wait(error),
        ),
        ManagementErrorKind::Unavailable if error.status().is_none() => check.failure(
            "no-answer",
            format!("the token endpoint does not answer: {reason}"),
            "let this machine connect to /oauth/token of SCALEKIT_ENVIRONMENT_URL: a firewall may \
             drop what is sent, and HTTPS_PROXY is not used",
        ),
        ManagementErrorKind::Unavailable => check.failure(
            "unavailable",
            format!("the token endpoint is out of order ({reason})"),
            "run this check again later; if it stays so, check that SCALEKIT_ENVIRONMENT_URL \
             leads to Scalekit, and that no proxy in between answers in its place",
        ),
        _ => check.failure(
            "bad-answer",
            format!("the answer of the token endpoint cannot be used: {reason}"),
            "check that SCALEKIT_ENVIRONMENT_URL leads to Scalekit, and that no proxy in between \
             changes replies",
        ),
    }
}

fn token_refused(error: &ManagementError) -> Finding {
    Check::Management.failure(
        "token-refused",
        format!(
            "the API does not accept the token that the token endpoint has issued ({})",
            reason(error)
        ),
        format!("{CORRECT_BOTH}; a proxy in between must forward the header Authorization"),
    )
}

/// When to ask again after 429.
pub(super) fn wait(error: &ManagementError) -> String {
    let delay = error.retry_after();
    let delay = delay.map_or_else(|| "a minute".into(), format::span);
    format!(
        "run scalekit-doctor --management again in {delay}, while fewer other programs call the \
         API of this environment"
    )
}
