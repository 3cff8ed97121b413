//! Shortens secrets, and makes text from outside safe to print.

use serde_json::Value;
use url::{Url, form_urlencoded};

/// The length at which text from outside is cut.
const SHOWN_CHARS: usize = 300;

/// Form fields, JSON members and headers whose values are never shown in full.
const SECRETS: [&str; 20] = [
    "access_token",
    "actor_token",
    "assertion",
    "authorization",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "cookie",
    "device_code",
    "id_token",
    "id_token_hint",
    "mcp-session-id",
    "password",
    "refresh_token",
    "registration_access_token",
    "set-cookie",
    "state",
    "subject_token",
    "token",
];

/// Secrets that are shorter show nothing: four characters of them would be too many.
const SHORTEST_SHOWN: usize = 16;

/// The first four characters of a secret and its length; of a short one, nothing but `...`.
pub(crate) fn shorten(secret: &str) -> String {
    let length = secret.chars().count();
    if length < SHORTEST_SHOWN {
        return "...".to_owned();
    }
    let beginning: String = secret.chars().take(4).collect();
    format!("{beginning}...({length})")
}

/// Whether the value of this field, member or header has to stay out of logs.
pub(crate) fn is_secret(name: &str) -> bool {
    SECRETS
        .iter()
        .any(|secret| name.eq_ignore_ascii_case(secret))
}

/// A value as it may be shown: shortened when its name says it is a secret.
pub(crate) fn value(name: &str, value: &str) -> String {
    if is_secret(name) {
        shorten(value)
    } else {
        printable(value)
    }
}

/// Text from outside on one line: no control characters (a terminal obeys them), bounded.
pub(crate) fn printable(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN_CHARS)
        .map(|c| if is_unsafe(c) { ' ' } else { c })
        .collect();
    if text.chars().nth(SHOWN_CHARS).is_some() {
        shown.push_str("...");
    }
    shown
}

/// The same for text of several lines, such as the result of a tool; it is not cut.
pub(crate) fn printable_lines(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c != '\n' && c != '\t' && is_unsafe(c) {
                ' '
            } else {
                c
            }
        })
        .collect()
}

/// Control characters, and the marks that reverse or hide text.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A URL whose secret parameters are shortened; user name, password and fragment are left out.
pub(crate) fn url(url: &Url) -> String {
    let mut shown = url.clone();
    shown.set_fragment(None);
    // Both fail only for URLs that cannot have a user name at all.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_query(None);
    let fields = fields_of(url.query().unwrap_or_default().as_bytes());
    if fields.is_empty() {
        return shown.to_string();
    }
    let query: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!("{shown}?{}", query.join("&"))
}

/// The fields of a query or form body, secrets shortened.
pub(crate) fn fields_of(form: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(form)
        .map(|(name, text)| (printable(&name), value(&name, &text)))
        .collect()
}

/// The members of a JSON object, secrets shortened; nothing for any other body.
pub(crate) fn members_of(body: &[u8]) -> Vec<(String, String)> {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return Vec::new();
    };
    members
        .iter()
        .map(|(name, member)| {
            let text = match member {
                Value::String(text) => text.clone(),
                // A secret can be at any depth; lists of strings have none.
                Value::Object(_) => "{...}".to_owned(),
                Value::Array(listed) if !listed.iter().all(Value::is_string) => "[...]".to_owned(),
                other => other.to_string(),
            };
            (printable(name), value(name, &text))
        })
        .collect()
}

/// The same without its query, to name who is called.
pub(crate) fn url_without_query(url: &Url) -> String {
    let mut shown = url.clone();
    shown.set_query(None);
    self::url(&shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_its_length_and_four_characters_at_most() {
        assert_eq!(shorten("abcdefghijklmnop"), "abcd...(16)");
        assert_eq!(shorten("abcdefghijklmno"), "...");
        assert_eq!(shorten(""), "...");
        assert_eq!(shorten("äöüäöüäöüäöüäöüä"), "äöüä...(16)");
    }

    #[test]
    fn a_url_keeps_its_shape_and_loses_its_secrets() {
        let parsed =
            Url::parse("http://u:p@localhost:1/cb?code=abcdefghijklmnop&iss=http%3A%2F%2Fi#f")
                .unwrap_or_else(|e| unreachable!("{e}"));
        assert_eq!(
            url(&parsed),
            "http://localhost:1/cb?code=abcd...(16)&iss=http://i"
        );
    }

    #[test]
    fn json_members_are_shortened_by_name() {
        let members = members_of(br#"{"access_token":"abcdefghijklmnop","expires_in":60}"#);
        assert!(members.contains(&("access_token".into(), "abcd...(16)".into())));
        assert!(members.contains(&("expires_in".into(), "60".into())));
    }

    #[test]
    fn terminal_control_and_direction_marks_are_replaced() {
        assert_eq!(printable("a\u{1b}[31mb\u{202e}c\nd"), "a [31mb c d");
        assert_eq!(printable_lines("a\n\tb\u{7}"), "a\n\tb ");
        assert!(printable(&"x".repeat(1000)).len() < 310);
    }
}
