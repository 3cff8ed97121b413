//! What an administrator changes: the event that it makes, and what is issued from then on.

use auth_testkit::settings::{Directory, DirectoryFormat};
use auth_testkit::{MockScalekit, TestClock};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::receiver::Setup;
use crate::support::{
    Pairs, authorization, authorize, claims, code_for, error, exchange, post_form, public_client,
    redirected, refresh, token, tokens, value, with,
};

/// Ada is in two organizations, Eve in one of them.
const DIRECTORY: &str = r#"
    [roles]
    admin = ["notes:read", "notes:write"]
    auditor = ["notes:read"]

    [[organizations]]
    id = "org_1"
    name = "Acme"
    external_id = "acme"

    [[organizations]]
    id = "org_2"
    name = "Beta"

    [[users]]
    id = "usr_1"
    email = "ada@acme.example"
    organizations = [{ id = "org_1", roles = ["admin"] }, { id = "org_2", roles = ["auditor"] }]

    [[users]]
    id = "usr_2"
    email = "eve@acme.example"
    organizations = [{ id = "org_1", roles = ["auditor"] }]

    [[clients]]
    id = "m2m_1"
    secret = "not a secret"
    organization = "org_1"
"#;

/// A login, whose refresh token can be tried again and again.
struct Login {
    client: String,
    refresh: String,
    claims: Value,
}

async fn start() -> Setup {
    let clock = TestClock::new();
    let directory = Directory::parse(DIRECTORY, DirectoryFormat::Toml).unwrap();
    let builder = MockScalekit::builder().clock(clock.clone());
    Setup::with(builder.directory(directory).start().await, clock).await
}

fn request(client: &str, user: &str, organization: &str) -> Pairs {
    let request = with(authorization(client), "login_hint", user);
    with(request, "organization_id", organization)
}

async fn log_in(scalekit: &MockScalekit, user: &str, organization: &str) -> Login {
    let client = public_client(scalekit);
    let code = code_for(scalekit, &request(&client, user, organization)).await;
    let issued = tokens(scalekit, &exchange(&client, &code)).await;
    Login {
        refresh: issued["refresh_token"].as_str().unwrap().to_owned(),
        claims: claims(issued["access_token"].as_str().unwrap()),
        client,
    }
}

impl Login {
    /// The claims of a refreshed token.
    async fn refreshed(&self, scalekit: &MockScalekit) -> Value {
        let issued = tokens(scalekit, &refresh(&self.client, &self.refresh)).await;
        claims(issued["access_token"].as_str().unwrap())
    }

    async fn is_refused(&self, scalekit: &MockScalekit) {
        let response = token(scalekit, &refresh(&self.client, &self.refresh)).await;
        assert_eq!(
            error(response, StatusCode::BAD_REQUEST).await,
            "invalid_grant"
        );
    }
}

/// Why a user cannot sign in to an organization.
async fn refusal(scalekit: &MockScalekit, user: &str, organization: &str) -> String {
    let client = public_client(scalekit);
    let response = authorize(scalekit, &request(&client, user, organization)).await;
    value(&redirected(&response), "error")
        .expect("an error")
        .to_owned()
}

/// The last event that came, which must be of this type and id.
async fn last(setup: &Setup, kind: &str, id: &str) -> Value {
    setup.scalekit.webhooks().idle().await;
    let event = setup.receiver.received().pop().unwrap().event();
    assert_eq!((&event["type"], &event["id"]), (&json!(kind), &json!(id)));
    event
}

#[tokio::test]
async fn a_removed_member_gets_nothing_more_in_that_organization() {
    let setup = start().await;
    let scalekit = &setup.scalekit;
    let (ada, beta) = (
        log_in(scalekit, "usr_1", "org_1").await,
        log_in(scalekit, "usr_1", "org_2").await,
    );
    let eve = log_in(scalekit, "usr_2", "org_1").await;
    assert_eq!(ada.refreshed(scalekit).await["oid"], "org_1");
    let id = scalekit.admin().remove_member("ada@acme.example", "org_1");
    let event = last(&setup, "user.organization_membership_deleted", &id).await;
    assert_eq!(event["organization_id"], "org_1");
    assert_eq!(event["data"]["user"]["id"], "usr_1");
    assert_eq!(event["data"]["organization"]["external_id"], "acme");
    ada.is_refused(scalekit).await;
    assert_eq!(refusal(scalekit, "usr_1", "org_1").await, "access_denied");
    // Others, and elsewhere.
    assert_eq!(beta.refreshed(scalekit).await["oid"], "org_2");
    assert_eq!(eve.refreshed(scalekit).await["oid"], "org_1");
    // She has only the other one left, and then none.
    let client = public_client(scalekit);
    let anywhere = with(authorization(&client), "login_hint", "usr_1");
    let code = code_for(scalekit, &anywhere).await;
    let issued = tokens(scalekit, &exchange(&client, &code)).await;
    assert_eq!(
        claims(issued["access_token"].as_str().unwrap())["oid"],
        "org_2"
    );
    scalekit.admin().remove_member("usr_1", "org_2");
    let answer = redirected(&authorize(scalekit, &anywhere).await);
    assert_eq!(value(&answer, "error"), Some("access_denied"));
    // And is welcome again.
    let id = scalekit.admin().add_member("usr_1", "org_1", ["auditor"]);
    last(&setup, "user.organization_membership_created", &id).await;
    assert_eq!(
        log_in(scalekit, "usr_1", "org_1").await.claims["roles"],
        json!(["auditor"])
    );
}

#[tokio::test]
#[should_panic(expected = "usr_2 is not a member of \"org_2\"")]
async fn only_a_member_can_be_removed() {
    start()
        .await
        .scalekit
        .admin()
        .remove_member("usr_2", "org_2");
}

#[tokio::test]
async fn new_tokens_have_the_new_roles() {
    let setup = start().await;
    let scalekit = &setup.scalekit;
    let ada = log_in(scalekit, "usr_1", "org_1").await;
    assert_eq!(ada.claims["roles"], json!(["admin"]));
    let id = scalekit.admin().change_roles("usr_1", "org_1", ["auditor"]);
    let event = last(&setup, "user.organization_membership_updated", &id).await;
    assert!(
        !event.to_string().contains("auditor"),
        "the payload names no roles"
    );
    let again = log_in(scalekit, "usr_1", "org_1").await;
    let minted = claims(&scalekit.token_of("usr_1", "org_1").sign());
    for claims in [ada.refreshed(scalekit).await, again.claims, minted] {
        assert_eq!(claims["roles"], json!(["auditor"]));
        assert_eq!(claims["permissions"], json!(["notes:read"]));
    }
    let elsewhere = log_in(scalekit, "usr_1", "org_2").await;
    assert_eq!(elsewhere.claims["roles"], json!(["auditor"]));
}

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
