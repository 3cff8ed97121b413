//! Identifiers, vetted before they become part of a path: what a token or an event contains never steers a URL.

use super::error::ManagementError;

/// The longest identifier, in bytes. Scalekit's have about 20.
const MAX_BYTES: usize = 64;

/// Whether this is `ses_` and digits, as the API requires.
pub(crate) fn is_session_id(text: &str) -> bool {
    is_vetted(text, "ses_", |byte| byte.is_ascii_digit())
}

/// `ses_` and digits.
pub(super) fn session<'a>(call: &'static str, text: &'a str) -> Result<&'a str, ManagementError> {
    let problem = "the session id must be ses_ and digits";
    require(call, text, is_session_id(text), problem)
}

/// `usr_` and digits, as the API requires.
pub(super) fn user<'a>(call: &'static str, text: &'a str) -> Result<&'a str, ManagementError> {
    let is_id = is_vetted(text, "usr_", |byte| byte.is_ascii_digit());
    require(call, text, is_id, "the user id must be usr_ and digits")
}

/// `org_` and letters or digits: the API states no more than the prefix.
pub(super) fn organization<'a>(
    call: &'static str,
    text: &'a str,
) -> Result<&'a str, ManagementError> {
    let problem = "the organization id must be org_ and letters or digits";
    require(call, text, is_alphanumeric(text, "org_"), problem)
}

fn is_vetted(text: &str, prefix: &str, is_allowed: impl Fn(u8) -> bool) -> bool {
    let rest = text.strip_prefix(prefix);
    text.len() <= MAX_BYTES
        && rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_allowed))
}

fn is_alphanumeric(text: &str, prefix: &str) -> bool {
    is_vetted(text, prefix, |byte| byte.is_ascii_alphanumeric())
}

fn require<'a>(
    call: &'static str,
    text: &'a str,
    is_id: bool,
    problem: &'static str,
) -> Result<&'a str, ManagementError> {
    match is_id {
        true => Ok(text),
        false => Err(ManagementError::not_sent(call, problem)),
    }
}

/// Identifiers of the services behind the feature.
#[cfg(feature = "management")]
mod further {
    use std::fmt::Write as _;

    use super::{is_alphanumeric, is_vetted, require};
    use crate::management::error::ManagementError;

    /// The longest external identifier, in characters.
    const MAX_EXTERNAL: usize = 510;

    /// `dir_` and letters or digits.
    pub(in crate::management) fn directory<'a>(
        call: &'static str,
        text: &'a str,
    ) -> Result<&'a str, ManagementError> {
        let problem = "the directory id must be dir_ and letters or digits";
        require(call, text, is_alphanumeric(text, "dir_"), problem)
    }

    /// `dirgroup_` and letters or digits.
    pub(in crate::management) fn directory_group<'a>(
        call: &'static str,
        text: &'a str,
    ) -> Result<&'a str, ManagementError> {
        let problem = "the id of the directory group must be dirgroup_ and letters or digits";
        require(call, text, is_alphanumeric(text, "dirgroup_"), problem)
    }

    /// `res_` and letters or digits.
    pub(in crate::management) fn resource<'a>(
        call: &'static str,
        text: &'a str,
    ) -> Result<&'a str, ManagementError> {
        let problem = "the resource id must be res_ and letters or digits";
        require(call, text, is_alphanumeric(text, "res_"), problem)
    }

    /// Letters, digits, hyphens and underscores: the API states no prefix for all kinds of clients.
    pub(in crate::management) fn client<'a>(
        call: &'static str,
        text: &'a str,
    ) -> Result<&'a str, ManagementError> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let problem = "the client id must consist of letters, digits, hyphens and underscores";
        require(call, text, is_vetted(text, "", is_allowed), problem)
    }

    /// `usrcnst_` and letters or digits.
    pub(in crate::management) fn consent<'a>(
        call: &'static str,
        text: &'a str,
    ) -> Result<&'a str, ManagementError> {
        let problem = "the consent id must be usrcnst_ and letters or digits";
        require(call, text, is_alphanumeric(text, "usrcnst_"), problem)
    }

    /// Up to 64 letters, digits and underscores, as the API requires.
    pub(in crate::management) fn role_name<'a>(
        call: &'static str,
        text: &'a str,
    ) -> Result<&'a str, ManagementError> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let problem = "the role name must consist of letters, digits and underscores";
        require(call, text, is_vetted(text, "", is_allowed), problem)
    }

    /// An identifier of the application, encoded as one segment of a path.
    pub(in crate::management) fn external(
        call: &'static str,
        text: &str,
    ) -> Result<String, ManagementError> {
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
}

#[cfg(feature = "management")]
pub(super) use further::{
    client, consent, directory, directory_group, external, resource, role_name,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_an_id() {
        let [longest, long] = [60, 61].map(|digits| format!("ses_{}", "1".repeat(digits)));
        assert!(session("", "ses_1").is_ok(), "the control");
        assert!(session("", &longest).is_ok(), "the longest");
        for text in [
            "",
            "ses_",
            "ses_1a",
            "SES_1",
            "usr_1",
            " ses_1",
            "ses_1\n",
            "ses_1/revoke",
            "ses_..",
            "ses_1%2F",
            "ses_1?x=1",
            "ses_1#x",
            "ses_١",
            &long,
        ] {
            assert!(session("", text).is_err(), "{text:?}");
        }
        assert!(user("", "usr_1").is_ok() && user("", "ses_1").is_err());
        assert!(user("", "usr_x").is_err());
        assert!(organization("", "org_1x").is_ok() && organization("", "usr_1").is_err());
        assert!(organization("", "org_1/users").is_err());
    }
}
