//! Identifiers of these services, vetted before they become part of a path, as those of `id` are.

use std::fmt::Write as _;

use crate::management::error::ManagementError;
use crate::management::id::{is_alphanumeric, is_vetted, require};

/// The longest external identifier, in characters.
const MAX_EXTERNAL: usize = 510;

/// `dir_` and letters or digits.
pub(super) fn directory<'a>(call: &'static str, text: &'a str) -> Result<&'a str, ManagementError> {
    let problem = "the directory id must be dir_ and letters or digits";
    require(call, text, is_alphanumeric(text, "dir_"), problem)
}

/// `dirgroup_` and letters or digits.
pub(super) fn directory_group<'a>(
    call: &'static str,
    text: &'a str,
) -> Result<&'a str, ManagementError> {
    let problem = "the id of the directory group must be dirgroup_ and letters or digits";
    require(call, text, is_alphanumeric(text, "dirgroup_"), problem)
}

/// `res_` and letters or digits.
pub(super) fn resource<'a>(call: &'static str, text: &'a str) -> Result<&'a str, ManagementError> {
    let problem = "the resource id must be res_ and letters or digits";
    require(call, text, is_alphanumeric(text, "res_"), problem)
}

/// Letters, digits, hyphens and underscores: the API states no prefix for all kinds of clients.
pub(super) fn client<'a>(call: &'static str, text: &'a str) -> Result<&'a str, ManagementError> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let problem = "the client id must consist of letters, digits, hyphens and underscores";
    require(call, text, is_vetted(text, "", is_allowed), problem)
}

/// `usrcnst_` and letters or digits.
pub(super) fn consent<'a>(call: &'static str, text: &'a str) -> Result<&'a str, ManagementError> {
    let problem = "the consent id must be usrcnst_ and letters or digits";
    require(call, text, is_alphanumeric(text, "usrcnst_"), problem)
}

/// Up to 64 letters, digits and underscores, as the API requires.
pub(super) fn role_name<'a>(call: &'static str, text: &'a str) -> Result<&'a str, ManagementError> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let problem = "the role name must consist of letters, digits and underscores";
    require(call, text, is_vetted(text, "", is_allowed), problem)
}

/// An identifier of the application, encoded as one segment of a path.
pub(super) fn external(call: &'static str, text: &str) -> Result<String, ManagementError> {
    let is_short = (1..=MAX_EXTERNAL).contains(&text.chars().count());
    // URL parsers drop these two segments even if they are encoded.
    let is_id = is_short && text != "." && text != "..";
    let problem = "the external id must have 1 to 510 characters, and not be . or ..";
    require(call, text, is_id, problem)?;
    let mut segment = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            segment.push(byte.into());
        } else {
            // Writing to a string cannot fail.
            let _ = write!(segment, "%{byte:02X}");
        }
    }
    Ok(segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_form() {
        type Vet = for<'a> fn(&'static str, &'a str) -> Result<&'a str, ManagementError>;
        let kinds: [(Vet, &str); 6] = [
            (directory, "dir_1a"),
            (directory_group, "dirgroup_1a"),
            (resource, "res_1a"),
            (client, "m2m_1-a"),
            (consent, "usrcnst_1a"),
            (role_name, "team_Admin1"),
        ];
        for (vet, control) in kinds {
            assert_eq!(vet("", control).unwrap(), control);
            let long = format!("{control}{}", "1".repeat(64));
            for text in ["", "/", "..", "a/b", "a b", "a%2Fb", "a?b", "a\n", &long] {
                assert!(vet("", text).is_err(), "{control}: {text:?}");
            }
        }
        assert!(directory("", "dirgroup_1").is_err());
    }

    #[test]
    fn an_external_id_is_one_segment() {
        for (text, segment) in [
            ("u-1", "u-1"),
            ("a@b.c", "a%40b.c"),
            ("a/../b", "a%2F..%2Fb"),
            ("a?b#c", "a%3Fb%23c"),
            ("%2F", "%252F"),
            ("é ", "%C3%A9%20"),
        ] {
            assert_eq!(external("", text).unwrap(), segment);
        }
        let [longest, long] = [510, 511].map(|length| "é".repeat(length));
        assert!(external("", &longest).is_ok());
        for text in ["", ".", "..", &long] {
            assert!(external("", text).is_err(), "{text:?}");
        }
    }
}
