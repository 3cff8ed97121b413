//! [`Target`]: where a method names what it is about.

/// Where to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// In this member of `params`, and since 2026-07-28 in `Mcp-Name` as well.
    InHeaders(Member),
    /// In the body alone.
    InBody(Member),
    /// It is about nothing that rules go by.
    Nothing,
}

/// A member of `params`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Member {
    Name,
    Uri,
    /// `ref`, with a name or a URI.
    Reference,
    /// `notifications.resourceSubscriptions`, any number of URIs.
    Subscriptions,
}

impl Target {
    pub(super) fn of(method: &str) -> Self {
        match method {
            "tools/call" | "prompts/get" => Self::InHeaders(Member::Name),
            "resources/read" => Self::InHeaders(Member::Uri),
            // There are no subscribe and unsubscribe any more where there are such headers.
            "resources/subscribe"
            | "resources/unsubscribe"
            | "resources/directory/read"
            | "skills/get" => Self::InBody(Member::Uri),
            "completion/complete" => Self::InBody(Member::Reference),
            "subscriptions/listen" => Self::InBody(Member::Subscriptions),
            _ => Self::Nothing,
        }
    }
}
