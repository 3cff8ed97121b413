//! The methods that clients send, in the two protocol revisions that are in use: one table that
//! says which of them names a primitive, and where.

use std::borrow::Cow;

use crate::operation::primitive::Primitive;

/// The revision with sessions, and the one without.
const REVISION_2025: &str = "2025-11-25";
const REVISION_2026: &str = "2026-07-28";
const BOTH: &[&str] = &[REVISION_2025, REVISION_2026];
const OLD: &[&str] = &[REVISION_2025];
const NEW: &[&str] = &[REVISION_2026];

/// Where a request names what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// It is about no primitive.
    Nothing,
    /// In `params.name`, and in `Mcp-Name` where there are such headers.
    Name(Primitive),
    /// In `params.uri`, and in `Mcp-Name` where there are such headers.
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

    /// The kind of primitive that is named, where there is only one.
    pub(crate) fn primitive(self) -> Option<Primitive> {
        match self {
            Self::Name(primitive) | Self::Uri(primitive) | Self::UriInBody(primitive) => {
                Some(primitive)
            }
            Self::Nothing | Self::Reference | Self::Subscriptions => None,
        }
    }

    /// Whether a request can be about such a primitive.
    fn touches(self, primitive: Primitive) -> bool {
        match self {
            // Each subscription is an operation of its own.
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
    /// The revisions that have it, their extensions included.
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

/// All of them; the first ones are sent most.
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

/// The families of methods, and the primitives that a method of one can be about that is not in the
/// table: a later revision may have it.
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

/// Where a request with this method names what it is about.
pub(crate) fn target(name: &str) -> Target {
    find(name).map_or(Target::Nothing, |method| method.target)
}

/// Whether a request with this method can be about such a primitive.
pub(crate) fn touches(name: &str, primitive: Primitive) -> bool {
    match find(name) {
        Some(method) => method.target.touches(primitive),
        None => FAMILIES.iter().any(|(family, primitives)| {
            name.starts_with(family) && primitives.contains(&primitive)
        }),
    }
}

/// This method's name, without a copy of one that is in the table.
pub(crate) fn named(name: &str) -> Cow<'static, str> {
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
        for (name, primitive, expected) in [
            ("tools/call", Primitive::Tool, true),
            ("tools/call", Primitive::Prompt, false),
            ("tools/list", Primitive::Tool, false),
            ("tools/describe", Primitive::Tool, true),
            ("tools/describe", Primitive::Resource, false),
            (
                "resources/templates/list",
                Primitive::ResourceTemplate,
                false,
            ),
            (
                "resources/templates/read",
                Primitive::ResourceTemplate,
                true,
            ),
            ("resources/copy", Primitive::Skill, true),
            ("skills/run", Primitive::Skill, true),
            ("skills/run", Primitive::Resource, true),
            ("completion/next", Primitive::Prompt, true),
            ("tool/call", Primitive::Tool, false),
            ("x/tools/call", Primitive::Tool, false),
        ] {
            assert_eq!(touches(name, primitive), expected, "{name}, {primitive}");
        }
    }

    /// All values that a schema fixes for a member named `method`.
    fn methods_in(schema: &serde_json::Value) -> Vec<String> {
        match schema {
            serde_json::Value::Object(members) => {
                let fixed = members.get("const").and_then(|value| value.as_str());
                let below = members.values().flat_map(methods_in);
                below.chain(fixed.map(str::to_owned)).collect()
            }
            serde_json::Value::Array(items) => items.iter().flat_map(methods_in).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn every_method_that_rmcp_takes_from_clients_is_in_the_table() {
        use rmcp::model::{ClientNotification, ClientRequest};
        use rmcp::schemars::schema_for;
        let schemas = [schema_for!(ClientRequest), schema_for!(ClientNotification)];
        let methods: Vec<_> = schemas
            .iter()
            .flat_map(|schema| methods_in(schema.as_value()))
            // Values of other members are no methods.
            .filter(|value| value.contains('/') || matches!(&**value, "ping" | "initialize"))
            .filter(|value| !value.starts_with("ref/") && !value.starts_with("object/"))
            .collect();
        assert!(methods.len() >= 20, "{methods:?}");
        for method in methods {
            assert!(find(&method).is_some(), "{method} is not in the table");
        }
    }

    #[test]
    fn a_rule_about_a_thing_decides_every_method_that_names_it() {
        use crate::operation::message;
        use crate::policy::OperationPolicy;
        use crate::policy::{Denied, PolicyRequest};

        /// A message with this method about a primitive with this name.
        fn body(method: &Method, primitive: Primitive, name: &str) -> Option<String> {
            let params = match (method.target, primitive) {
                (Target::Nothing, _) => return None,
                (Target::Name(named), primitive) if named == primitive => {
                    format!(r#""name":"{name}""#)
                }
                (Target::Uri(_) | Target::UriInBody(_), primitive)
                    if primitive.is_named_by_uri() =>
                {
                    format!(r#""uri":"{name}""#)
                }
                (Target::Reference, Primitive::Prompt) => {
                    format!(r#""ref":{{"type":"ref/prompt","name":"{name}"}}"#)
                }
                (Target::Reference, primitive) if primitive.is_named_by_uri() => {
                    format!(r#""ref":{{"type":"ref/resource","uri":"{name}"}}"#)
                }
                (Target::Subscriptions, primitive) if primitive.is_named_by_uri() => {
                    format!(r#""notifications":{{"resourceSubscriptions":["{name}"]}}"#)
                }
                _ => return None,
            };
            let method = method.name;
            Some(format!(
                r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{{params}}}}}"#
            ))
        }

        let nobody = crate::policy::policy_fn(|_| Err(Denied::Claims("nobody".into())));
        let token =
            crate::token::VerifiedToken::assertion("i", "s", std::time::SystemTime::UNIX_EPOCH);
        let request = PolicyRequest::new(&token, std::time::SystemTime::UNIX_EPOCH);
        let mut pairs = Vec::new();
        for (primitive, ruled, other) in [
            (Primitive::Tool, "payroll", "weather"),
            (Primitive::Prompt, "payroll", "weather"),
            (Primitive::Resource, "file:///private/a", "file:///open/a"),
            (
                Primitive::ResourceTemplate,
                "file:///private/{x}",
                "file:///open/{x}",
            ),
            (
                Primitive::Skill,
                "skill://private/SKILL.md",
                "skill://open/SKILL.md",
            ),
        ] {
            let builder = OperationPolicy::builder();
            let policy = match primitive {
                Primitive::Tool => builder.tool(ruled, nobody),
                Primitive::Prompt => builder.prompt(ruled, nobody),
                Primitive::Resource => builder.resource(ruled, nobody),
                Primitive::ResourceTemplate => builder.resource_template(ruled, nobody),
                Primitive::Skill => builder.skill(ruled, nobody),
            };
            let policy = policy.build().unwrap();
            let check = |body: &str| {
                let read = message::operations(body.as_bytes(), false).ok().unwrap();
                policy.check(&read.operations, &request).is_ok()
            };
            for method in METHODS {
                let Some(about_it) = body(method, primitive, ruled) else {
                    assert!(
                        !method.target.touches(primitive),
                        "{} touches a {primitive}, and this test has no message for it",
                        method.name
                    );
                    continue;
                };
                pairs.extend(
                    method
                        .revisions
                        .iter()
                        .map(|revision| (revision, primitive, method.name)),
                );
                assert!(!check(&about_it), "{about_it}");
                // The control: about another one of its kind.
                let about_another = body(method, primitive, other).unwrap();
                assert!(check(&about_another), "{about_another}");
            }
        }
        for revision in BOTH {
            let count = pairs.iter().filter(|(of, ..)| *of == revision).count();
            assert!(count >= 15, "{revision}: {pairs:?}");
        }
    }
}
