//! What the client may read, by its permissions.

use super::{PERMISSIONS, findings, findings_with, stage};
use crate::Findings;

/// The sentence and the fix of each.
fn forbidden(found: &Findings) -> Vec<(&str, &str)> {
    let findings = found.of_code("management-permissions", "forbidden");
    let findings = findings.into_iter();
    findings
        .map(|it| (it["what"].as_str().unwrap(), it["fix"].as_str().unwrap()))
        .collect()
}

#[tokio::test]
async fn each_missing_permission_is_named_with_what_needs_it() {
    let stage = stage().await;
    let control = findings(&stage).await;
    assert_eq!(control.bad(), [""; 0], "the control");
    for (missing, what, needed_by, unknown) in [
        (
            "mcp_servers:read",
            "the MCP server, consents of users",
            "scalekit-doctor --management",
            None,
        ),
        (
            "api_credentials:read",
            "clients of the MCP server, whether an API key is valid",
            "scalekit-doctor --management, API keys",
            None,
        ),
        (
            "organizations:read",
            "organizations",
            "the directory of users",
            None,
        ),
        (
            "users:read",
            "users, users of an organization, users by e-mail address",
            "Management::users, the directory of users, webhooks about users of a directory",
            Some(
                "not checked: sessions of a user, roles of a user, permissions of a user (no user is known), a session (no \
                 session is known)",
            ),
        ),
        (
            "sessions:read",
            "sessions of a user",
            "Management::user_sessions",
            Some("not checked: a session (no session is known)"),
        ),
        (
            "app_authorization:read",
            "roles, permissions",
            "Management::roles, Management::permissions",
            None,
        ),
        (
            "organizations_read",
            "roles of an organization",
            "Management::organization_roles",
            None,
        ),
        (
            "scim:read",
            "directories of an organization",
            "the directory of users",
            Some(
                "not checked: users of a directory, groups of a directory (no directory is known)",
            ),
        ),
        ("auth_logs:read", "logins", "the program audit", None),
    ] {
        let others = PERMISSIONS.into_iter().filter(|it| *it != missing);
        let found = findings_with(&stage, others).await;
        assert_eq!(
            found.bad(),
            ["management-permissions"],
            "{missing}: {found:#?}"
        );
        let expected = format!("the client may not read {what}: it lacks {missing}");
        let fix = format!(
            "give the client of SCALEKIT_CLIENT_ID the permission {missing} in the Scalekit dashboard (Developers > Settings \
             > API Credentials), unless none of these is used: {needed_by}"
        );
        assert_eq!(forbidden(&found), [(&*expected, &*fix)]);
        let without_id = found.of_code("management-permissions", "no-id");
        let shown = without_id.first().map(|it| it["what"].as_str().unwrap());
        assert_eq!(shown, unknown, "{missing}");
    }
    stage.stop().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_not_checked() {
    let stage = stage().await;
    let control = findings(&stage).await;
    assert_eq!(control.bad(), [""; 0], "the control");
    let without = |missing: &'static str| PERMISSIONS.into_iter().filter(move |it| *it != missing);
    let found = findings_with(&stage, without("mcp_servers:read")).await;
    assert_eq!(found.code("management"), ("ok", ""));
    assert_eq!(found.code("resource"), ("skipped", "forbidden"));
    assert_eq!(found.code("resource-url"), ("skipped", "depends"));
    assert_eq!(found.code("resource-consents"), ("skipped", "forbidden"));
    assert_eq!(found.code("resource-clients"), ("ok", ""));
    let found = findings_with(&stage, without("api_credentials:read")).await;
    assert_eq!(found.code("resource-clients"), ("skipped", "forbidden"));
    assert_eq!(found.code("resource-registration"), ("ok", ""));
    let found = findings_with(&stage, []).await;
    assert_eq!(forbidden(&found).len(), 6, "{found:#?}");
    stage.stop().await;
}

/// A new environment has no organizations yet: nothing is wrong about it.
#[tokio::test]
async fn an_environment_without_people() {
    let stage = crate::stage::Stage::start().await;
    let client = auth_testkit::Client::confidential(super::CLIENT_ID, super::SECRET);
    stage.scalekit.register_client(client);
    let found = findings(&stage).await;
    assert_eq!(found.bad(), [""; 0], "{found:#?}");
    let without_id = found.of_code("management-permissions", "no-id");
    assert_eq!(without_id.len(), 1, "{found:#?}");
    stage.stop().await;
}
