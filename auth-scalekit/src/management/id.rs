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

pub(super) fn is_vetted(text: &str, prefix: &str, is_allowed: impl Fn(u8) -> bool) -> bool {
    let rest = text.strip_prefix(prefix);
    text.len() <= MAX_BYTES
        && rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_allowed))
}

pub(super) fn is_alphanumeric(text: &str, prefix: &str) -> bool {
    is_vetted(text, prefix, |byte| byte.is_ascii_alphanumeric())
}

pub(super) fn require<'a>(
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
