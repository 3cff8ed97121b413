use super::*;

#[test]
fn names_in_the_table_are_not_copied() {
    for method in METHODS {
        assert!(matches!(named(method.name), Cow::Borrowed(same) if same == method.name));
    }
    for text in ["", "tools/calls", "tools", "Tools/call", "server/discovers"] {
        assert!(matches!(named(text), Cow::Owned(same) if same == text));
    }
}

#[test]
fn methods_are_distinct_and_have_a_revision() {
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
fn an_unknown_method_can_name_the_primitives_of_its_family() {
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
        // Constants of other members are not methods.
        .filter(|value| value.contains('/') || matches!(&**value, "ping" | "initialize"))
        .filter(|value| !value.starts_with("ref/") && !value.starts_with("object/"))
        .collect();
    assert!(methods.len() >= 20, "{methods:?}");
    for method in methods {
        assert!(find(&method).is_some(), "{method} is not in the table");
    }
}

#[test]
fn a_rule_about_a_primitive_applies_to_every_method_that_names_it() {
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
            (Target::Uri(_) | Target::UriInBody(_), primitive) if primitive.is_named_by_uri() => {
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

    let denies_all = crate::policy::policy_fn(|_| Err(Denied::Forbidden("denied".into())));
    let token = crate::token::VerifiedToken::assertion("i", "s", std::time::SystemTime::UNIX_EPOCH);
    let request = PolicyRequest::new(&token, std::time::SystemTime::UNIX_EPOCH);
    let mut pairs = Vec::new();
    for (primitive, name, other) in [
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
            Primitive::Tool => builder.tool(name, denies_all),
            Primitive::Prompt => builder.prompt(name, denies_all),
            Primitive::Resource => builder.resource(name, denies_all),
            Primitive::ResourceTemplate => builder.resource_template(name, denies_all),
            Primitive::Skill => builder.skill(name, denies_all),
        };
        let policy = policy.build().unwrap();
        let check = |body: &str| {
            let read = message::operations(body.as_bytes(), false).ok().unwrap();
            policy
                .check(&read.operations, &read.arguments, &request)
                .is_ok()
        };
        for method in METHODS {
            let Some(matching) = body(method, primitive, name) else {
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
            assert!(!check(&matching), "{matching}");
            // Control: the same method with another target.
            let non_matching = body(method, primitive, other).unwrap();
            assert!(check(&non_matching), "{non_matching}");
        }
    }
    for revision in BOTH {
        let count = pairs.iter().filter(|(of, ..)| *of == revision).count();
        assert!(count >= 15, "{revision}: {pairs:?}");
    }
}
