//! Authentication schemes, which are compared without regard to case
//! ([RFC 9110 section 11.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.1)).
//!
//! [`BearerToken`](crate::token::BearerToken) reads the header of a request to an MCP server, by
//! stricter rules. This module is for credentials that arrive in any other way.

/// The credentials after `scheme` in the value of an `Authorization` header: `1*SP` and everything
/// that follows it, unchanged. `None` when the value has another scheme, or no space after it.
///
/// ```
/// use auth_core::token::credentials;
///
/// assert_eq!(credentials("basic YTpi", "Basic"), Some("YTpi"));
/// assert_eq!(credentials("Bearer abc", "Basic"), None);
/// ```
#[must_use]
pub fn credentials<'a>(value: &'a str, scheme: &str) -> Option<&'a str> {
    let (sent, rest) = value.split_once(' ')?;
    is_scheme(sent, scheme).then(|| rest.trim_start_matches(' '))
}

/// The token in a string that was copied from a program or a log: without surrounding white space,
/// and without `Authorization:` and the scheme (`Bearer` or `DPoP`) before it. A string without
/// these is returned unchanged; it need not be a token.
///
/// ```
/// use auth_core::token::pasted_token;
///
/// assert_eq!(pasted_token("authorization: bearer abc\n"), "abc");
/// assert_eq!(pasted_token("abc"), "abc");
/// ```
#[must_use]
pub fn pasted_token(text: &str) -> &str {
    let text = text.trim();
    let value = match text.split_once(':') {
        Some((name, value)) if name.trim_end().eq_ignore_ascii_case("authorization") => {
            value.trim_start()
        }
        _ => text,
    };
    match value.split_once(char::is_whitespace) {
        Some((scheme, token)) if is_scheme(scheme, "Bearer") || is_scheme(scheme, "DPoP") => {
            token.trim_start()
        }
        _ => value,
    }
}

fn is_scheme(sent: &str, scheme: &str) -> bool {
    sent.eq_ignore_ascii_case(scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_is_the_same_in_any_case_and_ends_at_a_space() {
        for (value, found) in [
            ("Basic YTpi", Some("YTpi")),
            ("basic YTpi", Some("YTpi")),
            ("BASIC YTpi", Some("YTpi")),
            ("bAsIc   YTpi", Some("YTpi")),
            ("Basic ", Some("")),
            ("Basic a b ", Some("a b ")),
            ("Basic", None),
            ("BasicYTpi", None),
            ("Basic\tYTpi", None),
            ("Basics YTpi", None),
            (" Basic YTpi", None),
            ("Bearer YTpi", None),
            ("", None),
        ] {
            assert_eq!(credentials(value, "Basic"), found, "{value:?}");
        }
    }

    #[test]
    fn pasted_prefixes_are_removed() {
        for copied in [
            "a.b.c",
            " a.b.c\r\n",
            "Bearer a.b.c",
            "bearer a.b.c",
            "BEARER\ta.b.c",
            "dpop  a.b.c",
            "Authorization: Bearer a.b.c",
            "authorization:bearer a.b.c\n",
            "AUTHORIZATION : a.b.c",
        ] {
            assert_eq!(pasted_token(copied), "a.b.c", "{copied:?}");
        }
        for (copied, left) in [
            ("Basic a.b.c", "Basic a.b.c"),
            ("Bearer", "Bearer"),
            ("x: Bearer a.b.c", "x: Bearer a.b.c"),
            ("a b", "a b"),
            ("", ""),
        ] {
            assert_eq!(pasted_token(copied), left, "{copied:?}");
        }
    }
}
