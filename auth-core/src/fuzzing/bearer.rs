//! `Authorization` headers.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};

use crate::token::{BearerToken, MalformedCredentials};

/// The input has one `Authorization` header per line.
pub fn bearer(data: &[u8]) {
    let lines: Vec<_> = data
        .split(|byte| *byte == b'\n')
        .filter_map(|line| HeaderValue::from_bytes(line).ok())
        .collect();
    let mut headers = HeaderMap::new();
    for line in &lines {
        headers.append(AUTHORIZATION, line.clone());
    }
    let read = BearerToken::from_headers(&headers);
    assert_eq!(
        read,
        BearerToken::from_headers(&headers),
        "is not deterministic"
    );
    match &lines[..] {
        [] => assert_eq!(read, Ok(None)),
        [line] => {
            let token = read.ok().flatten();
            let text = token.as_ref().map(|token| token.secret().as_bytes());
            assert_eq!(text, bearer_by_grammar(line.as_bytes()), "{line:?}");
            if let Some(token) = token {
                assert_eq!(format!("{token:?}"), "BearerToken(redacted)");
                assert_eq!(BearerToken::new(token.secret()), Some(token));
            }
        }
        _ => assert_eq!(read, Err(MalformedCredentials::SeveralHeaders)),
    }
}

/// The token by the grammar of RFC 6750 section 2.1, in a second and independent implementation.
fn bearer_by_grammar(line: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = line.split_at_checked("Bearer".len())?;
    let start = rest.iter().position(|byte| *byte != b' ')?;
    let token = &rest[start..];
    let end = token.iter().rposition(|byte| *byte != b'=')?;
    let body = token[..=end]
        .iter()
        .all(|byte| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'+' | b'/'));
    (scheme.eq_ignore_ascii_case(b"bearer") && start > 0 && body).then_some(token)
}
