//! The code grant: each refusal differs from the accepted control in one parameter.

use auth_testkit::settings::{RefreshTokens, TokenIssuer};
use auth_testkit::{Client, MockScalekit, TestClock, User};
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{
    REDIRECT, VERIFIER, authorization, claims, code, code_for, error, exchange, get_json, http,
    jwks, look, public_client, refresh, token, tokens, verifies, with, without,
};

#[tokio::test]
async fn a_code_buys_scalekits_user_token() {
    let clock = TestClock::new();
    let scalekit = MockScalekit::builder()
        .resource_url("http://127.0.0.1:3000/mcp")
        .user(
            User::new("usr_7")
                .organization("org_8")
                .roles(["admin"])
                .permissions(["a:b"]),
        )
        .clock(clock)
        .start()
        .await;
    let client = public_client(&scalekit);
    let code = code(&scalekit, &client).await;
    let response = token(&scalekit, &exchange(&client, &code)).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let body: serde_json::Value = response.json().await.unwrap();
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 3600);
    assert_eq!(body["scope"], "openid offline_access notes:read");

    let access_token = body["access_token"].as_str().unwrap();
    assert!(verifies(access_token, &jwks(&scalekit).await));
    let (header, claims) = look(access_token);
    let kid = scalekit.keys().kid();
    assert_eq!(header, json!({ "alg": "RS256", "kid": kid, "typ": "JWT" }));
    let iat = claims["iat"].as_u64().unwrap();
    let (sid, jti) = (
        claims["sid"].as_str().unwrap(),
        claims["jti"].as_str().unwrap(),
    );
    assert!(sid.starts_with("ses_") && jti.starts_with("tkn_"));
    assert_eq!(
        claims,
        json!({
            "aud": ["http://127.0.0.1:3000/mcp", "res_1000000001"],
            "client_id": client,
            "iss": scalekit.environment_url(),
            "sub": "usr_7",
            "oid": "org_8",
            "resid": "res_1000000001",
            "roles": ["admin"],
            "permissions": ["a:b"],
            "scope": "openid offline_access notes:read",
            "scopes": ["openid", "offline_access", "notes:read"],
            "sid": sid,
            "exp": iat + 3600,
            "iat": iat,
            "nbf": iat,
            "jti": jti,
        })
    );
}

#[tokio::test]
async fn an_id_token_comes_with_openid_only() {
    let scalekit = MockScalekit::start().await;
    let client = public_client(&scalekit);
    let request = with(authorization(&client), "nonce", "n-1");
    let bought = tokens(
        &scalekit,
        &exchange(&client, &code_for(&scalekit, &request).await),
    )
    .await;
    let id_token = bought["id_token"].as_str().unwrap();
    assert!(verifies(id_token, &jwks(&scalekit).await));
    let claims = claims(id_token);
    assert_eq!(claims["aud"], json!([client]));
    assert_eq!(claims["nonce"], "n-1");
    assert_eq!(claims["email"], "ada@example.com");
    let request = with(authorization(&client), "scope", "notes:read");
    let bought = tokens(
        &scalekit,
        &exchange(&client, &code_for(&scalekit, &request).await),
    )
    .await;
    assert!(bought.get("id_token").is_none());
}

#[tokio::test]
async fn wrong_requests_are_refused_and_do_not_use_up_the_code() {
    let scalekit = MockScalekit::start().await;
    let client = public_client(&scalekit);
    let foreign = scalekit.register_client(Client::public(REDIRECT));
    let bound = with(authorization(&client), "resource", "https://a.example/mcp");
    let code = code_for(&scalekit, &bound).await;
    let control = exchange(&client, &code);
    let wrong_verifier = VERIFIER.replace("dBj", "dBk");
    let (grant, request) = ("invalid_grant", "invalid_request");
    let table = [
        (
            "no verifier",
            without(control.clone(), "code_verifier"),
            request,
        ),
        (
            "empty verifier",
            with(control.clone(), "code_verifier", ""),
            request,
        ),
        (
            "wrong verifier",
            with(control.clone(), "code_verifier", &wrong_verifier),
            grant,
        ),
        (
            "verifier too short",
            with(control.clone(), "code_verifier", &VERIFIER[..42]),
            request,
        ),
        (
            "the challenge as verifier",
            with(control.clone(), "code_verifier", crate::support::CHALLENGE),
            grant,
        ),
        (
            "no redirect uri",
            without(control.clone(), "redirect_uri"),
            grant,
        ),
        (
            "another redirect uri",
            with(
                control.clone(),
                "redirect_uri",
                "http://127.0.0.1:8765/other",
            ),
            grant,
        ),
        ("no code", without(control.clone(), "code"), request),
        (
            "a code never issued",
            with(control.clone(), "code", "abc"),
            grant,
        ),
        (
            "another client",
            with(control.clone(), "client_id", &foreign),
            grant,
        ),
        (
            "another resource",
            with(control.clone(), "resource", "https://b.example/mcp"),
            "invalid_target",
        ),
        (
            "no grant type",
            without(control.clone(), "grant_type"),
            request,
        ),
        (
            "unknown grant type",
            with(control.clone(), "grant_type", "password"),
            "unsupported_grant_type",
        ),
    ];
    for (row, request, code) in table {
        let response = token(&scalekit, &request).await;
        assert_eq!(response.headers()["cache-control"], "no-store", "{row}");
        assert_eq!(
            error(response, StatusCode::BAD_REQUEST).await,
            code,
            "{row}"
        );
    }
    tokens(
        &scalekit,
        &with(control, "resource", "https://a.example/mcp"),
    )
    .await;
}

#[tokio::test]
async fn unknown_and_missing_clients_get_a_401_with_a_basic_challenge() {
    let scalekit = MockScalekit::start().await;
    let client = public_client(&scalekit);
    let control = exchange(&client, &code(&scalekit, &client).await);
    for request in [
        with(control.clone(), "client_id", "m2m_9"),
        without(control.clone(), "client_id"),
        with(control.clone(), "client_secret", "a secret it never got"),
    ] {
        let response = token(&scalekit, &request).await;
        let challenge = response.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.starts_with("Basic "));
        let error = error(response, StatusCode::UNAUTHORIZED).await;
        assert_eq!(error, "invalid_client");
    }
    tokens(&scalekit, &control).await;
}

#[tokio::test]
async fn a_repeated_parameter_and_another_media_type_are_refused() {
    let scalekit = MockScalekit::start().await;
    let client = public_client(&scalekit);
    let control = exchange(&client, &code(&scalekit, &client).await);
    let mut twice = control.clone();
    twice.push(("code_verifier", VERIFIER.into()));
    let response = token(&scalekit, &twice).await;
    assert_eq!(
        error(response, StatusCode::BAD_REQUEST).await,
        "invalid_request"
    );
    let as_json: std::collections::HashMap<_, _> = control.clone().into_iter().collect();
    let request = http().post(scalekit.token_endpoint()).json(&as_json);
    let response = request.send().await.unwrap();
    assert_eq!(
        error(response, StatusCode::BAD_REQUEST).await,
        "invalid_request"
    );
    tokens(&scalekit, &control).await;
}

#[tokio::test]
async fn a_reused_code_is_refused_and_revokes_what_it_bought() {
    let scalekit = MockScalekit::start().await;
    let client = public_client(&scalekit);
    let control = exchange(&client, &code(&scalekit, &client).await);
    let bought = tokens(&scalekit, &control).await;
    let refresh_token = bought["refresh_token"].as_str().unwrap();
    let refreshed = tokens(&scalekit, &refresh(&client, refresh_token)).await;
    let other = tokens(
        &scalekit,
        &exchange(&client, &code(&scalekit, &client).await),
    )
    .await;
    let jti = |tokens: &serde_json::Value| {
        let claims = claims(tokens["access_token"].as_str().unwrap());
        claims["jti"].as_str().unwrap().to_owned()
    };
    assert!(!scalekit.is_revoked(&jti(&bought)));

    let response = token(&scalekit, &control).await;
    assert_eq!(
        error(response, StatusCode::BAD_REQUEST).await,
        "invalid_grant"
    );
    assert!(scalekit.is_revoked(&jti(&bought)));
    assert!(scalekit.is_revoked(&jti(&refreshed)));
    assert!(!scalekit.is_revoked(&jti(&other)));
    let refresh_token = refreshed["refresh_token"].as_str().unwrap();
    let response = token(&scalekit, &refresh(&client, refresh_token)).await;
    assert_eq!(
        error(response, StatusCode::BAD_REQUEST).await,
        "invalid_grant"
    );
    let refresh_token = other["refresh_token"].as_str().unwrap();
    tokens(&scalekit, &refresh(&client, refresh_token)).await;
}

#[tokio::test]
async fn another_client_cannot_revoke_by_reusing_a_code() {
    let scalekit = MockScalekit::start().await;
    let client = public_client(&scalekit);
    let foreign = public_client(&scalekit);
    let control = exchange(&client, &code(&scalekit, &client).await);
    let bought = tokens(&scalekit, &control).await;
    let response = token(&scalekit, &with(control, "client_id", &foreign)).await;
    assert_eq!(
        error(response, StatusCode::BAD_REQUEST).await,
        "invalid_grant"
    );
    let refresh_token = bought["refresh_token"].as_str().unwrap();
    tokens(&scalekit, &refresh(&client, refresh_token)).await;
}

#[tokio::test]
async fn scopes_are_what_is_asked_for_and_to_be_had() {
    let scalekit = MockScalekit::start().await;
    let client = Client::public(REDIRECT).scopes(["notes:read", "mail:send"]);
    let client = scalekit.register_client(client);
    let table = [
        (
            Some("notes:read notes:write mail:send email"),
            "notes:read email",
        ),
        (Some("notes:read notes:read"), "notes:read"),
        (None, "notes:read"),
    ];
    for (asked, granted) in table {
        let request = authorization(&client);
        let request = match asked {
            Some(asked) => with(request, "scope", asked),
            None => without(request, "scope"),
        };
        let code = code_for(&scalekit, &request).await;
        let bought = tokens(&scalekit, &exchange(&client, &code)).await;
        assert_eq!(bought["scope"], granted, "asked for {asked:?}");
    }
}

#[tokio::test]
async fn refresh_tokens_come_when_the_setting_says_so() {
    let table = [
        (RefreshTokens::WhenAsked, "notes:read offline_access", true),
        (RefreshTokens::WhenAsked, "notes:read", false),
        (RefreshTokens::Advertised, "notes:read offline_access", true),
        (RefreshTokens::Advertised, "notes:read", false),
        (RefreshTokens::Always, "notes:read", true),
        (RefreshTokens::Added, "notes:read", true),
        (RefreshTokens::Never, "notes:read offline_access", false),
    ];
    for (when, scope, expected) in table {
        let scalekit = MockScalekit::builder().refresh_tokens(when).start().await;
        let client = public_client(&scalekit);
        let code = code_for(&scalekit, &with(authorization(&client), "scope", scope)).await;
        let bought = tokens(&scalekit, &exchange(&client, &code)).await;
        let given = bought.get("refresh_token").is_some();
        assert_eq!(given, expected, "{when:?}, {scope}");
    }
}

#[tokio::test]
async fn offline_access_is_added_to_what_a_client_asks_for_when_the_setting_says_so() {
    let always = MockScalekit::builder().refresh_tokens(RefreshTokens::Always);
    let added = MockScalekit::builder().refresh_tokens(RefreshTokens::Added);
    for (builder, rows) in [
        (
            always,
            [
                (Some("notes:read"), "notes:read"),
                (
                    Some("offline_access notes:read"),
                    "offline_access notes:read",
                ),
                (Some("openid"), "openid"),
                (None, "notes:read notes:write"),
            ],
        ),
        (
            added,
            [
                (Some("notes:read"), "notes:read offline_access"),
                (
                    Some("offline_access notes:read"),
                    "offline_access notes:read",
                ),
                (Some("openid"), "openid offline_access"),
                (None, "notes:read notes:write offline_access"),
            ],
        ),
    ] {
        let scalekit = builder.start().await;
        let client = public_client(&scalekit);
        for (asked, granted) in rows {
            let request = authorization(&client);
            let request = match asked {
                Some(asked) => with(request, "scope", asked),
                None => without(request, "scope"),
            };
            let code = code_for(&scalekit, &request).await;
            let bought = tokens(&scalekit, &exchange(&client, &code)).await;
            assert_eq!(bought["scope"], granted);
            let access = claims(bought["access_token"].as_str().unwrap());
            assert_eq!(access["scope"], granted);
            let again = refresh(&client, bought["refresh_token"].as_str().unwrap());
            assert_eq!(tokens(&scalekit, &again).await["scope"], granted);
        }
        // The metadata says nothing of it, and machines are not refreshed.
        let url = format!(
            "{}/.well-known/oauth-authorization-server",
            scalekit.issuer()
        );
        let scopes = &get_json(&url).await["scopes_supported"];
        assert_eq!(*scopes, json!(["notes:read", "notes:write"]));
        scalekit.register_client(Client::confidential("m2m_42", "not a secret"));
        let machine = vec![
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", "m2m_42".to_owned()),
            ("client_secret", "not a secret".to_owned()),
        ];
        let machine = tokens(&scalekit, &machine).await;
        assert_eq!(machine["scope"], "notes:read notes:write");
        assert!(machine.get("refresh_token").is_none());
    }
}

#[tokio::test]
async fn tokens_of_a_flow_name_the_issuer_that_was_chosen() {
    for form in [TokenIssuer::Environment, TokenIssuer::Resource] {
        let scalekit = MockScalekit::builder().token_issuer(form).start().await;
        let client = public_client(&scalekit);
        let bought = tokens(
            &scalekit,
            &exchange(&client, &code(&scalekit, &client).await),
        )
        .await;
        let iss = match form {
            TokenIssuer::Environment => scalekit.environment_url(),
            TokenIssuer::Resource => scalekit.issuer(),
        };
        assert_eq!(claims(bought["access_token"].as_str().unwrap())["iss"], iss);
    }
}

#[tokio::test]
async fn who_signs_in_later_does_not_change_older_sessions() {
    let scalekit = MockScalekit::start().await;
    let client = public_client(&scalekit);
    let first = code(&scalekit, &client).await;
    scalekit.sign_in(User::new("usr_2"));
    let second = code(&scalekit, &client).await;
    for (code, sub) in [(first, "usr_1000000001"), (second, "usr_2")] {
        let bought = tokens(&scalekit, &exchange(&client, &code)).await;
        assert_eq!(claims(bought["access_token"].as_str().unwrap())["sub"], sub);
    }
    assert_eq!(claims(&scalekit.token().sign())["sub"], "usr_2");
}

#[tokio::test]
async fn a_redirect_uri_left_out_of_both_requests_is_fine() {
    let scalekit = MockScalekit::start().await;
    let client = public_client(&scalekit);
    let code = code_for(&scalekit, &without(authorization(&client), "redirect_uri")).await;
    let control = exchange(&client, &code);
    let wrong = with(
        control.clone(),
        "redirect_uri",
        "http://127.0.0.1:8765/other",
    );
    let response = token(&scalekit, &wrong).await;
    assert_eq!(
        error(response, StatusCode::BAD_REQUEST).await,
        "invalid_grant"
    );
    tokens(&scalekit, &without(control, "redirect_uri")).await;
}
