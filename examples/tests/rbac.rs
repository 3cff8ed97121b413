//! The policies of `examples/policies/rbac.cedar` through the server of the tutorial, over HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

#[path = "support/mcp_server.rs"]
mod mcp_server;
#[cfg(unix)]
#[path = "rbac/program.rs"]
mod program;
#[path = "rbac/server.rs"]
mod server;

use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use auth_core::support::Clock;
use auth_testkit::{Endpoint, TokenBuilder};
use client::{Browser, ClientOptions, Wire, connect};
use examples::rbac::cli::Role;
use examples::rbac::{Policies, schema};
use serde_json::{Value, json};

use crate::mcp_server::Answer;
use crate::server::{POLICIES, Running};

/// A token with this role, these scopes and the project apollo.
fn token(server: &Running, role: &str, scopes: &[&str]) -> TokenBuilder {
    let token = server.scalekit.token().roles([role]);
    let token = token.scopes(scopes.iter().copied());
    token.claim("custom_claims", json!({ "projects": ["apollo"] }))
}

const READ: &[&str] = &["notes:read"];
const WRITE: &[&str] = &["notes:read", "notes:write"];
const DEPLOY: &[&str] = &["notes:read", "projects:deploy"];
const ALL: &[&str] = &["notes:read", "notes:write", "projects:deploy"];

/// What differs from the control before it; who calls, with which scopes; what; the status; and the scopes
/// of the challenge or the policy that decided.
type Row = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
    Value,
    u16,
    &'static str,
);

#[tokio::test]
async fn roles_scopes_and_arguments_decide() {
    let server = Running::start(&Policies::read, Path::new(POLICIES), None).await;
    let (own, apollo, gemini) = (
        json!({}),
        json!({ "project": "apollo" }),
        json!({ "project": "gemini" }),
    );
    let note = |project: &str| json!({ "text": "x", "project": project });
    let staging = |project: &str| json!({ "project": project, "environment": "staging" });
    let rows: Vec<Row> = vec![
        (
            "the control",
            "member",
            READ,
            "auth_status",
            own.clone(),
            200,
            "everyone-sees-who-calls",
        ),
        (
            "own notes",
            "member",
            READ,
            "notes_list",
            own.clone(),
            200,
            "users-read-their-own-notes",
        ),
        (
            "those of a project",
            "member",
            READ,
            "notes_list",
            apollo.clone(),
            403,
            "",
        ),
        (
            "as a reader",
            "reader",
            READ,
            "notes_list",
            apollo.clone(),
            200,
            "readers-read-notes-of-their-projects",
        ),
        (
            "another project",
            "reader",
            READ,
            "notes_list",
            gemini.clone(),
            403,
            "",
        ),
        (
            "own note",
            "member",
            WRITE,
            "notes_add",
            json!({ "text": "x" }),
            200,
            "users-write-their-own-notes",
        ),
        (
            "without the scope",
            "member",
            READ,
            "notes_add",
            json!({ "text": "x" }),
            403,
            "notes:read notes:write",
        ),
        (
            "an editor's note",
            "editor",
            WRITE,
            "notes_add",
            note("apollo"),
            200,
            "editors-work-on-notes-of-their-projects",
        ),
        (
            "without the scope",
            "editor",
            READ,
            "notes_add",
            note("apollo"),
            403,
            "notes:read notes:write",
        ),
        (
            "as a reader",
            "reader",
            WRITE,
            "notes_add",
            note("apollo"),
            403,
            "",
        ),
        (
            "in another project",
            "editor",
            WRITE,
            "notes_add",
            note("gemini"),
            403,
            "",
        ),
        (
            "a deployment",
            "editor",
            DEPLOY,
            "deploy",
            staging("apollo"),
            200,
            "editors-deploy-their-projects",
        ),
        (
            "without the scope",
            "editor",
            READ,
            "deploy",
            staging("apollo"),
            403,
            "notes:read projects:deploy",
        ),
        (
            "of another project",
            "editor",
            DEPLOY,
            "deploy",
            staging("gemini"),
            403,
            "",
        ),
        (
            "as an admin",
            "admin",
            ALL,
            "deploy",
            staging("gemini"),
            200,
            "admins-do-everything",
        ),
        (
            "a reset",
            "admin",
            ALL,
            "reset",
            own.clone(),
            200,
            "admins-do-everything",
        ),
        (
            "without a scope",
            "admin",
            WRITE,
            "reset",
            own.clone(),
            403,
            "notes:read notes:write projects:deploy",
        ),
        ("as an editor", "editor", ALL, "reset", own, 403, ""),
        (
            "an argument that is none",
            "admin",
            ALL,
            "reset",
            json!({ "x": 1 }),
            200,
            "admins-do-everything",
        ),
    ];
    for (name, role, scopes, tool, arguments, status, expected) in rows {
        let what = format!("{name}: {tool} as {role}");
        let answer = server
            .call(&token(&server, role, scopes).sign(), tool, arguments)
            .await;
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        if status == 200 {
            assert_eq!(server.policies(), [expected], "{what}");
        } else {
            assert_eq!(
                answer.step_up(),
                Some(expected).filter(|it| !it.is_empty()),
                "{what}"
            );
        }
    }
}

#[tokio::test]
async fn production_takes_a_fresh_login_with_a_second_factor() {
    let server = Running::start(&Policies::read, Path::new(POLICIES), None).await;
    let production = json!({ "project": "apollo", "environment": "production" });
    let now = server.clock.now().duration_since(UNIX_EPOCH).unwrap();
    let minutes_ago = |minutes: u64| (now - Duration::from_secs(60 * minutes)).as_secs();
    let editor = || token(&server, "editor", DEPLOY);
    let strong = |minutes: u64| {
        editor()
            .claim("auth_time", minutes_ago(minutes))
            .claim("amr", json!(["pwd", "mfa"]))
    };
    for (name, token, arguments, status) in [
        ("the control", strong(14), production.clone(), 200),
        ("an older login", strong(16), production.clone(), 403),
        (
            "a login without a time",
            strong(14).without_claim("auth_time"),
            production.clone(),
            403,
        ),
        (
            "a password alone",
            strong(14).claim("amr", json!(["pwd"])),
            production.clone(),
            403,
        ),
        ("an admin", token(&server, "admin", ALL), production, 403),
        (
            "staging",
            editor(),
            json!({ "project": "apollo", "environment": "staging" }),
            200,
        ),
    ] {
        let answer = server.call(&token.sign(), "deploy", arguments).await;
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        if status == 403 {
            assert_eq!(answer.step_up(), None, "{name}: no scope helps");
            assert_eq!(
                server.policies(),
                ["production-takes-a-fresh-strong-login"],
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn lists_show_what_the_caller_may_use() {
    let server = Running::start(&Policies::read, Path::new(POLICIES), None).await;
    for (role, scopes, expected) in [
        ("member", READ, &["auth_status", "notes_list"][..]),
        ("member", WRITE, &["auth_status", "notes_add", "notes_list"]),
        ("editor", DEPLOY, &["auth_status", "deploy", "notes_list"]),
        (
            "admin",
            ALL,
            &["auth_status", "deploy", "notes_add", "notes_list", "reset"],
        ),
    ] {
        let token = token(&server, role, scopes).sign();
        let Answer { status, body, .. } = server.send(&token, "tools/list", json!({})).await;
        assert_eq!(status, 200, "{body}");
        let tools = body["result"]["tools"].as_array().unwrap();
        let mut names: Vec<_> = tools
            .iter()
            .map(|tool| tool["name"].as_str().unwrap())
            .collect();
        names.sort_unstable();
        assert_eq!(names, expected, "{role} {scopes:?}");
    }
}

#[tokio::test]
async fn rmcps_client_steps_up_by_an_annotation() {
    for wire in [Wire::Stateful, Wire::Stateless] {
        let server = Running::start(&Policies::read, Path::new(POLICIES), None).await;
        let options = ClientOptions::new(&server.url).unwrap();
        let options = options.with_browser(Browser::Headless).with_wire(wire);
        let client = connect(options).await.unwrap();
        let logins = || server.scalekit.requests(Endpoint::Authorize);
        client.call_tool("notes_list", None).await.unwrap();
        assert_eq!(logins().len(), 1, "{wire:?}: one login so far");
        let note = json!({ "text": "milk" });
        client
            .call_tool("notes_add", note.as_object().cloned())
            .await
            .unwrap();
        let logins = logins();
        assert_eq!(logins.len(), 2, "{wire:?}: and one for the scope");
        let mut asked: Vec<_> = logins[1].param("scope").unwrap().split(' ').collect();
        asked.sort_unstable();
        assert_eq!(asked, ["notes:read", "notes:write"], "{wire:?}");
        client.close().await;
    }
}

#[tokio::test]
async fn a_faulty_version_changes_nothing_and_a_new_one_decides() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rbac.cedar");
    let text = std::fs::read_to_string(POLICIES).unwrap();
    std::fs::write(&path, &text).unwrap();
    let server = Running::start(&Policies::read, &path, None).await;
    let file = &server.policies.in_force;
    let reader = token(&server, "reader", WRITE).sign();
    let add = async || {
        let note = json!({ "text": "x", "project": "apollo" });
        server.call(&reader, "notes_add", note).await.status
    };
    let before = file.version();
    assert_eq!(add().await, 403, "the control");

    let more = text.replace(
        "principal in MCP::Role::\"editor\"",
        "principal in MCP::Role::\"reader\"",
    );
    std::fs::write(
        &path,
        format!("{more}\npermit (principal, action == MCP::Action::\"deplot\", resource);"),
    )
    .unwrap();
    let error = file.reload_now().await.unwrap_err().to_string();
    let line = more.lines().count() + 2;
    assert!(error.contains(&format!("rbac.cedar:{line}:")), "{error}");
    assert_eq!((add().await, file.version()), (403, before.clone()));

    std::fs::write(&path, more).unwrap();
    file.reload_now().await.unwrap();
    assert_eq!(add().await, 200);
    assert_ne!(file.version(), before);
}

#[tokio::test]
async fn a_dry_run_reports_and_decides_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let next = folder.path().join("next.cedar");
    let text = std::fs::read_to_string(POLICIES).unwrap();
    let without = text.replace("MCP::Action::\"auth_status\"", "MCP::Action::\"ping\"");
    std::fs::write(&next, without).unwrap();
    let server = Running::start(&Policies::read, Path::new(POLICIES), Some(&next)).await;
    let member = token(&server, "member", READ).sign();
    for (tool, is_refused) in [("notes_list", false), ("auth_status", true)] {
        let answer = server.call(&member, tool, json!({})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let event = server.last_event();
        assert_eq!(event.dry_run.is_some(), is_refused, "{tool}");
        assert_eq!(
            event.policies.len(),
            1,
            "those in force: {:?}",
            event.policies
        );
    }
}

#[test]
fn the_roles_of_the_mock_are_those_of_the_policies() {
    let text = std::fs::read_to_string(POLICIES).unwrap();
    for role in [Role::Reader, Role::Editor, Role::Admin] {
        let name = format!("MCP::Role::{:?}", format!("{role:?}").to_lowercase());
        assert!(text.contains(&name), "{name}");
    }
}

/// The file of the repository is valid, and `cedar validate` sees the schema that validates it here.
#[test]
fn the_policies_fit_the_schema_that_is_printed() {
    let policies = Policies::read("https://id.example.com", Path::new(POLICIES), None).unwrap();
    assert!(policies.in_force.left_out().is_empty());
    assert_eq!(schema().unwrap(), policies.in_force.schema());
}
