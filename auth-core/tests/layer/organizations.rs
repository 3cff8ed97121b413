//! Rules of organizations, through the layer.

use auth_core::policy::{OrganizationRule, OrganizationTable, Organizations};
use serde_json::json;

use crate::harness::{Service, TextResponse, post};
use crate::members::guarded;

async fn call(service: &Service, token: &str, tool: &str) -> TextResponse {
    let authorization = format!("Bearer {token}");
    let body = json!({"method": "tools/call", "params": {"name": tool}}).to_string();
    post(service, &[("authorization", &authorization)], &body).await
}

#[tokio::test]
async fn the_answer_says_what_can_help_and_no_more() {
    let strict = OrganizationRule::new()
        .required_scopes(["notes.read", "notes.list"])
        .and_then(|rule| rule.allowed_tools(["notes_*"]))
        .and_then(|rule| rule.allowed_roles(["member"]));
    let rules = OrganizationTable::builder().organization("org_1", strict.unwrap());
    let rules = rules.build().unwrap();
    let service = guarded(|layer| layer.authorizer(Organizations::new(rules)));
    const GOOD: &str = "org_1~usr_1~~member~notes.read+notes.list";
    assert_eq!(
        call(&service, GOOD, "notes_add").await.status,
        200,
        "the control"
    );
    let mut bodies = Vec::new();
    for (name, token, tool) in [
        (
            "another organization",
            GOOD.replace("org_1", "org_2"),
            "notes_add",
        ),
        ("no organization", GOOD.replace("org_1", ""), "notes_add"),
        ("another role", GOOD.replace("member", "guest"), "notes_add"),
        ("another tool", GOOD.into(), "delete"),
    ] {
        let refused = call(&service, &token, tool).await;
        assert_eq!(refused.status, 403, "{name}");
        assert_eq!(refused.header("www-authenticate"), None, "{name}");
        bodies.push(refused.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "one response for all: {bodies:?}");
    let refused = call(&service, &GOOD.replace("+notes.list", ""), "notes_add").await;
    assert_eq!(refused.status, 403);
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(challenge.contains("insufficient_scope"), "{challenge}");
    assert!(
        challenge.contains("notes.read") && challenge.contains("notes.list"),
        "{challenge}"
    );
}

#[cfg(all(feature = "organization-file", feature = "rate-limit"))]
#[tokio::test]
async fn a_file_takes_effect_without_a_restart_and_does_not_fill_budgets() {
    use crate::support::StoppedClock;
    use auth_core::support::reload::{Reload, Reloaded};

    const QUOTA: &str = "[organizations.org_1]\nquota = { requests = 3, per = \"hour\" }\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("organizations.toml");
    std::fs::write(&path, QUOTA).unwrap();
    let file = Reloaded::builder(&path)
        .open(OrganizationTable::from_toml)
        .unwrap();
    let rules = file.clone();
    let service = guarded(|layer| layer.authorizer(Organizations::new(rules).clock(StoppedClock)));
    let [user, colleague, other] = ["org_1~usr_1~~~", "org_1~usr_2~~~", "org_2~usr_1~~~"];
    for (token, expected) in [
        (user, 200),
        (colleague, 200),
        (other, 403),
        (user, 200),
        (user, 429),
    ] {
        assert_eq!(call(&service, token, "a").await.status, expected, "{token}");
    }
    let replace = |text: &str| {
        let new = folder.path().join("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(&new, &path).unwrap();
    };
    replace(&format!(
        "{QUOTA}allowed_tools = [\"a\"]\n[organizations.org_2]\n"
    ));
    assert_eq!(file.poll_once().await.unwrap(), Reload::Replaced);
    assert_eq!(call(&service, other, "a").await.status, 200);
    assert_eq!(call(&service, user, "b").await.status, 403);
    assert_eq!(
        call(&service, colleague, "a").await.status,
        429,
        "not filled by the new file"
    );
    // A file that is cut off is faulty.
    replace(QUOTA.split_once("}").unwrap().0);
    let error = file.poll_once().await.unwrap_err().to_string();
    assert!(error.contains("organizations.toml:2:"), "{error}");
    assert_eq!(
        call(&service, other, "a").await.status,
        200,
        "the old version is in force"
    );
}
