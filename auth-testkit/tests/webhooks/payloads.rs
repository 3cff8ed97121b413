//! The payload of each type has the members of Scalekit's samples, and no other.

use std::collections::BTreeSet;

use auth_testkit::{EventDraft, EventType, User};
use serde_json::Value;

use crate::receiver::Setup;

const ACCOUNT: &str = "authorization_type connection_id id identifier provider status";
const ORGANIZATION: &str =
    "create_time display_name external_id id metadata region_code settings update_time";
const GROUP: &str = "directory_id display_name id organization_id raw_attributes";
const DOMAIN: &str = "domain domain_type environment_id id organization_id txt_record_key \
                      txt_record_secret updated_at verification_method verification_status";
const DIRECTORY: &str = "directory_type enabled id organization_id provider updated_at";
const CONNECTION: &str = "connection_type id organization_id provider";
const DIRECTORY_USER: &str = "active custom_attributes dp_id email family_name given_name groups id \
                              name nickname organization_id phone_number preferred_username \
                              raw_attributes roles";
const CREATED_USER: &str = "cost_center department division employee_id language locale \
                            organization profile title user_type zoneinfo";
const ROLE: &str = "description display_name extends id name";
const PERMISSION: &str = "description id name";
const LOGIN: &str = "user user_session";
const MEMBERSHIP: &str = "organization user";

/// Members of the payload: those of the shape, and more.
fn members(kind: EventType) -> BTreeSet<&'static str> {
    let (shape, more) = match kind.name() {
        "connected_account.deleted" | "connected_account.token_refresh_succeeded" => {
            (ACCOUNT, "last_used_at token_expires_at")
        }
        "connected_account.oauth_succeeded"
        | "connected_account.oauth_tokens_fetched"
        | "connected_account.token_refresh_failed" => (ACCOUNT, "token_expires_at"),
        "connected_account.status_updated" => (ACCOUNT, "connection_name old_status"),
        "connected_account.created"
        | "connected_account.magic_link_generated"
        | "connected_account.updated" => (ACCOUNT, ""),
        "organization.created" | "organization.updated" => (ORGANIZATION, ""),
        "organization.deleted" => (ORGANIZATION, "deleted_at"),
        "organization.directory.group_created" | "organization.directory.group_updated" => {
            (GROUP, "external_id")
        }
        "organization.directory.group_deleted" => (GROUP, "dp_id"),
        "organization.directory.user_created" => (DIRECTORY_USER, CREATED_USER),
        "organization.directory.user_deleted" => ("id organization_id dp_id email", ""),
        "organization.directory.user_updated" => (DIRECTORY_USER, "address picture"),
        "organization.directory_disabled" | "organization.directory_enabled" => (DIRECTORY, ""),
        "organization.domain_created"
        | "organization.domain_deleted"
        | "organization.domain_dns_verification_failed"
        | "organization.domain_dns_verification_success" => (DOMAIN, ""),
        "organization.sso_created" | "organization.sso_deleted" => (CONNECTION, ""),
        "organization.sso_disabled" | "organization.sso_enabled" => (CONNECTION, "enabled status"),
        "permission.created" | "permission.deleted" | "permission.updated" => (PERMISSION, ""),
        "role.created" | "role.deleted" | "role.updated" => (ROLE, ""),
        "user.login" | "user.logout" => (LOGIN, ""),
        name if name.starts_with("user.") => (MEMBERSHIP, ""),
        other => panic!("{other} has no row"),
    };
    shape
        .split_whitespace()
        .chain(more.split_whitespace())
        .collect()
}

fn names(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[tokio::test]
async fn each_type_has_the_members_of_the_sample() {
    let setup = Setup::start().await;
    assert_eq!(EventType::all().len(), 41);
    for kind in EventType::all() {
        setup.scalekit.admin().make_event(EventDraft::new(*kind));
    }
    setup.scalekit.webhooks().idle().await;
    let received = setup.receiver.received();
    assert_eq!(received.len(), 41);
    let mut environments = BTreeSet::new();
    for (received, kind) in received.iter().zip(EventType::all()) {
        let event = received.event();
        assert_eq!(event["type"], kind.name());
        assert_eq!(event["object"], kind.object());
        assert_eq!(event["spec_version"], "1");
        assert!(event["display_name"].is_string());
        assert!(event["occurred_at"].as_str().unwrap().ends_with('Z'));
        environments.insert(event["environment_id"].as_str().unwrap().to_owned());
        assert_eq!(
            event.get("organization_id").is_some(),
            kind.names_organization(),
            "{kind}"
        );
        assert_eq!(names(&event["data"]), members(*kind), "{kind}");
        if let Some(user) = event["data"].get("user") {
            let expected = "create_time email external_id id last_login_time metadata update_time \
                            user_profile";
            assert_eq!(names(user), expected.split_whitespace().collect());
        }
        if let Some(session) = event["data"].get("user_session") {
            let expected = "absolute_expires_at authenticated_organizations created_at expired_at \
                            idle_expires_at last_active_at logout_at organization_id session_id \
                            status updated_at user_id device";
            assert_eq!(names(session), expected.split_whitespace().collect());
        }
        if let Some(organization) = event["data"]
            .get("organization")
            .filter(|one| one.is_object())
        {
            assert_eq!(
                names(organization),
                ORGANIZATION.split_whitespace().collect()
            );
        }
    }
    assert_eq!(environments.len(), 1);
    assert!(environments.first().unwrap().starts_with("env_"));
}

#[tokio::test]
async fn a_draft_names_who_and_what_it_is_about() {
    let eve = User::new("usr_2")
        .email("eve@example.com")
        .organization("org_2");
    let clock = auth_testkit::TestClock::new();
    let builder = auth_testkit::MockScalekit::builder().also_user(eve);
    let scalekit = builder.clock(clock.clone()).start().await;
    let setup = Setup::with(scalekit, clock).await;
    let make = |draft| setup.scalekit.admin().make_event(draft);
    let made = EventDraft::new;
    make(made(EventType::UserOrganizationMembershipDeleted).user("eve@example.com"));
    make(
        made(EventType::UserOrganizationMembershipDeleted)
            .user("usr_77")
            .organization("org_77"),
    );
    make(made(EventType::OrganizationDirectoryUserDeleted).user("mia@example.com"));
    make(
        made(EventType::RoleDeleted)
            .named("auditor")
            .data("description", "gone"),
    );
    setup.scalekit.webhooks().idle().await;
    let received = setup.receiver.received();
    for (place, pointer, expected) in [
        (0, "/organization_id", "org_2"),
        (0, "/data/organization/id", "org_2"),
        (0, "/data/user/id", "usr_2"),
        (0, "/data/user/email", "eve@example.com"),
        (1, "/organization_id", "org_77"),
        (1, "/data/user/id", "usr_77"),
        (2, "/organization_id", "org_1000000001"),
        (2, "/data/email", "mia@example.com"),
        (3, "/data/name", "auditor"),
        (3, "/data/description", "gone"),
    ] {
        let event = received[place].event();
        assert_eq!(
            event.pointer(pointer).unwrap(),
            expected,
            "{place} {pointer}"
        );
    }
    let scim = received[2].event();
    assert!(!scim.to_string().contains("usr_"), "{scim}");
    assert!(scim["data"]["id"].as_str().unwrap().starts_with("diruser_"));
}
