//! What a refusal says: its status, its challenges and the scopes that it asks for.

use auth_core::wire::challenges::{Challenge, Challenges};
use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;

use super::http::HttpReply;
use super::outcome::{CheckResult, expect, failed};

/// # Errors
///
/// When `WWW-Authenticate` is malformed: what one client reads leniently, another one misreads.
pub(super) fn challenges(answer: &HttpReply) -> CheckResult<Challenges> {
    strictly(&answer.headers).or_else(failed)
}

fn strictly(headers: &HeaderMap) -> Result<Challenges, String> {
    let lines = headers.get_all(WWW_AUTHENTICATE).iter();
    let lines: Vec<&[u8]> = lines.map(http::HeaderValue::as_bytes).collect();
    let challenges = Challenges::read(lines.iter().copied());
    let Some(problem) = challenges.problems().first() else {
        return Ok(challenges);
    };
    let line = lines.get(problem.line().saturating_sub(1));
    let line = String::from_utf8_lossy(line.copied().unwrap_or_default());
    Err(format!("WWW-Authenticate is malformed ({problem}): {line}"))
}

/// The Bearer challenge of an answer.
pub(super) fn bearer(answer: &HttpReply) -> CheckResult<Challenge> {
    match challenges(answer)?.of_scheme("bearer").next() {
        Some(challenge) => Ok(challenge.clone()),
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
    let missing = all.find(|one| one.parameter("error") == Some("insufficient_scope"))?;
    let scopes = missing.parameter("scope")?.split(' ');
    let scopes = scopes.filter(|scope| !scope.is_empty());
    Some(scopes.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&'static [u8]]) -> Result<Challenges, String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(WWW_AUTHENTICATE, line.to_vec().try_into().unwrap());
        }
        strictly(&headers)
    }

    #[test]
    fn every_malformed_line_is_refused() {
        let control: &[u8] = b"Bearer error=\"x\"";
        for lines in [&[] as &[&[u8]], &[control], &[b"Negotiate YWI=", control]] {
            assert_eq!(read(lines).unwrap().problems(), []);
        }
        for malformed in [
            b"".as_slice(),
            b"=x",
            b"Bearer error=\"x",
            b"Bearer error=",
            b"Bearer error=\"x\" scope=\"y\"",
            b"Bearer error=\"x\", error=\"y\"",
            b"Bearer error=\"x\",",
            b"Bearer error=x:y",
            b"Bearer error=\"\xff\"",
        ] {
            assert!(read(&[malformed]).is_err(), "{}", malformed.escape_ascii());
            assert!(read(&[control, malformed]).is_err());
        }
        assert_eq!(
            read(&[control, b"Basic realm=\"a\" charset=\"b\""]).unwrap_err(),
            "WWW-Authenticate is malformed (line 2, byte 16: a comma is missing): \
             Basic realm=\"a\" charset=\"b\""
        );
    }
}
