//! Mistakes are found at start, each with its place and what to change.

use auth_core::policy::cedar::{Cedar, LeftOut};
use serde_json::{Value, json};

use crate::harness::{ISSUER, cedar, tools};

#[test]
fn a_mistake_in_the_policies_is_named_with_its_place() {
    assert!(
        cedar()
            .policies("permit(principal, action, resource);")
            .build()
            .is_ok(),
        "the control"
    );
    for (policies, expected) in [
        (
            "permit(principal,\n  action ==, resource);",
            "2:12: unexpected token `,`: expected",
        ),
        (
            "permit(principal, action,\n resource == MCP::Tool::\"notes_ad\");",
            "2:14: for policy `policy0`: entity `MCP::Tool::\"notes_ad\"`",
        ),
        (
            "permit(principal, action == MCP::Action::\"note_add\", resource);",
            "1:29: for policy `policy0`, unrecognized action `MCP::Action::\"note_add\"`: did you mean",
        ),
        (
            "@id(\"a\")\npermit(principal, action == MCP::Action::\"notes_add\", resource)\nwhen { context.input.text == 1 };",
            "3:8: the types Long and String are not compatible: for policy `a`, both operands",
        ),
        (
            "permit(principal, action == MCP::Action::\"notes_add\", resource)\nwhen { context.input.txt == \"a\" };",
            "2:8: for policy `policy0`, attribute `input.txt` in context for MCP::Action::\"notes_add\" not found: did you mean `text`?",
        ),
        (
            "permit(principal, action == MCP::Action::\"notes_add\", resource)\nwhen { context.input.color == MCP::notes_add::Input::Color::\"red\" };",
            "2:8: for policy `policy0`, unable to guarantee safety of access to optional attribute `input.color`",
        ),
        (
            "permit(principal == MCP::Usr::\"a\", action, resource);",
            "1:21: for policy `policy0`, unrecognized entity type `MCP::Usr`: did you mean `MCP::User`?",
        ),
        // No request is about the group itself.
        (
            "\npermit(principal, action == MCP::Action::\"tools/call\", resource);",
            "2:1: for policy `policy0`, policy is impossible",
        ),
        (
            "permit(principal == ?principal, action, resource);",
            "policy0 is a template, which decides nothing: write a policy without slots",
        ),
        (
            "@id(\"a\") permit(principal, action, resource);\n@id(\"a\") forbid(principal, action, resource);",
            "2:1: two policies have the id \"a\": rename one",
        ),
        (
            "@scope(\"a\") permit(principal, action, resource);",
            "1:1: @scope has no effect: write @scopes",
        ),
        (
            "@ID(\"a\") permit(principal, action, resource);",
            "1:1: @ID has no effect: write @id",
        ),
        (
            "@scopes(\"a\") permit(principal, action, resource);",
            "1:1: @scopes(\"a\") requires nothing by itself: add a condition on principal.scopes",
        ),
        (
            "@scopes(\"\") permit(principal, action, resource) when { principal.scopes.contains(\"a\") };",
            "1:1: @scopes names no scope: name those that the policy looks for",
        ),
        (
            "@scopes(\"a\\\"b\") permit(principal, action, resource) when { principal.scopes.contains(\"a\") };",
            "1:1: @scopes(\"a\\\"b\") is not a list of scopes: ",
        ),
    ] {
        let error = cedar().policies(policies).build().unwrap_err().to_string();
        let expected = format!("cedar policies {expected}");
        assert!(error.starts_with(&expected), "{error}\n{expected}");
    }
}

#[test]
fn every_mistake_is_reported_and_a_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.cedar");
    let policies = "permit(principal, action, resource == MCP::Tool::\"a\");\npermit(principal, action, resource == MCP::Tool::\"b\");";
    std::fs::write(&path, policies).unwrap();
    let error = cedar().policy_file(&path).build().unwrap_err().to_string();
    let lines: Vec<_> = error.lines().collect();
    assert_eq!(lines.len(), 2, "{error}");
    for (line, place) in lines.iter().zip([":1:39: ", ":2:39: "]) {
        assert!(
            line.contains(&format!("{}{place}", path.display())),
            "{line}"
        );
    }
    let missing = folder.path().join("missing.cedar");
    let error = cedar()
        .policy_file(&missing)
        .build()
        .unwrap_err()
        .to_string();
    assert!(error.contains("missing.cedar cannot be read: "), "{error}");
}

#[test]
fn a_mistake_in_the_settings_is_named() {
    let allow = "permit(principal, action, resource);";
    let with_tool = |tool: Value| cedar().tools([tool]).policies(allow).build();
    for (result, expected) in [
        (
            cedar().build(),
            "cedar has no policies: name a file with policy_file",
        ),
        (
            Cedar::builder().tools(tools()).policies(allow).build(),
            "cedar has no issuer: name the one whose users the policies are about",
        ),
        (
            with_tool(json!({ "name": "deploy.app" })),
            "cedar has tools \"deploy-app\" and \"deploy.app\", which would have the same types deploy_app: rename one",
        ),
        (
            with_tool(json!({ "name": "tools/list" })),
            "cedar has a tool with the name of another action, \"tools/list\": rename the tool",
        ),
        (
            with_tool(json!({ "title": "x" })),
            "cedar tools has a tool without a name: give the items of tools/list",
        ),
        (
            cedar().namespace("a b").policies(allow).build(),
            "cedar has no schema of these tools: ",
        ),
    ] {
        let error = result.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn an_argument_that_cedar_cannot_express_is_left_out() {
    let tool = json!({
        "name": "t",
        "inputSchema": {
            "type": "object",
            "properties": {
                "a": { "type": "string" },
                "b-c": { "type": "string", "enum": ["x"] },
                "d": { "$ref": "#/$defs/Missing" },
                "e": true,
            },
        },
    });
    let build = |policy: &str| {
        let cedar = Cedar::builder().issuer(ISSUER).tools([tool.clone()]);
        cedar.policies(policy).build()
    };
    let sees = |condition: &str| {
        build(&format!(
            "permit(principal, action == MCP::Action::\"t\", resource) when {{ {condition} }};"
        ))
    };
    let cedar = sees("context.input has a && context.input.a == \"x\"").unwrap();
    let left_out = cedar.left_out().iter();
    let left_out: Vec<_> = left_out
        .map(|LeftOut { tool, argument, .. }| (tool.as_str(), argument.as_str()))
        .collect();
    assert_eq!(left_out, [("t", "b-c"), ("t", "d")]);
    let error = sees("context.input has d && context.input.d == \"x\"")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("policy is impossible") || error.contains("attribute `d`"),
        "{error}"
    );
}

#[test]
fn the_schema_can_be_given_to_other_tools_of_cedar() {
    let cedar = cedar()
        .policies("permit(principal, action, resource);")
        .build()
        .unwrap();
    let schema = cedar.schema();
    for part in [
        "action \"deploy-app\" in [Action::\"tools/call\"] appliesTo",
        "action \"notes_add\" in [Action::\"tools/call\"] appliesTo",
        "entity Tool enum [\"notes_add\", \"notes_list\", \"deploy-app\"];",
        "text: String",
    ] {
        assert!(schema.contains(part), "{part}\n{schema}");
    }
}

/// A `forbid` about an argument that is never read would not apply.
#[test]
fn a_policy_about_arguments_needs_them() {
    let policy = "permit(principal, action, resource);\nforbid(principal, action == MCP::Action::\"notes_add\", resource) when { context.input has color };";
    assert!(cedar().policies(policy).build().is_ok(), "the control");
    let error = cedar().policies(policy).without_arguments().build();
    assert_eq!(
        error.unwrap_err().to_string(),
        "cedar policies 2:1: looks at context.input, which without_arguments hides: remove one of them"
    );
}
