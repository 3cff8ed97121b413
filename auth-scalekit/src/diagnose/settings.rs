//! The settings, by the rules of the builder.

use auth_core::error::{ConfigError, ConfigErrors};

use crate::diagnose::report::{Check, Finding};
use crate::diagnose::subject::Subject;

/// One finding for each error.
pub(super) fn errors(errors: &ConfigErrors) -> Vec<Finding> {
    errors.iter().map(error).collect()
}

pub(super) fn ok(subject: &Subject<'_>) -> Finding {
    Check::Settings.ok(format!(
        "{} protects {} as {}",
        subject.environment, subject.mcp_url, subject.resource_id
    ))
}

/// The text of an error has the fix after its first colon, unless the rejected value is there.
fn error(error: &ConfigError) -> Finding {
    let text = error.to_string();
    let (what, fix) = match text.split_once(": ") {
        Some((what, fix)) if !fix.starts_with("got ") => (what.to_owned(), fix.to_owned()),
        _ => (text, format!("set {} again", error.setting())),
    };
    Check::Settings.failure("unusable", what, fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_and_its_fix() {
        for (problem, what, fix) in [
            ("is empty: copy the URL", "A_URL is empty", "copy the URL"),
            (
                "must use https: got \"http://a\"",
                "A_URL must use https: got \"http://a\"",
                "set A_URL again",
            ),
            (
                "must not contain the character '\"'",
                "A_URL must not contain the character '\"'",
                "set A_URL again",
            ),
        ] {
            let finding = error(&ConfigError::new("A_URL", problem));
            assert_eq!(finding.what, what);
            assert_eq!(finding.fix.as_deref(), Some(fix));
        }
    }
}
