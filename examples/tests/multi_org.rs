//! The organizations of the tutorial, over HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

#[path = "support/mcp_server.rs"]
mod mcp_server;

use std::path::Path;

use examples::multi_org::{app, directory, rules};
use serde_json::json;

use crate::mcp_server::McpServer;

const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/policies/organizations.toml");

async fn start(path: &Path) -> McpServer {
    let rules = rules(path).unwrap();
    McpServer::start(
        |mock| mock.directory(directory().unwrap()),
        |provider, clock, change| app(provider, rules, clock, change),
    )
    .await
}

#[tokio::test]
async fn each_organization_has_its_rule() {
    let server = start(Path::new(RULES)).await;
    let (list, deploy) = (
        ("notes_list", json!({})),
        (
            "deploy",
            json!({ "project": "apollo", "environment": "staging" }),
        ),
    );
    let both = &["notes:read", "notes:write"][..];
    for (name, user, organization, scopes, (tool, arguments), status, scope) in [
        (
            "the control",
            "usr_1",
            "org_1",
            &["notes:read"][..],
            &deploy,
            200,
            None,
        ),
        (
            "another organization",
            "usr_1",
            "org_2",
            both,
            &deploy,
            403,
            None,
        ),
        (
            "a tool of the organization",
            "usr_1",
            "org_2",
            both,
            &list,
            200,
            None,
        ),
        (
            "a scope is missing",
            "usr_1",
            "org_2",
            &["notes:read"],
            &list,
            403,
            Some("notes:read notes:write"),
        ),
        ("another role", "usr_2", "org_2", both, &list, 403, None),
        ("no rule", "usr_1", "org_3", both, &list, 403, None),
    ] {
        let token = server.scalekit.token_of(user, organization);
        let token = token.scopes(scopes.iter().copied()).sign();
        let answer = server.call(&token, tool, arguments.clone()).await;
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        assert_eq!(answer.step_up(), scope, "{name}: {answer:?}");
        if status == 403 && scope.is_none() {
            assert_eq!(
                answer.body["error_description"], "The caller is not allowed to do this",
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn a_list_shows_the_tools_of_the_organization() {
    let server = start(Path::new(RULES)).await;
    for (organization, has_deploy) in [("org_1", true), ("org_2", false)] {
        let token = server.scalekit.token_of("usr_1", organization);
        let token = token.scopes(["notes:read", "notes:write"]).sign();
        let answer = server.send(&token, "tools/list", json!({})).await;
        let tools = answer.body["result"]["tools"].as_array().unwrap().iter();
        let names: Vec<_> = tools.filter_map(|tool| tool["name"].as_str()).collect();
        assert_eq!(
            names.contains(&"deploy"),
            has_deploy,
            "{organization}: {names:?}"
        );
        assert!(
            names.contains(&"notes_list") && !names.contains(&"reset"),
            "{names:?}"
        );
    }
}

#[test]
fn a_mistake_in_the_file_is_named_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("organizations.toml");
    std::fs::write(&path, "[organizations.org_1]\nallowed_tool = [\"a\"]\n").unwrap();
    let error = rules(&path).unwrap_err().to_string();
    let place = format!("{}:2:1: ", path.display());
    assert!(
        error.contains(&place) && error.contains("allowed_tools"),
        "{error}"
    );
}
