//! What a refusal says: its status, its challenges and the scopes that it asks for.

use super::challenge::{self, Challenge};
use super::http::HttpReply;
use super::outcome::{CheckResult, expect, failed};

/// # Errors
///
/// When `WWW-Authenticate` is malformed.
pub(super) fn challenges(answer: &HttpReply) -> CheckResult<Vec<Challenge>> {
    challenge::read(&answer.values("www-authenticate")).or_else(failed)
}

/// The Bearer challenge of an answer.
pub(super) fn bearer(answer: &HttpReply) -> CheckResult<Challenge> {
    let all = challenges(answer)?;
    match all
        .into_iter()
        .find(|challenge| challenge.scheme == "bearer")
    {
        Some(challenge) => Ok(challenge),
        None => failed(format!("{} without a Bearer challenge", answer.status)),
    }
}

/// A refusal of a token: 401.
pub(super) fn expect_401(what: &str, answer: &HttpReply) -> CheckResult {
    expect(answer.status == 401, || {
        format!("{what} gets {}", answer.status)
    })
}

/// A refusal of a request whose credentials are malformed: 400 (RFC 6750 section 3.1) or 401.
pub(super) fn expect_refusal(what: &str, answer: &HttpReply) -> CheckResult {
    expect(matches!(answer.status.as_u16(), 400 | 401), || {
        format!("{what} gets {}", answer.status)
    })
}

/// The scopes that a 403 asks for; none when it is about something else.
pub(super) fn missing_scopes(answer: &HttpReply) -> Option<Vec<String>> {
    if answer.status != 403 {
        return None;
    }
    let all = challenges(answer).unwrap_or_default();
    let mut all = all.iter();
    let missing = all.find(|one| one.get("error") == Some("insufficient_scope"))?;
    let scopes = missing.get("scope")?.split(' ');
    let scopes = scopes.filter(|scope| !scope.is_empty());
    Some(scopes.map(str::to_owned).collect())
}
