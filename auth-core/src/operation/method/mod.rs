//! The methods that clients send, in the two protocol revisions in use: a table of which of them name a
//! primitive, and where.

use std::borrow::Cow;

use crate::operation::primitive::Primitive;

/// The revision with sessions, and the one without.
const REVISION_2025: &str = "2025-11-25";
const REVISION_2026: &str = "2026-07-28";
const BOTH: &[&str] = &[REVISION_2025, REVISION_2026];
const OLD: &[&str] = &[REVISION_2025];
const NEW: &[&str] = &[REVISION_2026];

/// Where a request names its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// It has no target.
    Nothing,
    /// In `params.name`, and in `Mcp-Name` since 2026-07-28.
    Name(Primitive),
    /// In `params.uri`, and in `Mcp-Name` since 2026-07-28.
    Uri(Primitive),
    /// In `params.uri` alone.
    UriInBody(Primitive),
    /// In `params.ref`: the name of a prompt or the URI of a template.
    Reference,
    /// In `params.notifications.resourceSubscriptions`, any number of URIs.
    Subscriptions,
}

impl Target {
    /// Whether `Mcp-Name` repeats it.
    pub(crate) fn is_in_headers(self) -> bool {
        matches!(self, Self::Name(_) | Self::Uri(_))
    }

    /// The kind of the target, if there is only one.
    pub(crate) fn primitive(self) -> Option<Primitive> {
        match self {
            Self::Name(primitive) | Self::Uri(primitive) | Self::UriInBody(primitive) => {
                Some(primitive)
            }
            Self::Nothing | Self::Reference | Self::Subscriptions => None,
        }
    }

    /// Whether the target can be a primitive of this kind.
    fn touches(self, primitive: Primitive) -> bool {
        match self {
            // Each subscription is a separate operation.
            Self::Nothing | Self::Subscriptions => false,
            Self::Name(named) => named == primitive,
            Self::Uri(_) | Self::UriInBody(_) => primitive.is_named_by_uri(),
            Self::Reference => primitive == Primitive::Prompt || primitive.is_named_by_uri(),
        }
    }
}

/// A method that clients send.
pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) target: Target,
    /// The revisions that have the method, including their extensions.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for the test that walks the table")
    )]
    pub(crate) revisions: &'static [&'static str],
}

const fn method(name: &'static str, revisions: &'static [&'static str], target: Target) -> Method {
    Method {
        name,
        target,
        revisions,
    }
}

/// All methods, the most frequent first.
pub(crate) const METHODS: &[Method] = &[
    method("tools/call", BOTH, Target::Name(Primitive::Tool)),
    method("tools/list", BOTH, Target::Nothing),
    method("resources/read", BOTH, Target::Uri(Primitive::Resource)),
    method("resources/list", BOTH, Target::Nothing),
    method("prompts/get", BOTH, Target::Name(Primitive::Prompt)),
    method("prompts/list", BOTH, Target::Nothing),
    method("completion/complete", BOTH, Target::Reference),
    method("ping", BOTH, Target::Nothing),
    method("initialize", OLD, Target::Nothing),
    method("server/discover", NEW, Target::Nothing),
    method("resources/templates/list", BOTH, Target::Nothing),
    method(
        "resources/subscribe",
        OLD,
        Target::UriInBody(Primitive::Resource),
    ),
    method(
        "resources/unsubscribe",
        OLD,
        Target::UriInBody(Primitive::Resource),
    ),
    method("subscriptions/listen", NEW, Target::Subscriptions),
    method("logging/setLevel", OLD, Target::Nothing),
    method("skills/list", BOTH, Target::Nothing),
    method("skills/get", BOTH, Target::UriInBody(Primitive::Skill)),
    method(
        "resources/directory/read",
        BOTH,
        Target::UriInBody(Primitive::Resource),
    ),
    method("tasks/get", BOTH, Target::Nothing),
    method("tasks/list", OLD, Target::Nothing),
    method("tasks/result", OLD, Target::Nothing),
    method("tasks/update", NEW, Target::Nothing),
    method("tasks/cancel", BOTH, Target::Nothing),
    method("notifications/initialized", OLD, Target::Nothing),
    method("notifications/cancelled", BOTH, Target::Nothing),
    method("notifications/progress", BOTH, Target::Nothing),
    method("notifications/roots/list_changed", OLD, Target::Nothing),
    method("notifications/tasks/status", OLD, Target::Nothing),
    method("notifications/elicitation/response", BOTH, Target::Nothing),
];

/// For methods that are not in the table, perhaps of a later revision: the primitives that can be the
/// target of a method with this prefix.
const FAMILIES: &[(&str, &[Primitive])] = &[
    ("tools/", &[Primitive::Tool]),
    ("prompts/", &[Primitive::Prompt]),
    (
        "resources/",
        &[
            Primitive::Resource,
            Primitive::ResourceTemplate,
            Primitive::Skill,
        ],
    ),
    (
        "skills/",
        &[
            Primitive::Resource,
            Primitive::ResourceTemplate,
            Primitive::Skill,
        ],
    ),
    (
        "subscriptions/",
        &[
            Primitive::Resource,
            Primitive::ResourceTemplate,
            Primitive::Skill,
        ],
    ),
    (
        "completion/",
        &[
            Primitive::Prompt,
            Primitive::Resource,
            Primitive::ResourceTemplate,
            Primitive::Skill,
        ],
    ),
];

/// The method of this name.
fn find(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

/// Where a request with this method names its target.
pub(crate) fn target(name: &str) -> Target {
    find(name).map_or(Target::Nothing, |method| method.target)
}

/// Whether the target of a request with this method can be a primitive of this kind.
pub(crate) fn touches(name: &str, primitive: Primitive) -> bool {
    match find(name) {
        Some(method) => method.target.touches(primitive),
        None => FAMILIES.iter().any(|(family, primitives)| {
            name.starts_with(family) && primitives.contains(&primitive)
        }),
    }
}

/// The name as a static string if it is in the table, else as a copy.
pub(crate) fn named(name: &str) -> Cow<'static, str> {
    match find(name) {
        Some(known) => Cow::Borrowed(known.name),
        None => Cow::Owned(name.to_owned()),
    }
}

/// Whether this method has `arguments` that policies can decide by.
pub(crate) fn has_arguments(method: &str) -> bool {
    matches!(method, "tools/call" | "prompts/get")
}

#[cfg(test)]
mod tests;
