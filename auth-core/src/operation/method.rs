//! Names of methods, without a copy of those that everybody uses.

use std::borrow::Cow;

/// The requests of MCP that a client sends again and again.
const COMMON: [&str; 8] = [
    "tools/call",
    "tools/list",
    "resources/read",
    "resources/list",
    "prompts/get",
    "prompts/list",
    "completion/complete",
    "ping",
];

/// This method's name.
pub(super) fn named(text: &str) -> Cow<'static, str> {
    match COMMON.into_iter().find(|known| *known == text) {
        Some(known) => Cow::Borrowed(known),
        None => Cow::Owned(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_common_is_copied() {
        for text in COMMON {
            assert!(matches!(named(text), Cow::Borrowed(same) if same == text));
        }
        for text in ["", "tools/calls", "tools", "Tools/call", "server/discover"] {
            assert!(matches!(named(text), Cow::Owned(same) if same == text));
        }
    }
}
