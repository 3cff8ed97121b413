//! Assertions of an enterprise's identity provider, exchanged for access tokens.

use std::time::Duration;

use auth_testkit::identity_provider::{Assertion, IdentityProvider};
use auth_testkit::{Client, MockScalekit, TestClock};
use reqwest::StatusCode;

use crate::support::{Pairs, claims, error, get_json, token, tokens, with};

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

struct Harness {
    scalekit: MockScalekit,
    clock: TestClock,
    idp: IdentityProvider,
}

impl Harness {
    async fn start() -> Self {
        let clock = TestClock::new();
        let idp = IdentityProvider::new("https://idp.example");
        let builder = MockScalekit::builder().clock(clock.clone());
        let builder = builder.resource_url("https://mcp.example/mcp");
        let scalekit = builder.trust(&idp).start().await;
        scalekit.register_client(Client::confidential("m2m_42", "s"));
        Self {
            scalekit,
            clock,
            idp,
        }
    }

    fn assertion(&self) -> Assertion {
        use auth_core::support::Clock;
        let issuer = self.scalekit.issuer();
        self.idp
            .assertion("usr_7", "m2m_42", issuer, self.clock.now())
    }

    fn request(assertion: &Assertion) -> Pairs {
        vec![
            ("grant_type", GRANT_TYPE.into()),
            ("client_id", "m2m_42".into()),
            ("client_secret", "s".into()),
            ("assertion", assertion.sign()),
        ]
    }
}

#[tokio::test]
async fn an_assertion_buys_a_token_for_its_user_and_scopes() {
    let harness = Harness::start().await;
    let assertion = harness
        .assertion()
        .scope("notes:read")
        .resource("https://mcp.example/mcp");
    let bought = tokens(&harness.scalekit, &Harness::request(&assertion)).await;
    let access = claims(bought["access_token"].as_str().unwrap());
    assert_eq!(
        (&access["sub"], &access["scope"]),
        (&"usr_7".into(), &"notes:read".into())
    );
    assert_eq!(access["client_id"], "m2m_42");
    assert!(bought.get("refresh_token").is_none());

    let more = harness.assertion().scope("notes:read");
    let more = with(Harness::request(&more), "scope", "notes:read notes:write");
    assert_eq!(
        tokens(&harness.scalekit, &more).await["scope"],
        "notes:read"
    );
}

#[tokio::test]
async fn an_assertion_with_one_thing_wrong_buys_nothing() {
    let harness = Harness::start().await;
    tokens(&harness.scalekit, &Harness::request(&harness.assertion())).await;
    let stranger = IdentityProvider::new("https://idp.example");
    let issuer = harness.scalekit.issuer();
    let strange = stranger.assertion("usr_7", "m2m_42", issuer, std::time::SystemTime::now());
    let good = || harness.assertion();
    for (row, assertion) in [
        ("another key", good().wrong_key()),
        ("another provider of the same name", strange),
        (
            "another provider's name",
            good().claim("iss", "https://other.example"),
        ),
        (
            "another audience",
            good().claim("aud", harness.scalekit.environment_url()),
        ),
        ("another client", good().claim("client_id", "m2m_7")),
        ("another type", good().header("typ", "JWT")),
        (
            "another resource",
            good().resource("https://other.example/mcp"),
        ),
        (
            "several resources",
            good().claim("resource", vec!["https://mcp.example/mcp"]),
        ),
        ("no subject", good().without_claim("sub")),
        ("no id", good().without_claim("jti")),
        ("no expiry", good().without_claim("exp")),
    ] {
        let refused = token(&harness.scalekit, &Harness::request(&assertion)).await;
        let refused = error(refused, StatusCode::BAD_REQUEST).await;
        assert_eq!(refused, "invalid_grant", "{row}");
    }
    let late = harness.assertion();
    harness.clock.advance(Duration::from_secs(300));
    let refused = token(&harness.scalekit, &Harness::request(&late)).await;
    assert_eq!(
        error(refused, StatusCode::BAD_REQUEST).await,
        "invalid_grant"
    );
}

/// `resource` is optional (draft section 3.1), and what it names restricts the token.
#[tokio::test]
async fn a_resource_in_the_assertion_is_the_only_audience() {
    let harness = Harness::start().await;
    let served = "https://mcp.example/mcp";
    let own_id = harness.scalekit.resource_id().to_owned();
    let all = serde_json::json!([served, own_id]);
    for (assertion, audience) in [
        (harness.assertion(), all),
        (
            harness.assertion().resource(served),
            serde_json::json!([served, own_id]),
        ),
        (
            harness.assertion().resource(&own_id),
            serde_json::json!([own_id]),
        ),
    ] {
        let bought = tokens(&harness.scalekit, &Harness::request(&assertion)).await;
        let access = claims(bought["access_token"].as_str().unwrap());
        assert_eq!(access["aud"], audience);
    }
    // The request may repeat it, and may not name another one that the issuer serves too.
    let with_resource = |assertion: Assertion, resource: &str| {
        with(Harness::request(&assertion), "resource", resource)
    };
    for (assertion, resource, refused) in [
        (harness.assertion(), served, None),
        (harness.assertion(), own_id.as_str(), None),
        (harness.assertion().resource(served), served, None),
        (
            harness.assertion().resource(served),
            &own_id,
            Some("invalid_target"),
        ),
        (
            harness.assertion(),
            "https://other.example/mcp",
            Some("invalid_target"),
        ),
    ] {
        let response = token(&harness.scalekit, &with_resource(assertion, resource)).await;
        match refused {
            None => assert_eq!(response.status(), StatusCode::OK, "{resource}"),
            Some(code) => assert_eq!(error(response, StatusCode::BAD_REQUEST).await, code),
        }
    }
}

#[tokio::test]
async fn an_assertion_is_good_once() {
    let harness = Harness::start().await;
    let request = Harness::request(&harness.assertion());
    tokens(&harness.scalekit, &request).await;
    let refused = token(&harness.scalekit, &request).await;
    assert_eq!(
        error(refused, StatusCode::BAD_REQUEST).await,
        "invalid_grant"
    );
}

#[tokio::test]
async fn the_grant_is_offered_where_a_provider_is_trusted() {
    let harness = Harness::start().await;
    let plain = MockScalekit::start().await;
    plain.register_client(Client::confidential("m2m_42", "s"));
    for (scalekit, offered) in [(&harness.scalekit, true), (&plain, false)] {
        let url = format!(
            "{}/.well-known/oauth-authorization-server",
            scalekit.issuer()
        );
        let grants = get_json(&url).await["grant_types_supported"].clone();
        let listed = grants.as_array().unwrap().contains(&GRANT_TYPE.into());
        assert_eq!(listed, offered);
    }
    let refused = token(&plain, &Harness::request(&harness.assertion())).await;
    let refused = error(refused, StatusCode::BAD_REQUEST).await;
    assert_eq!(refused, "unsupported_grant_type");
}
