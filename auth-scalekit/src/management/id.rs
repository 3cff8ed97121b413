//! Identifiers, vetted before they become part of a path: what a token or an event contains never steers a URL.

use super::error::ManagementError;

/// The longest identifier, in bytes. Scalekit's have about 20.
const MAX_BYTES: usize = 64;

/// Whether this is `ses_` and digits, as the API requires.
pub(crate) fn is_session_id(text: &str) -> bool {
    vetted(text, "ses_", |byte| byte.is_ascii_digit()).is_some()
}

/// `ses_` and digits.
pub(super) fn session<'a>(call: &'static str, text: &'a str) -> Result<&'a str, ManagementError> {
    let problem = "the session id must be ses_ and digits";
    match is_session_id(text) {
        true => Ok(text),
        false => Err(ManagementError::not_sent(call, problem)),
    }
}

/// `usr_` and digits, as the API requires.
pub(super) fn user<'a>(call: &'static str, text: &'a str) -> Result<&'a str, ManagementError> {
    let problem = "the user id must be usr_ and digits";
    vetted(text, "usr_", |byte| byte.is_ascii_digit())
        .ok_or_else(|| ManagementError::not_sent(call, problem))
}

/// `org_` and letters or digits: the API states no more than the prefix.
pub(super) fn organization<'a>(
    call: &'static str,
    text: &'a str,
) -> Result<&'a str, ManagementError> {
    let problem = "the organization id must be org_ and letters or digits";
    vetted(text, "org_", |byte| byte.is_ascii_alphanumeric())
        .ok_or_else(|| ManagementError::not_sent(call, problem))
}

fn vetted<'a>(text: &'a str, prefix: &str, is_allowed: impl Fn(u8) -> bool) -> Option<&'a str> {
    let rest = text.strip_prefix(prefix)?;
    let is_id = !rest.is_empty() && text.len() <= MAX_BYTES && rest.bytes().all(is_allowed);
    is_id.then_some(text)
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
