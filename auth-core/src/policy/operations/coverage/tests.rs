use super::*;
use crate::error::ConfigErrors;
use crate::policy::operations::builder::OperationPolicyBuilder;
use crate::policy::{OperationPolicy, RequireScopes};

fn scope() -> RequireScopes {
    RequireScopes::new(["read"]).unwrap()
}

fn problems(builder: OperationPolicyBuilder) -> String {
    match builder.build() {
        Ok(_) => String::new(),
        Err(errors) => errors.to_string(),
    }
}

/// One primitive of each kind.
fn server() -> Inventory {
    Inventory::new()
        .tools(["add", "delete"])
        .prompts(["weather"])
        .resources(["file:///readme"])
        .resource_templates(["db://{table}/{id}"])
        .skills(["skill://pdf/SKILL.md"])
}

/// Rules that fit it.
fn rules() -> OperationPolicyBuilder {
    OperationPolicy::builder()
        .server(server())
        .tool("add", scope())
        .tool("delete", scope())
        .prompt("weather", scope())
        .resource("file:///readme", scope())
        .resource_template("db://{table}/{id}", scope())
        .skill("skill://pdf/SKILL.md", scope())
}

#[test]
fn the_default_is_strict_and_names_everything_that_does_not_fit() {
    assert_eq!(problems(rules()), "", "the control");
    let builder = rules()
        .server(Inventory::new().tools(["new"]).prompts(["p"]))
        .tool("old", scope())
        .public_tool("older*");
    let expected = "\
tool \"new\" has no rule, so that every caller of the server may use it: state what it requires at the tool, \
or add .tool(\"new\", policy) to the operations
prompt \"p\" has no rule, so that every caller of the server may use it: state what it requires at the prompt, \
or add .prompt(\"p\", policy) to the operations
operations has a rule about tool \"old\", which the server does not offer: correct the name, remove the rule, \
or add the tool to the inventory
operations has a rule about tool \"older*\", which the server does not offer: correct the name, remove the rule, \
or add the tool to the inventory";
    assert_eq!(problems(builder), expected);
}

#[test]
fn each_kind_is_covered_by_its_rules() {
    let builder = OperationPolicy::builder;
    for (name, server, rules, fits) in [
        (
            "a star",
            Inventory::new().tools(["a", "b"]),
            builder().tool("*", scope()),
            true,
        ),
        (
            "a prefix",
            Inventory::new().tools(["a_1"]),
            builder().tool("a_*", scope()),
            true,
        ),
        (
            "another prefix",
            Inventory::new().tools(["a_1"]),
            builder().tool("b_*", scope()),
            false,
        ),
        (
            "another case",
            Inventory::new().tools(["a"]),
            builder().tool("A", scope()),
            false,
        ),
        (
            "a public rule",
            Inventory::new().tools(["a"]),
            builder().public_tool("a"),
            true,
        ),
        (
            "a prompt is no tool",
            Inventory::new().tools(["a"]).prompts(["a"]),
            builder().prompt("a", scope()),
            false,
        ),
        (
            "a rule about a method",
            Inventory::new().tools(["a"]),
            builder().method("tools/call", scope()),
            false,
        ),
        (
            "a public method",
            Inventory::new().tools(["a"]),
            builder().public_method("tools/call"),
            false,
        ),
        (
            "a denied tool",
            Inventory::new().tools(["a"]),
            builder().deny_unlisted(),
            false,
        ),
        (
            "a resource by its directory",
            Inventory::new().resources(["file:///a/b"]),
            builder().resource("file:///a/*", scope()),
            true,
        ),
        (
            "a resource by a template",
            Inventory::new().resources(["db://t/1"]),
            builder().resource_template("db://{t}/{id}", scope()),
            true,
        ),
        (
            "a resource by another template",
            Inventory::new().resources(["db://t"]),
            builder().resource_template("db://{t}/{id}", scope()),
            false,
        ),
        (
            "a template by itself",
            Inventory::new().resource_templates(["db://{t}"]),
            builder().resource_template("db://{t}", scope()),
            true,
        ),
        (
            "a template with other names",
            Inventory::new().resource_templates(["db://{t}"]),
            builder().resource_template("db://{table}", scope()),
            true,
        ),
        (
            "a template by a rule about resources",
            Inventory::new().resource_templates(["db://{t}"]),
            builder().resource("db://*", scope()),
            true,
        ),
        (
            "a part of a template",
            Inventory::new().resource_templates(["db://{t}"]),
            builder().resource("db://staff", scope()),
            false,
        ),
        (
            "a rule about the string of a template",
            Inventory::new().resource_templates(["db://{t}"]),
            builder().resource("db://{*", scope()),
            false,
        ),
        (
            "a skill by its directory",
            Inventory::new().skills(["skill://pdf/SKILL.md"]),
            builder().skill("skill://*", scope()),
            true,
        ),
        (
            "a skill by a rule about resources",
            Inventory::new().skills(["skill://pdf/SKILL.md"]),
            builder().resource("skill://*", scope()),
            true,
        ),
    ] {
        let text = problems(rules.server(server));
        assert_eq!(text.is_empty(), fits, "{name}: {text}");
        assert!(fits || text.contains("has no rule"), "{name}: {text}");
    }
}

#[test]
fn each_rule_is_about_something() {
    let with =
        |change: fn(OperationPolicyBuilder) -> OperationPolicyBuilder| problems(change(rules()));
    for (name, text, fits) in [
        ("the control", with(|it| it), true),
        ("one of several", with(|it| it.tool("*", scope())), true),
        ("no tool", with(|it| it.tool("added", scope())), false),
        ("a public one", with(|it| it.public_tool("version")), false),
        (
            "a prompt is no tool",
            with(|it| it.tool("weather", scope())),
            false,
        ),
        ("no prompt", with(|it| it.prompt("add", scope())), false),
        (
            "a resource",
            with(|it| it.resource("file:///*", scope())),
            true,
        ),
        (
            "no resource",
            with(|it| it.resource("file:///x", scope())),
            false,
        ),
        (
            "a resource of a template",
            with(|it| it.resource("db://staff/1", scope())),
            true,
        ),
        (
            "a resource of no template",
            with(|it| it.resource("db:/staff/1", scope())),
            false,
        ),
        (
            "a template",
            with(|it| it.resource_template("db://{t}/x", scope())),
            true,
        ),
        (
            "no template",
            with(|it| it.resource_template("cache://{t}", scope())),
            false,
        ),
        (
            "the files of a skill",
            with(|it| it.skill("skill://pdf/*", scope())),
            true,
        ),
        (
            "no skill",
            with(|it| it.skill("skill://xls/*", scope())),
            false,
        ),
        ("a method", with(|it| it.method("ping", scope())), true),
        (
            "a custom method",
            with(|it| it.custom_method("vendor/x", scope())),
            true,
        ),
    ] {
        assert_eq!(text.is_empty(), fits, "{name}: {text}");
        let reason = "which the server does not offer";
        assert!(fits || text.contains(reason), "{name}: {text}");
    }
}

#[test]
fn coverage_needs_a_server() {
    let alone = OperationPolicy::builder()
        .coverage(Coverage::Strict)
        .build();
    let expected: ConfigErrors = ConfigError::new(
        "coverage",
        "has nothing to compare the rules with: call server, too",
    )
    .into();
    assert_eq!(alone.unwrap_err(), expected);
    let empty = OperationPolicy::builder()
        .server(Inventory::new())
        .coverage(Coverage::Strict);
    assert_eq!(problems(empty), "", "the control");
}

#[test]
fn what_a_primitive_states_is_a_rule_about_its_name_alone() {
    let stated = |name: &str| {
        let server = Inventory::new()
            .require(Primitive::Tool, name, scope())
            .tools(["ab"]);
        problems(OperationPolicy::builder().server(server))
    };
    assert_eq!(stated("ab"), "", "the control");
    let text = stated("a*");
    assert!(
        text.contains("tool \"ab\" has no rule") && text.lines().count() == 1,
        "{text}"
    );
    let nameless =
        problems(OperationPolicy::builder().server(Inventory::new().public(Primitive::Tool, "")));
    assert_eq!(nameless, "server has a tool without a name: give it one");
}

/// A server that forgets any one of its rules does not start.
#[test]
fn each_of_a_hundred_rules_is_missed() {
    let names: Vec<String> = (0..100).map(|number| format!("tool_{number}")).collect();
    let without = |forgotten: Option<usize>| {
        let rules = names
            .iter()
            .enumerate()
            .filter(|(at, _)| Some(*at) != forgotten);
        let builder = OperationPolicy::builder().server(Inventory::new().tools(names.clone()));
        problems(rules.fold(builder, |builder, (_, name)| builder.tool(name, scope())))
    };
    assert_eq!(without(None), "", "the control");
    let mut refused = 0;
    for (forgotten, name) in names.iter().enumerate() {
        let text = without(Some(forgotten));
        assert!(
            text.starts_with(&format!("tool {name:?} has no rule")),
            "{text}"
        );
        assert_eq!(text.lines().count(), 1, "{text}");
        refused += 1;
    }
    assert_eq!(refused, 100);
}
