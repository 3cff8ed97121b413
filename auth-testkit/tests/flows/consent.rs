//! What the user answers, who the user is, and what that leaves of the scopes.

use auth_testkit::settings::Approval;
use auth_testkit::{MockScalekit, User};
use serde_json::{Value, json};

use crate::support::{
    Pairs, authorization, authorize, claims, code_for, exchange, public_client, redirected, tokens,
    value, with,
};

/// The claims of the access token that an authorization request leads to.
async fn access(scalekit: &MockScalekit, client: &str, request: &Pairs) -> Value {
    let code = code_for(scalekit, request).await;
    let tokens = tokens(scalekit, &exchange(client, &code)).await;
    claims(tokens["access_token"].as_str().unwrap())
}

#[tokio::test]
async fn answers_are_given_in_order_and_then_as_usual() {
    let scalekit = MockScalekit::start().await;
    let client = public_client(&scalekit);
    let request = with(
        authorization(&client),
        "scope",
        "openid notes:read notes:write",
    );
    scalekit.script_next_approval(Approval::by(User::new("usr_7").organization("org_7")));
    scalekit.script_next_approval(Approval::default_user().granting(["notes:read"]));
    scalekit.script_next_approval(Approval::denied("access_denied"));
    let first = access(&scalekit, &client, &request).await;
    assert_eq!(
        (&first["sub"], &first["oid"]),
        (&json!("usr_7"), &json!("org_7"))
    );
    let second = access(&scalekit, &client, &request).await;
    assert_eq!(second["sub"], "usr_1000000001");
    assert_eq!(second["scope"], "openid notes:read", "identity scopes stay");
    let third = redirected(&authorize(&scalekit, &request).await);
    assert_eq!(value(&third, "error"), Some("access_denied"));
    let fourth = access(&scalekit, &client, &request).await;
    assert_eq!(fourth["scope"], "openid notes:read notes:write");
}

#[tokio::test]
async fn a_request_may_name_its_user_and_the_organization() {
    let bob = User::new("usr_2")
        .email("bob@example.com")
        .organization("org_2")
        .also_in("org_3");
    let scalekit = MockScalekit::builder().also_user(bob).start().await;
    let client = public_client(&scalekit);
    let control = authorization(&client);
    assert_eq!(
        access(&scalekit, &client, &control).await["sub"],
        "usr_1000000001"
    );
    for hint in ["usr_2", "bob@example.com"] {
        let hinted = with(control.clone(), "login_hint", hint);
        let token = access(&scalekit, &client, &hinted).await;
        assert_eq!(
            (&token["sub"], &token["oid"]),
            (&json!("usr_2"), &json!("org_2"))
        );
        let elsewhere = with(hinted.clone(), "organization_id", "org_3");
        assert_eq!(access(&scalekit, &client, &elsewhere).await["oid"], "org_3");
        let nowhere = with(hinted, "organization_id", "org_9");
        let answer = redirected(&authorize(&scalekit, &nowhere).await);
        assert_eq!(value(&answer, "error"), Some("access_denied"));
    }
    let stranger = with(control, "login_hint", "carol@example.com");
    assert_eq!(
        access(&scalekit, &client, &stranger).await["sub"],
        "usr_1000000001"
    );
}

#[tokio::test]
async fn permissions_limit_the_scopes_where_that_is_switched_on() {
    let user = || User::new("usr_7").permissions(["notes:read"]);
    for (on, expected) in [
        (false, "openid notes:read notes:write"),
        (true, "openid notes:read"),
    ] {
        let builder = MockScalekit::builder().user(user());
        let scalekit = builder.scopes_within_permissions(on).start().await;
        let client = public_client(&scalekit);
        let request = with(
            authorization(&client),
            "scope",
            "openid notes:read notes:write",
        );
        assert_eq!(
            access(&scalekit, &client, &request).await["scope"],
            expected
        );
    }
}
