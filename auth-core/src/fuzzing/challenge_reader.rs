//! Reads challenges by the grammar of RFC 9110, independently of the code that writes them.

use http::Response;
use http::header::WWW_AUTHENTICATE;
use serde_json::Value;

use super::json::member_names;
use crate::wire::challenges::Challenges;

/// Checks that the response has this status, and that its challenge has exactly these parameters.
pub(super) fn assert_challenge(
    response: &Response<bytes::Bytes>,
    status: u16,
    expected: &[(&str, String)],
) {
    assert_eq!(response.status(), status);
    check_body(response);
    let parameters = read_challenge(response).expect("a well-formed challenge");
    let found: Vec<_> = parameters
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    assert_eq!(found, expected);
}

pub(super) fn check_body(response: &Response<bytes::Bytes>) {
    let body: Value = serde_json::from_slice(response.body()).expect("a JSON body");
    assert!(body["error"].is_string() && body["error_description"].is_string());
    assert_eq!(
        member_names(response.body()),
        ["error", "error_description"]
    );
}

/// The parameters of the single `Bearer` challenge of a response, by the grammar of RFC 9110 section 11.
pub(super) fn read_challenge(response: &Response<bytes::Bytes>) -> Option<Vec<(String, String)>> {
    let mut lines = response.headers().get_all(WWW_AUTHENTICATE).iter();
    let (line, None) = (lines.next()?, lines.next()) else {
        return None;
    };
    let parameters = read_line(line.as_bytes(), "Bearer")?;
    // The reader for clients must get the same, without a problem.
    let read = Challenges::read([line.as_bytes()]);
    assert_eq!(read.problems(), []);
    let bearer = read.of_scheme("bearer").next().expect("a challenge");
    let found = bearer
        .parameters()
        .map(|(name, value)| (name.into(), value.into()));
    assert_eq!(found.collect::<Vec<_>>(), parameters);
    Some(parameters)
}

/// The parameters of a line with one challenge of this scheme that has parameters.
pub(super) fn read_line(line: &[u8], scheme: &str) -> Option<Vec<(String, String)>> {
    let mut reader = Reader(line);
    if reader.token()? != scheme || !reader.skip(b' ') {
        return None;
    }
    let mut parameters = Vec::new();
    loop {
        reader.white_space();
        let name = reader.token()?;
        reader.white_space();
        if !reader.skip(b'=') {
            return None;
        }
        reader.white_space();
        let value = match reader.0.first()? {
            b'"' => reader.quoted_string()?,
            _ => reader.token()?,
        };
        parameters.push((name, value));
        reader.white_space();
        if reader.0.is_empty() {
            return Some(parameters);
        }
        if !reader.skip(b',') {
            return None;
        }
    }
}

/// The rest of a header line.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn skip(&mut self, byte: u8) -> bool {
        self.0.first() == Some(&byte) && self.next().is_some()
    }

    fn white_space(&mut self) {
        while self.skip(b' ') || self.skip(b'\t') {}
    }

    /// `1*tchar`, RFC 9110 section 5.6.2.
    fn token(&mut self) -> Option<String> {
        let mut token = String::new();
        while let Some(byte) = self.0.first().copied() {
            if !byte.is_ascii_graphic() || b"\"(),/:;<=>?@[\\]{}".contains(&byte) {
                break;
            }
            token.push(char::from(byte));
            self.next();
        }
        (!token.is_empty()).then_some(token)
    }

    /// RFC 9110 section 5.6.4.
    fn quoted_string(&mut self) -> Option<String> {
        let mut text = String::new();
        self.next()?;
        loop {
            match self.next()? {
                b'"' => return Some(text),
                b'\\' => text.push(char::from(self.next()?)),
                byte => text.push(char::from(byte)),
            }
        }
    }
}
