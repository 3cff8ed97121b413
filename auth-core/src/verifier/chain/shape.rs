//! [`TokenShape`]: what an unverified token looks like.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::support::json;
use crate::support::json::{Event, Reader, Rules};
use crate::token::BearerToken;

/// Maximum length of a first part that is decoded. A JOSE header has about 100 bytes.
const MAX_HEADER_CHARS: usize = 4 * 1024;

/// Maximum length of a token that is searched for dots. No verifier reads a longer JWT.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// What a token looks like. It selects the verifier, and implies nothing about validity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenShape {
    /// A JWT in the compact serialization of a JWS
    /// ([RFC 7515 section 7.1](https://www.rfc-editor.org/rfc/rfc7515#section-7.1)): three parts
    /// with two dots, the first of which is a JSON object in base64url.
    Jwt,
    /// Anything else: a reference, an API key, an encrypted token. Opaque to all but its issuer.
    Opaque,
}

impl TokenShape {
    /// The shape of `token`. Costs at most a search of 16 KiB and the decoding of 4 KiB; a longer
    /// first part is not a header. Of a token of more than 16 KiB only the first part is
    /// considered, so that a JWT that is too long goes to the verifier of JWTs, which reports the
    /// length.
    #[must_use]
    pub fn of(token: BearerToken<'_>) -> Self {
        if is_compact_jws(token.secret()) {
            Self::Jwt
        } else {
            Self::Opaque
        }
    }
}

fn is_compact_jws(token: &str) -> bool {
    // Checked first: nothing reads further into the token than these limits.
    let start = token.len().min(MAX_HEADER_CHARS + 1);
    let (start, _) = token.as_bytes().split_at(start);
    let Some(end) = start.iter().position(|byte| *byte == b'.') else {
        return false;
    };
    let (header, _) = start.split_at(end);
    let has_two_dots = || token.bytes().filter(|byte| *byte == b'.').take(3).count() == 2;
    (token.len() > MAX_TOKEN_BYTES || has_two_dots())
        && URL_SAFE_NO_PAD
            .decode(header)
            .is_ok_and(|bytes| is_json_object(&bytes))
}

fn is_json_object(bytes: &[u8]) -> bool {
    // The members are the business of the verifier of JWTs, duplicates included.
    let rules = Rules::STRICT.duplicates_allowed();
    let begins = Reader::new(bytes, rules).and_then(|mut reader| reader.next_required());
    matches!(begins, Ok(Event::ObjectStart)) && json::check(bytes, rules).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(token: &str) -> TokenShape {
        TokenShape::of(BearerToken::new(token).unwrap())
    }

    fn with_header(header: &str) -> String {
        format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(header))
    }

    /// A header of that many bytes, 3072 of which are 4 KiB of base64url.
    fn of_length(bytes: usize) -> String {
        format!(r#"{{"a":"{}"}}"#, "a".repeat(bytes - r#"{"a":""}"#.len()))
    }

    /// A token of that many bytes and dots, with a header.
    fn of_dots(bytes: usize, dots: usize) -> String {
        let start = format!("e30{}", ".".repeat(dots));
        format!("{start}{}", "a".repeat(bytes - start.len()))
    }

    #[test]
    fn a_jwt_is_three_parts_with_an_object_before() {
        for (name, token) in [
            ("an empty header", "e30.e30.AA".to_owned()),
            ("a real header", with_header(r#"{"alg":"RS256","kid":"1"}"#)),
            (
                "no algorithm, for the verifier to refuse",
                with_header(r#"{"alg":"none"}"#),
            ),
            ("no signature", "e30.e30.".into()),
            ("a payload that is none", "e30.~~~.AA".into()),
            (
                "a member twice",
                with_header(r#"{"alg":"RS256","alg":"none"}"#),
            ),
            ("white space", with_header(" {\n} ")),
            ("as long as allowed", with_header(&of_length(3072))),
            ("the longest that is searched", of_dots(16 * 1024, 2)),
            (
                "longer, for its verifier to refuse",
                of_dots(16 * 1024 + 1, 2),
            ),
            (
                "longer, whatever comes after its header",
                of_dots(16 * 1024 + 1, 4),
            ),
        ] {
            assert_eq!(shape(&token), TokenShape::Jwt, "{name}");
        }
    }

    #[test]
    fn everything_else_is_opaque() {
        assert_eq!(shape("e30.e30.AA"), TokenShape::Jwt, "the control");
        let long = of_length(3073);
        let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
        for (name, token) in [
            ("one part", "e30".to_owned()),
            ("two parts", "e30.e30".into()),
            ("four parts", "e30.e30.AA.AA".into()),
            ("five parts, an encrypted token", "e30.e30.AA.AA.AA".into()),
            ("dots alone", "..".into()),
            ("a first part that is not base64url", "e3~.e30.AA".into()),
            ("the other alphabet", "e30+.e30.AA".into()),
            ("stray bits", "e31.e30.AA".into()),
            ("no object but an array", with_header("[]")),
            ("no object but a text", with_header("\"a\"")),
            ("an array of pairs", with_header("[[\"a\",1]]")),
            ("no JSON", with_header("{")),
            ("an object and more", with_header("{}x")),
            ("a byte order mark", with_header("\u{feff}{}")),
            ("a header that is too long", with_header(&long)),
            ("nested deeply", with_header(&deep)),
            ("a reference with dots", "v1.local.abc".into()),
            ("dots behind 16 KiB less one", of_dots(16 * 1024, 4)),
            ("long, no dot in its start", "a".repeat(100_000)),
            (
                "long, its first dot behind the longest header",
                format!("{}.{}.AA", "a".repeat(4097), "a".repeat(100_000)),
            ),
            (
                "long, no header before its first dot",
                format!("~.{}.AA", "a".repeat(100_000)),
            ),
        ] {
            assert_eq!(shape(&token), TokenShape::Opaque, "{name}");
        }
    }

    #[test]
    fn only_the_first_dots_are_searched() {
        assert_eq!(shape(&".".repeat(1_000_000)), TokenShape::Opaque);
    }
}
