//! Roles, directories and organizations change: the event of it, and what is issued from then on.

use reqwest::StatusCode;
use serde_json::json;

use crate::logins::{last, log_in, refusal, start};
use crate::support::{Pairs, error, post_form, tokens};

#[tokio::test]
async fn roles_and_permissions_change_for_all_who_have_them() {
    let setup = start().await;
    let scalekit = &setup.scalekit;
    let ada = log_in(scalekit, "usr_1", "org_1").await;
    assert_eq!(
        ada.claims["permissions"],
        json!(["notes:read", "notes:write"])
    );
    let id = scalekit
        .admin()
        .update_role("admin", ["notes:read", "notes:share"]);
    assert_eq!(
        last(&setup, "role.updated", &id).await["data"]["name"],
        "admin"
    );
    let claims = ada.refreshed(scalekit).await;
    assert_eq!(claims["permissions"], json!(["notes:read", "notes:share"]));
    let id = scalekit.admin().delete_permission("notes:share");
    assert_eq!(
        last(&setup, "permission.deleted", &id).await["data"]["name"],
        "notes:share"
    );
    assert_eq!(
        ada.refreshed(scalekit).await["permissions"],
        json!(["notes:read"])
    );
    let id = scalekit.admin().update_permission("notes:read");
    last(&setup, "permission.updated", &id).await;
    let id = scalekit.admin().delete_role("admin");
    assert_eq!(
        last(&setup, "role.deleted", &id).await["data"]["name"],
        "admin"
    );
    let claims = ada.refreshed(scalekit).await;
    assert!(
        claims.get("roles").is_none() && claims.get("permissions").is_none(),
        "{claims}"
    );
}

#[tokio::test]
async fn a_user_whom_the_directory_deletes_or_deactivates_is_named_by_address() {
    for (is_deleted, kind) in [
        (true, "organization.directory.user_deleted"),
        (false, "organization.directory.user_updated"),
    ] {
        let setup = start().await;
        let scalekit = &setup.scalekit;
        let (ada, eve) = (
            log_in(scalekit, "usr_1", "org_1").await,
            log_in(scalekit, "usr_2", "org_1").await,
        );
        ada.refreshed(scalekit).await;
        let admin = scalekit.admin();
        let id = match is_deleted {
            true => admin.delete_directory_user("Ada@acme.example", "org_1"),
            false => admin.deactivate_directory_user("Ada@acme.example", "org_1"),
        };
        let event = last(&setup, kind, &id).await;
        assert_eq!(event["data"]["email"], "ada@acme.example");
        assert_eq!(event["organization_id"], "org_1");
        assert!(!event.to_string().contains("usr_"), "{event}");
        let active = (!is_deleted).then_some(json!(false));
        assert_eq!(event["data"].get("active"), active.as_ref());
        ada.is_refused(scalekit).await;
        assert_eq!(refusal(scalekit, "usr_1", "org_1").await, "access_denied");
        eve.refreshed(scalekit).await;
        // One who never signed in has an event, too.
        let id = scalekit
            .admin()
            .delete_directory_user("mia@acme.example", "org_1");
        let event = last(&setup, "organization.directory.user_deleted", &id).await;
        assert_eq!(event["data"]["email"], "mia@acme.example");
    }
}

#[tokio::test]
async fn what_is_not_known_to_end_anything_makes_an_event_only() {
    let setup = start().await;
    let scalekit = &setup.scalekit;
    let ada = log_in(scalekit, "usr_1", "org_1").await;
    let admin = scalekit.admin();
    for (kind, object, id) in [
        (
            "organization.directory_disabled",
            "Directory",
            admin.disable_directory("org_1"),
        ),
        (
            "organization.sso_disabled",
            "Connection",
            admin.disable_sso("org_1"),
        ),
        (
            "organization.sso_deleted",
            "Connection",
            admin.delete_sso("org_1"),
        ),
    ] {
        setup.scalekit.webhooks().idle().await;
        let received = setup.receiver.received();
        let mut events = received.iter().map(|one| one.event());
        let event = events.find(|event| event["id"] == id.as_str()).unwrap();
        assert_eq!(
            (&event["type"], &event["object"]),
            (&json!(kind), &json!(object))
        );
        assert_eq!(event["organization_id"], "org_1");
        if kind.ends_with("disabled") {
            assert_eq!(event["data"]["enabled"], false);
        }
    }
    ada.refreshed(scalekit).await;
}

#[tokio::test]
async fn a_deleted_organization_has_no_members_and_no_clients() {
    let setup = start().await;
    let scalekit = &setup.scalekit;
    let (ada, beta) = (
        log_in(scalekit, "usr_1", "org_1").await,
        log_in(scalekit, "usr_1", "org_2").await,
    );
    let machine: Pairs = vec![
        ("grant_type", "client_credentials".into()),
        ("client_id", "m2m_1".into()),
        ("client_secret", "not a secret".into()),
    ];
    tokens(scalekit, &machine).await;
    ada.refreshed(scalekit).await;
    let id = scalekit.admin().delete_organization("org_1");
    let event = last(&setup, "organization.deleted", &id).await;
    assert_eq!(
        (&event["organization_id"], &event["data"]["display_name"]),
        (&json!("org_1"), &json!("Acme"))
    );
    assert!(event["data"]["deleted_at"].is_string());
    ada.is_refused(scalekit).await;
    assert_eq!(refusal(scalekit, "usr_1", "org_1").await, "access_denied");
    let refused = post_form(scalekit.token_endpoint(), &machine).await;
    assert_eq!(
        error(refused, StatusCode::UNAUTHORIZED).await,
        "invalid_client"
    );
    beta.refreshed(scalekit).await;
}
