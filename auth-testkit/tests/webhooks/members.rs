//! Members are removed, and their roles change: the event of it, and what is issued from then on.

use serde_json::json;

use crate::logins::{last, log_in, refusal, start};
use crate::support::{
    authorization, authorize, claims, code_for, exchange, public_client, redirected, tokens, value,
    with,
};

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
