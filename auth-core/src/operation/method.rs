//! The methods that clients send, in the two protocol revisions that are in use: one table that
//! says which of them names a thing, and where.

use std::borrow::Cow;

use super::thing::Thing;

/// The revision with sessions, and the one without.
const REVISION_2025: &str = "2025-11-25";
const REVISION_2026: &str = "2026-07-28";
const BOTH: &[&str] = &[REVISION_2025, REVISION_2026];
const OLD: &[&str] = &[REVISION_2025];
const NEW: &[&str] = &[REVISION_2026];

/// Where a request names what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// It is about no thing.
    Nothing,
    /// In `params.name`, and in `Mcp-Name` where there are such headers.
    Name(Thing),
    /// In `params.uri`, and in `Mcp-Name` where there are such headers.
    Uri(Thing),
    /// In `params.uri` alone.
    UriInBody(Thing),
    /// In `params.ref`: the name of a prompt or the URI of a template.
    Reference,
    /// In `params.notifications.resourceSubscriptions`, any number of URIs.
    Subscriptions,
}

impl Target {
    /// Whether `Mcp-Name` repeats it.
    pub(super) fn is_in_headers(self) -> bool {
        matches!(self, Self::Name(_) | Self::Uri(_))
    }

    /// The kind of thing that is named, where there is only one.
    pub(super) fn thing(self) -> Option<Thing> {
        match self {
            Self::Name(thing) | Self::Uri(thing) | Self::UriInBody(thing) => Some(thing),
            Self::Nothing | Self::Reference | Self::Subscriptions => None,
        }
    }

    /// Whether a request can be about such a thing.
    fn touches(self, thing: Thing) -> bool {
        match self {
            Self::Nothing => false,
            Self::Name(named) => named == thing,
            Self::Uri(_) | Self::UriInBody(_) | Self::Subscriptions => thing.is_named_by_uri(),
            Self::Reference => thing == Thing::Prompt || thing.is_named_by_uri(),
        }
    }
}

/// A method that clients send.
pub(super) struct Method {
    pub(super) name: &'static str,
    pub(super) target: Target,
    /// The revisions that have it, their extensions included.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for the test that walks the table")
    )]
    pub(super) revisions: &'static [&'static str],
}

const fn method(name: &'static str, revisions: &'static [&'static str], target: Target) -> Method {
    Method {
        name,
        target,
        revisions,
    }
}

/// All of them; the first ones are sent most.
pub(super) const METHODS: &[Method] = &[
    method("tools/call", BOTH, Target::Name(Thing::Tool)),
    method("tools/list", BOTH, Target::Nothing),
    method("resources/read", BOTH, Target::Uri(Thing::Resource)),
    method("resources/list", BOTH, Target::Nothing),
    method("prompts/get", BOTH, Target::Name(Thing::Prompt)),
    method("prompts/list", BOTH, Target::Nothing),
    method("completion/complete", BOTH, Target::Reference),
    method("ping", BOTH, Target::Nothing),
    method("initialize", OLD, Target::Nothing),
    method("server/discover", NEW, Target::Nothing),
    method("resources/templates/list", BOTH, Target::Nothing),
    method(
        "resources/subscribe",
        OLD,
        Target::UriInBody(Thing::Resource),
    ),
    method(
        "resources/unsubscribe",
        OLD,
        Target::UriInBody(Thing::Resource),
    ),
    method("subscriptions/listen", NEW, Target::Subscriptions),
    method("logging/setLevel", OLD, Target::Nothing),
    method("skills/list", BOTH, Target::Nothing),
    method("skills/get", BOTH, Target::UriInBody(Thing::Skill)),
    method(
        "resources/directory/read",
        BOTH,
        Target::UriInBody(Thing::Resource),
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

/// The families of methods, and the things that a method of one can be about that is not in the
/// table: a later revision may have it.
const FAMILIES: &[(&str, &[Thing])] = &[
    ("tools/", &[Thing::Tool]),
    ("prompts/", &[Thing::Prompt]),
    (
        "resources/",
        &[Thing::Resource, Thing::ResourceTemplate, Thing::Skill],
    ),
    (
        "skills/",
        &[Thing::Resource, Thing::ResourceTemplate, Thing::Skill],
    ),
    (
        "subscriptions/",
        &[Thing::Resource, Thing::ResourceTemplate, Thing::Skill],
    ),
    (
        "completion/",
        &[
            Thing::Prompt,
            Thing::Resource,
            Thing::ResourceTemplate,
            Thing::Skill,
        ],
    ),
];

/// The method of this name.
fn find(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

/// Where a request with this method names what it is about.
pub(super) fn target(name: &str) -> Target {
    find(name).map_or(Target::Nothing, |method| method.target)
}

/// Whether a request with this method can be about such a thing.
pub(super) fn touches(name: &str, thing: Thing) -> bool {
    match find(name) {
        Some(method) => method.target.touches(thing),
        None => FAMILIES
            .iter()
            .any(|(family, things)| name.starts_with(family) && things.contains(&thing)),
    }
}

/// This method's name, without a copy of one that is in the table.
pub(super) fn named(name: &str) -> Cow<'static, str> {
    match find(name) {
        Some(known) => Cow::Borrowed(known.name),
        None => Cow::Owned(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_in_the_table_is_copied() {
        for method in METHODS {
            assert!(matches!(named(method.name), Cow::Borrowed(same) if same == method.name));
        }
        for text in ["", "tools/calls", "tools", "Tools/call", "server/discovers"] {
            assert!(matches!(named(text), Cow::Owned(same) if same == text));
        }
    }

    #[test]
    fn each_method_is_there_once_and_of_some_revision() {
        for (at, method) in METHODS.iter().enumerate() {
            assert!(!method.revisions.is_empty(), "{}", method.name);
            let later = METHODS.get(at + 1..).unwrap();
            assert!(
                later.iter().all(|other| other.name != method.name),
                "{}",
                method.name
            );
        }
    }

    #[test]
    fn a_method_that_nobody_knows_may_be_about_the_things_of_its_family() {
        for (name, thing, expected) in [
            ("tools/call", Thing::Tool, true),
            ("tools/call", Thing::Prompt, false),
            ("tools/list", Thing::Tool, false),
            ("tools/describe", Thing::Tool, true),
            ("tools/describe", Thing::Resource, false),
            ("resources/templates/list", Thing::ResourceTemplate, false),
            ("resources/templates/read", Thing::ResourceTemplate, true),
            ("resources/copy", Thing::Skill, true),
            ("skills/run", Thing::Skill, true),
            ("skills/run", Thing::Resource, true),
            ("completion/next", Thing::Prompt, true),
            ("tool/call", Thing::Tool, false),
            ("x/tools/call", Thing::Tool, false),
        ] {
            assert_eq!(touches(name, thing), expected, "{name}, {thing}");
        }
    }
}
