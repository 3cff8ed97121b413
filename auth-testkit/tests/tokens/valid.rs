//! Tokens that a right verifier accepts.

use std::time::{Duration, SystemTime};

use auth_testkit::settings::TokenIssuer;
use auth_testkit::{MockScalekit, TestClock, User};
use serde_json::json;

use crate::support::{claims, jwks, look, verifies};

#[tokio::test]
async fn the_default_is_a_live_user_token() {
    let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(1_788_433_620);
    let scalekit = MockScalekit::builder()
        .resource_url("https://mcp.example/mcp")
        .user(User::new("usr_7").permissions(["notes:read"]))
        .clock(TestClock::at(moment))
        .start()
        .await;
    let token = scalekit.token().sign();
    assert!(verifies(&token, &jwks(&scalekit).await));
    let (header, claims) = look(&token);
    assert_eq!(
        header,
        json!({ "alg": "RS256", "kid": scalekit.keys().kid(), "typ": "JWT" })
    );
    assert_eq!(
        claims,
        json!({
            "aud": ["https://mcp.example/mcp", "res_1000000001"],
            "client_id": "m2m_1000000001",
            "iss": scalekit.environment_url(),
            "sub": "usr_7",
            "oid": "org_1000000001",
            "resid": "res_1000000001",
            "roles": ["member"],
            "permissions": ["notes:read"],
            "scope": "notes:read notes:write",
            "scopes": ["notes:read", "notes:write"],
            "sid": claims["sid"],
            "exp": 1_788_437_220,
            "iat": 1_788_433_620,
            "nbf": 1_788_433_620,
            "jti": claims["jti"],
        })
    );
}

#[tokio::test]
async fn every_variation_is_signed_and_says_what_it_was_told() {
    let scalekit = MockScalekit::start().await;
    let keys = jwks(&scalekit).await;
    let control = scalekit.token();
    let before = claims(&control.sign());
    let iat = before["iat"].as_u64().unwrap();
    // Not by the clock, which may show the next second by now.
    let later = SystemTime::UNIX_EPOCH + Duration::from_secs(iat + 60);
    let resource = control.clone().issuer_form(TokenIssuer::Resource);
    let table = [
        (
            "subject",
            control.clone().subject("usr_2"),
            json!({ "sub": "usr_2" }),
        ),
        (
            "client",
            control.clone().client_id("m2m_2"),
            json!({ "client_id": "m2m_2" }),
        ),
        (
            "organization",
            control.clone().organization("org_2"),
            json!({ "oid": "org_2" }),
        ),
        (
            "roles",
            control.clone().roles(["a"]),
            json!({ "roles": ["a"] }),
        ),
        (
            "permissions",
            control.clone().permissions(["a"]),
            json!({ "permissions": ["a"] }),
        ),
        (
            "scopes",
            control.clone().scopes(["a", "b"]),
            json!({ "scope": "a b", "scopes": ["a", "b"] }),
        ),
        ("claim", control.clone().claim("x", 1), json!({ "x": 1 })),
        (
            "without a claim",
            control.clone().without_claim("sid"),
            json!({ "sid": null }),
        ),
        (
            "without scopes",
            control.clone().without_scope_claims(),
            json!({ "scope": null, "scopes": null }),
        ),
        ("issuer form", resource, json!({ "iss": scalekit.issuer() })),
        (
            "lifetime",
            control.clone().lifetime(Duration::from_secs(5)),
            json!({ "exp": iat + 5 }),
        ),
        (
            "issued at",
            control.clone().issued_at(later),
            json!({ "iat": iat + 60, "nbf": iat + 60, "exp": iat + 3660 }),
        ),
        (
            "machine",
            control.clone().machine(),
            json!({ "sub": "m2m_1000000001", "oid": null, "roles": null, "sid": null }),
        ),
    ];
    for (row, builder, changes) in table {
        let token = builder.sign();
        assert!(verifies(&token, &keys), "{row}");
        let mut expected = before.clone();
        for (name, value) in changes.as_object().unwrap() {
            let members = expected.as_object_mut().unwrap();
            match value.is_null() {
                true => members.remove(name),
                false => members.insert(name.clone(), value.clone()),
            };
        }
        assert_eq!(claims(&token), expected, "{row}");
    }
}

#[tokio::test]
async fn header_parameters_can_be_set_and_left_out() {
    let scalekit = MockScalekit::start().await;
    let token = scalekit
        .token()
        .header("typ", "at+jwt")
        .header("x", 1)
        .sign();
    assert!(verifies(&token, &jwks(&scalekit).await));
    let header = look(&token).0;
    assert_eq!(
        (&header["typ"], &header["x"]),
        (&json!("at+jwt"), &json!(1))
    );
    assert!(
        look(&scalekit.token().without_header("typ").sign())
            .0
            .get("typ")
            .is_none()
    );
}

#[tokio::test]
async fn sessions_and_token_ids_differ_from_token_to_token_but_not_in_a_clone() {
    let scalekit = MockScalekit::start().await;
    let (one, two) = (scalekit.token(), scalekit.token());
    assert_eq!(one.sign(), one.clone().sign());
    let (one, two) = (claims(&one.sign()), claims(&two.sign()));
    assert_ne!(one["jti"], two["jti"]);
    assert_ne!(one["sid"], two["sid"]);
}
