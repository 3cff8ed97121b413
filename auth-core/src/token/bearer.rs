//! The `Authorization` header: from raw header lines to a [`BearerToken`].
//!
//! In this order:
//!
//! 1. No `Authorization` line: no credentials. A token in the query or the body is ignored ([OAuth
//!    2.1 section 5.1](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1#section-5.1)).
//! 2. More than one line: malformed.
//! 3. A scheme other than `Bearer` (case-insensitive, RFC 9110 section 11.1): no credentials.
//! 4. `Bearer` followed by anything but one `b64token`: malformed ([RFC 6750 section
//!    2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1)).

use std::fmt;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use thiserror::Error;

/// A bearer token as the client sent it: unverified, and secret.
///
/// It borrows the header: no copy of the secret is made. It has no `Display`, and its `Debug` does
/// not show the token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BearerToken<'a>(&'a str);

/// The `Authorization` header is present but is not `Bearer` followed by one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MalformedCredentials {
    /// More than one `Authorization` line.
    #[error("more than one authorization header")]
    SeveralHeaders,
    /// `Bearer` without a token.
    #[error("bearer scheme without a token")]
    NoToken,
    /// A character that a `b64token` cannot contain: a space, comma, quote, control or non-ASCII
    /// character.
    #[error("bearer token with a character that is not allowed")]
    Character,
}

impl<'a> BearerToken<'a> {
    /// Reads the `Authorization` header: `Ok(None)` if there are no bearer credentials.
    ///
    /// # Errors
    ///
    /// [`MalformedCredentials`] if the header is present but malformed. Must not be treated as "no
    /// token".
    pub fn from_headers(headers: &'a HeaderMap) -> Result<Option<Self>, MalformedCredentials> {
        let presented = Presented::from_headers(headers)?;
        presented.map(Presented::token).transpose()
    }

    /// Reads the value of a single `Authorization` header.
    pub(crate) fn from_line(line: &'a HeaderValue) -> Result<Option<Self>, MalformedCredentials> {
        let presented = Presented::from_line(line)?;
        presented.map(Presented::token).transpose()
    }

    /// A token from its string, for tests of verifiers and for other transports.
    ///
    /// `None` when `token` is not a `b64token`.
    #[must_use]
    pub fn new(token: &'a str) -> Option<Self> {
        Self::parse(token.as_bytes())
    }

    fn parse(token: &'a [u8]) -> Option<Self> {
        let padding = token.iter().rev().take_while(|byte| **byte == b'=').count();
        let body = token.split_at(token.len().saturating_sub(padding)).0;
        // Not `all()`: without an early exit, the compiler vectorizes the loop.
        let is_good = body
            .iter()
            .fold(true, |good, byte| good & is_b64token_char(*byte));
        if body.is_empty() || !is_good {
            return None;
        }
        // Both parts are ASCII here.
        std::str::from_utf8(token).ok().map(Self)
    }

    /// The token string. It must not reach a log or an error.
    #[must_use]
    pub fn secret(&self) -> &'a str {
        self.0
    }
}

/// What follows `Bearer`, unchecked. A cached token equals it byte by byte and needs no check.
#[derive(Clone, Copy)]
pub(crate) struct Presented<'a>(&'a [u8]);

impl<'a> Presented<'a> {
    /// Reads the `Authorization` header.
    pub(crate) fn from_headers(
        headers: &'a HeaderMap,
    ) -> Result<Option<Self>, MalformedCredentials> {
        let mut lines = headers.get_all(AUTHORIZATION).iter();
        let Some(line) = lines.next() else {
            return Ok(None);
        };
        if lines.next().is_some() {
            return Err(MalformedCredentials::SeveralHeaders);
        }
        Self::from_line(line)
    }

    fn from_line(line: &'a HeaderValue) -> Result<Option<Self>, MalformedCredentials> {
        let line = line.as_bytes();
        let scheme_end = line
            .iter()
            .position(|byte| !is_token_char(*byte))
            .unwrap_or(line.len());
        let (scheme, rest) = line.split_at(scheme_end);
        if !scheme.eq_ignore_ascii_case(b"Bearer") {
            return Ok(None);
        }
        let token = skip_spaces(rest);
        if token.is_empty() {
            return Err(MalformedCredentials::NoToken);
        }
        if token.len() == rest.len() {
            // Another character than a space follows the scheme, such as a tab or a comma.
            return Err(MalformedCredentials::Character);
        }
        Ok(Some(Self(token)))
    }

    /// The token, if it is well-formed.
    pub(crate) fn token(self) -> Result<BearerToken<'a>, MalformedCredentials> {
        BearerToken::parse(self.0).ok_or(MalformedCredentials::Character)
    }

    /// The bytes are a secret.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.0
    }
}

impl<'a> From<BearerToken<'a>> for Presented<'a> {
    fn from(token: BearerToken<'a>) -> Self {
        Self(token.0.as_bytes())
    }
}

impl fmt::Debug for BearerToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(redacted)")
    }
}

/// `1*SP` of the grammar: spaces only, no tabs.
fn skip_spaces(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|byte| **byte == b' ').count();
    text.split_at(spaces).1
}

/// `tchar` of RFC 9110 section 5.6.2, of which an authentication scheme is made.
fn is_token_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// The characters of a `b64token` before its padding, RFC 6750 section 2.1. `-`, `.`, `/` and the
/// digits are consecutive in ASCII.
///
/// Written as differences, without branches: compilers then need half the instructions of a
/// `matches!` when the loop is vectorized, and a token has about a thousand characters.
const fn is_b64token_char(byte: u8) -> bool {
    // Upper and lower case differ in bit 5.
    let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let is_in_row = byte.wrapping_sub(b'-') < 13;
    is_letter | is_in_row | (byte == b'_') | (byte == b'~') | (byte == b'+')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verifier::InvalidToken;

    fn read(lines: &[&[u8]]) -> Result<Option<String>, MalformedCredentials> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(line).unwrap());
        }
        BearerToken::from_headers(&headers).map(|token| token.map(|t| t.secret().to_owned()))
    }

    #[test]
    fn authorization_header_lines() {
        use MalformedCredentials::{Character, NoToken, SeveralHeaders};
        let token = |text: &str| Ok(Some(text.to_owned()));
        let table: [(&str, &[&[u8]], _); 24] = [
            (
                "the control",
                &[b"Bearer a.b-c_d~e+f/g=="],
                token("a.b-c_d~e+f/g=="),
            ),
            ("lower case scheme", &[b"bearer abc"], token("abc")),
            ("mixed case scheme", &[b"bEaReR abc"], token("abc")),
            ("two spaces", &[b"Bearer  abc"], token("abc")),
            ("no header", &[], Ok(None)),
            ("empty header", &[b""], Ok(None)),
            ("basic credentials", &[b"Basic abc"], Ok(None)),
            ("a longer scheme", &[b"BearerX abc"], Ok(None)),
            ("dpop credentials", &[b"DPoP abc"], Ok(None)),
            ("scheme alone", &[b"Bearer"], Err(NoToken)),
            ("scheme and a space", &[b"Bearer "], Err(NoToken)),
            ("a tab for the space", &[b"Bearer\tabc"], Err(Character)),
            ("a comma for the space", &[b"Bearer,abc"], Err(Character)),
            ("an inner space", &[b"Bearer a b"], Err(Character)),
            ("a trailing space", &[b"Bearer a "], Err(Character)),
            ("a comma list", &[b"Bearer a, Bearer b"], Err(Character)),
            ("a quoted token", &[b"Bearer \"abc\""], Err(Character)),
            ("non-ASCII bytes", &[b"Bearer \xff\xfe"], Err(Character)),
            ("a no-break space", &[b"Bearer \xc2\xa0abc"], Err(Character)),
            ("padding alone", &[b"Bearer =="], Err(Character)),
            ("padding inside", &[b"Bearer a=b"], Err(Character)),
            (
                "two good lines",
                &[b"Bearer a", b"Bearer a"],
                Err(SeveralHeaders),
            ),
            (
                "basic, then bearer",
                &[b"Basic a", b"Bearer b"],
                Err(SeveralHeaders),
            ),
            ("an auth-param", &[b"Bearer token=\"a\""], Err(Character)),
        ];
        for (name, lines, expected) in table {
            assert_eq!(read(lines), expected, "{name}");
        }
    }

    #[test]
    fn the_characters_of_a_token_are_those_of_the_grammar() {
        for byte in 0..=u8::MAX {
            let allowed = byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
            assert_eq!(is_b64token_char(byte), allowed, "{byte:#x}");
        }
    }

    #[test]
    fn a_token_longer_than_the_limit_is_refused_with_the_limit() {
        for (length, limit) in [(1, None), (8, None), (9, Some(8)), (10, Some(8))] {
            let text = "a".repeat(length);
            let read = BearerToken::new(&text).unwrap().at_most(8);
            let refused = read.as_ref().err().and_then(InvalidToken::max_bytes);
            assert_eq!(refused, limit, "{length}");
            assert_eq!(read.is_ok(), limit.is_none(), "{length}");
        }
    }

    #[test]
    fn debug_hides_the_token() {
        let token = BearerToken::new("marker").unwrap();
        assert_eq!(format!("{token:?}"), "BearerToken(redacted)");
    }
}
