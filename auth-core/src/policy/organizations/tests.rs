use std::sync::Arc;
use std::time::SystemTime;

use serde_json::json;

use super::*;
use crate::operation::{Operation, Primitive};
use crate::policy::{AuthorizationRequest, Authorizer, Denied, NotAuthorized, PolicyRequest};
use crate::token::{Scopes, VerifiedToken};

const FORBIDDEN: &str = "forbidden";

/// `allowed`, `forbidden`, or the scopes of the challenge.
async fn decide(
    rules: &dyn OrganizationRules,
    token: &VerifiedToken,
    operation: &Operation,
) -> String {
    #[derive(Debug, Clone)]
    struct Borrowed(Option<Arc<OrganizationRule>>);
    impl OrganizationRules for Borrowed {
        fn rules_of(&self, _: &str) -> Option<Arc<OrganizationRule>> {
            self.0.clone()
        }
    }
    let rule = token.organization().and_then(|name| rules.rules_of(name));
    let authorizer = Organizations::new(Borrowed(rule));
    let request = PolicyRequest::new(token, SystemTime::UNIX_EPOCH).with_operation(operation);
    let verdict = authorizer
        .authorize(AuthorizationRequest::new(request))
        .await;
    let shown = authorizer.shows(&request.for_listing());
    assert_eq!(verdict.is_ok(), shown, "a list shows what is allowed");
    match verdict {
        Ok(()) => "allowed".into(),
        Err(NotAuthorized::Denied(Denied::Forbidden(_))) => FORBIDDEN.into(),
        Err(NotAuthorized::Denied(Denied::Scope(scopes))) => scopes.to_string(),
        Err(other) => unreachable!("{other:?}"),
    }
}

fn member(organization: &str, scopes: &str, roles: serde_json::Value) -> VerifiedToken {
    let claims = serde_json::Map::from_iter([("roles".to_owned(), roles)]);
    let token = VerifiedToken::assertion("i", "usr_1", SystemTime::UNIX_EPOCH)
        .with_scopes(Scopes::parse(scopes).unwrap())
        .with_claims(claims);
    match organization {
        "" => token,
        organization => token.with_organization(organization),
    }
}

fn table() -> OrganizationTable {
    let strict = OrganizationRule::new()
        .required_scopes(["notes:read", "notes:list"])
        .unwrap()
        .allowed_roles(["member", "admin"])
        .unwrap()
        .allowed_tools(["notes_*"])
        .unwrap();
    OrganizationTable::builder()
        .organization("strict", strict)
        .organization("open", OrganizationRule::new())
        .build()
        .unwrap()
}

#[tokio::test]
async fn the_rule_of_the_callers_organization_decides() {
    let scopes = "notes:read notes:list";
    let tool = Operation::tool("notes_add");
    for (name, caller, tool, expected) in [
        (
            "the control",
            member("strict", scopes, json!(["member"])),
            &tool,
            "allowed",
        ),
        (
            "one of several roles",
            member("strict", scopes, json!(["x", "admin"])),
            &tool,
            "allowed",
        ),
        (
            "another organization",
            member("other", scopes, json!(["member"])),
            &tool,
            FORBIDDEN,
        ),
        (
            "no organization",
            member("", scopes, json!(["member"])),
            &tool,
            FORBIDDEN,
        ),
        (
            "of another case",
            member("Strict", scopes, json!(["member"])),
            &tool,
            FORBIDDEN,
        ),
        (
            "another role",
            member("strict", scopes, json!(["guest"])),
            &tool,
            FORBIDDEN,
        ),
        (
            "no role",
            member("strict", scopes, json!([])),
            &tool,
            FORBIDDEN,
        ),
        (
            "roles that are no array",
            member("strict", scopes, json!("member")),
            &tool,
            FORBIDDEN,
        ),
        (
            "a scope is missing",
            member("strict", "notes:read", json!(["member"])),
            &tool,
            "notes:read notes:list",
        ),
        (
            "no scope can help",
            member("strict", "notes:read", json!(["guest"])),
            &tool,
            FORBIDDEN,
        ),
        (
            "another tool",
            member("strict", scopes, json!(["member"])),
            &Operation::tool("delete"),
            FORBIDDEN,
        ),
        (
            "another tool without the scope",
            member("strict", "", json!(["member"])),
            &Operation::tool("delete"),
            FORBIDDEN,
        ),
        (
            "a rule without settings",
            member("open", "", json!([])),
            &tool,
            "allowed",
        ),
    ] {
        assert_eq!(decide(&table(), &caller, tool).await, expected, "{name}");
    }
}

#[tokio::test]
async fn lists_allow_what_they_name_and_nothing_unknown() {
    let of =
        |name: &'static str, kind| Operation::new("completion/complete").with_primitive(kind, name);
    let rule = OrganizationRule::new();
    let rules = [
        rule.clone().allowed_tools(["a*"]).unwrap(),
        rule.clone().allowed_prompts(["a*"]).unwrap(),
        rule.allowed_resources(["file:///a/*"]).unwrap(),
    ];
    for (name, operation, expected) in [
        ("a tool", Operation::tool("ab"), [true; 3]),
        ("another tool", Operation::tool("b"), [false, true, true]),
        (
            "a method of later",
            Operation::new("tools/describe"),
            [false, true, true],
        ),
        ("a list", Operation::new("tools/list"), [true; 3]),
        ("a prompt", of("ab", Primitive::Prompt), [true; 3]),
        (
            "another prompt",
            of("b", Primitive::Prompt),
            [true, false, true],
        ),
        (
            "a resource",
            Operation::new("resources/read").with_name("file:///a/b"),
            [true; 3],
        ),
        (
            "another resource",
            Operation::new("resources/read").with_name("file:///b"),
            [true, true, false],
        ),
        (
            "a template",
            of("file:///a/{x}", Primitive::ResourceTemplate),
            [true; 3],
        ),
        (
            "a wider template",
            of("file:///{x}", Primitive::ResourceTemplate),
            [true, true, false],
        ),
        (
            "a skill",
            of("file:///b/SKILL.md", Primitive::Skill),
            [true, true, false],
        ),
        (
            "a subscription",
            Operation::new("subscriptions/listen"),
            [true; 3],
        ),
        (
            "a subscribed resource",
            Operation::new("resources/subscribe").with_name("file:///b"),
            [true, true, false],
        ),
        (
            "a completion without target",
            Operation::new("completion/complete"),
            [true, false, false],
        ),
    ] {
        for (rule, expected) in rules.clone().into_iter().zip(expected) {
            let table = OrganizationTable::builder()
                .organization("o", rule)
                .build()
                .unwrap();
            let verdict = decide(&table, &member("o", "", json!([])), &operation).await;
            assert_eq!(verdict == "allowed", expected, "{name}: {verdict}");
        }
    }
}

#[tokio::test]
async fn others_are_refused_unless_they_have_a_rule() {
    let rule = OrganizationRule::new().allowed_tools(["search"]).unwrap();
    let others = OrganizationTable::builder()
        .organization("open", OrganizationRule::new())
        .others(rule)
        .build()
        .unwrap();
    let boxed: Box<dyn OrganizationRules> = Box::new(Arc::new(others));
    for (organization, tool, expected) in [
        ("open", "add", "allowed"),
        ("other", "search", "allowed"),
        ("other", "add", FORBIDDEN),
        ("", "search", FORBIDDEN),
    ] {
        let caller = member(organization, "", json!([]));
        let verdict = decide(&boxed, &caller, &Operation::tool(tool)).await;
        assert_eq!(verdict, expected, "{organization} {tool}");
    }
}

#[test]
fn mistakes_in_rules_are_errors_at_start() {
    let rule = OrganizationRule::new;
    assert!(rule().allowed_tools(["a", "b"]).is_ok(), "the control");
    let none: [&str; 0] = [];
    for (result, expected) in [
        (
            rule().allowed_tools(none),
            "allowed_tools is empty, which would refuse every tool: leave it out, or list at least one",
        ),
        (
            rule().allowed_roles(none),
            "allowed_roles is empty, which would refuse every member: leave it out, or list at least one",
        ),
        (
            rule().required_scopes(none),
            "required_scopes is empty, which would require nothing: leave it out, or list at least one",
        ),
        (
            rule().allowed_prompts(["a", ""]),
            "allowed_prompts has an empty string: remove it",
        ),
        (
            rule().allowed_resources(["a", "a"]),
            "allowed_resources has \"a\" twice: remove one",
        ),
    ] {
        assert_eq!(result.unwrap_err().to_string(), expected);
    }
    assert!(rule().required_scopes(["a b"]).is_err());
    let builder = OrganizationTable::builder;
    for (builder, expected) in [
        (
            builder(),
            "organizations has no rule, which would refuse every caller: add an organization",
        ),
        (
            builder().others(rule()).organization("", rule()),
            "organizations has a rule for an organization without a name: name it",
        ),
        (
            builder()
                .organization("o", rule())
                .organization("o", rule()),
            "organizations has two rules for \"o\": remove one",
        ),
        (
            builder().others(rule()).others(rule()),
            "organizations has two rules for other organizations: remove one",
        ),
    ] {
        assert_eq!(builder.build().unwrap_err().to_string(), expected);
    }
}

#[cfg(feature = "organization-file")]
mod toml {
    use super::*;

    const CONTROL: &str = r#"# The customers.
[organizations.strict]
required_scopes = ["notes:read", "notes:list"]
allowed_roles = ["member", "admin"]
allowed_tools = ["notes_*"]

[organizations.open]
"#;

    #[test]
    fn a_file_has_the_same_rules_as_a_table() {
        assert_eq!(OrganizationTable::from_toml(CONTROL).unwrap(), table());
        let more = "[others]\nallowed_prompts = [\"a\"]\nallowed_resources = [\"b\"]\n\
                    [organizations.\"a.b ü\"]\n";
        let rule = OrganizationRule::new().allowed_prompts(["a"]).unwrap();
        let expected = OrganizationTable::builder()
            .others(rule.allowed_resources(["b"]).unwrap())
            .organization("a.b ü", OrganizationRule::new());
        let expected = expected.build().unwrap();
        assert_eq!(OrganizationTable::from_toml(more).unwrap(), expected);
    }

    #[cfg(feature = "rate-limit")]
    #[test]
    fn a_quota_has_requests_a_period_and_perhaps_a_burst() {
        use crate::policy::rate_limit::Quota;
        for (text, quota) in [
            ("{ requests = 10, per = \"second\" }", Quota::per_second(10)),
            (
                "{ requests = 0x0a, per = \"minute\", burst = 2 }",
                Quota::per_minute(10).burst(2),
            ),
            (
                "{ requests = 1_000, per = \"hour\" }",
                Quota::per_hour(1000),
            ),
            ("{ requests = 1, per = \"day\" }", Quota::per_day(1)),
        ] {
            let text = format!("[organizations.o]\nquota = {text}\n");
            let table = OrganizationTable::from_toml(&text).unwrap();
            let expected = OrganizationRule::new().quota(quota).unwrap();
            assert_eq!(*table.rules_of("o").unwrap(), expected, "{text}");
        }
    }

    /// Each mistake, with its place.
    fn mistakes(text: &str) -> Vec<String> {
        let problems = OrganizationTable::from_toml(text).unwrap_err();
        let problems = problems.iter().map(|problem| {
            let (line, column) = (problem.line().unwrap_or(0), problem.column().unwrap_or(0));
            format!("{line}:{column}: {problem}")
        });
        problems.collect()
    }

    #[test]
    fn each_mistake_is_named_with_its_place_and_fix() {
        const KNOWN: &str = "use required_scopes, allowed_roles, allowed_tools, allowed_prompts, \
                             allowed_resources, quota";
        for (setting, changed, expected) in [
            (
                "allowed_tools = [\"notes_*\"]",
                "alowed_tools = [\"notes_*\"]",
                format!("5:1: \"alowed_tools\" is not known here: {KNOWN}"),
            ),
            (
                "allowed_tools = [\"notes_*\"]",
                "allowed_tools = \"notes_*\"",
                "5:17: allowed_tools is of type string: write an array of strings".into(),
            ),
            (
                "\"notes_*\"",
                "\"notes_*\", 7",
                "5:29: an item of allowed_tools is of type integer: write a string".into(),
            ),
            (
                "\"notes_*\"",
                "",
                "5:17: allowed_tools is empty, which would refuse every tool: leave it out, or list at \
                 least one"
                    .into(),
            ),
            (
                "\"notes_*\"",
                "\"a\",\n  \"a\"",
                "6:3: allowed_tools has \"a\" twice: remove one".into(),
            ),
            ("\"notes_*\"", "\"\"", "5:18: allowed_tools has an empty string: remove it".into()),
            (
                "[organizations.open]",
                "[organizations.strict]",
                "7:16: invalid toml: duplicate key".into(),
            ),
            (
                "[organizations.open]",
                "[organizations.\"\"]",
                "7:16: an organization has no name: name it as tokens do".into(),
            ),
            (
                "[organizations.open]",
                "[organisations.open]",
                "7:2: \"organisations\" is not known here: use organizations, others".into(),
            ),
            (
                "[organizations.open]",
                "[organizations]\nopen = true",
                "8:8: a rule is of type boolean: write a table".into(),
            ),
            (
                "# The customers.",
                "others = 1",
                "1:10: others is of type integer: write a table".into(),
            ),
        ] {
            let text = CONTROL.replace(setting, changed);
            assert_ne!(text, CONTROL, "{changed}");
            assert_eq!(mistakes(&text), [expected], "{text}");
        }
        for empty in ["", "# nothing\n", "[organizations]\n"] {
            let expected = "0:0: has no rule, which would refuse every caller: add a table \
                            [organizations.NAME]";
            assert_eq!(mistakes(empty), [expected]);
        }
        let scope = mistakes(&CONTROL.replace("notes:list", "notes list"));
        assert!(scope[0].starts_with("3:34: required_scopes "), "{scope:?}");
        let syntax = mistakes("[organizations.o]\nallowed_tools = [\"a\"\n");
        assert!(
            syntax[0].contains(": invalid toml: ") && !syntax[0].starts_with("0:"),
            "{syntax:?}"
        );
        let several = mistakes(
            "[organizations.a]\nx = 1\n[organizations.b]\nallowed_roles = []\nallowed_tools = 1\n",
        );
        assert_eq!(several.len(), 3, "{several:?}");
        let many = mistakes(&"=\n".repeat(10_000));
        assert_eq!(many.len(), 10);
        let deep = format!("a = {}", "[".repeat(100_000));
        assert!(!mistakes(&deep).is_empty());
    }

    #[cfg(feature = "rate-limit")]
    #[test]
    fn mistakes_in_quotas_are_named() {
        for (quota, expected) in [
            ("7", "2:9: quota is of type integer: write a table"),
            ("{ per = \"hour\" }", "2:9: quota has no requests: add it"),
            ("{ requests = 7 }", "2:9: quota has no per: add it"),
            (
                "{ requests = 7, per = \"week\" }",
                "2:31: per is not a period: write \"second\", \"minute\", \"hour\" or \"day\"",
            ),
            (
                "{ requests = -7, per = \"hour\" }",
                "2:22: requests is not a number of requests: write an integer from 1 to 4294967295",
            ),
            (
                "{ requests = 0, per = \"hour\" }",
                "2:9: quota allows no request: allow at least one, or deny the requests by another policy",
            ),
            (
                "{ requests = 7, per = \"hour\", burst = 0 }",
                "2:9: quota has a burst of zero: allow at least one request at once",
            ),
            (
                "{ requests = 7, per = \"hour\", bursts = 1 }",
                "2:39: \"bursts\" is not known here: use requests, per, burst",
            ),
        ] {
            let text = format!("[organizations.o]\nquota = {quota}\n");
            assert_eq!(mistakes(&text), [expected], "{text}");
        }
    }

    #[cfg(not(feature = "rate-limit"))]
    #[test]
    fn a_quota_needs_the_feature() {
        let found = mistakes("[organizations.o]\nquota = { requests = 7, per = \"hour\" }\n");
        let expected = "2:9: quota needs the feature rate-limit of auth-core: enable it, or remove \
                        the quota";
        assert_eq!(found, [expected]);
    }
}
