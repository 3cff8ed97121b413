//! Logins of a directory whose members, roles and organizations change.

use auth_testkit::settings::{Directory, DirectoryFormat};
use auth_testkit::{MockScalekit, TestClock};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::receiver::Setup;
use crate::support::{
    Pairs, authorization, authorize, claims, code_for, error, exchange, public_client, redirected,
    refresh, token, tokens, value, with,
};

/// Ada is in two organizations, Eve in one of them.
pub const DIRECTORY: &str = r#"
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
pub struct Login {
    pub client: String,
    pub refresh: String,
    pub claims: Value,
}

pub async fn start() -> Setup {
    let clock = TestClock::new();
    let directory = Directory::parse(DIRECTORY, DirectoryFormat::Toml).unwrap();
    let builder = MockScalekit::builder().clock(clock.clone());
    Setup::with(builder.directory(directory).start().await, clock).await
}

pub fn request(client: &str, user: &str, organization: &str) -> Pairs {
    let request = with(authorization(client), "login_hint", user);
    with(request, "organization_id", organization)
}

pub async fn log_in(scalekit: &MockScalekit, user: &str, organization: &str) -> Login {
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
    pub async fn refreshed(&self, scalekit: &MockScalekit) -> Value {
        let issued = tokens(scalekit, &refresh(&self.client, &self.refresh)).await;
        claims(issued["access_token"].as_str().unwrap())
    }

    pub async fn is_refused(&self, scalekit: &MockScalekit) {
        let response = token(scalekit, &refresh(&self.client, &self.refresh)).await;
        assert_eq!(
            error(response, StatusCode::BAD_REQUEST).await,
            "invalid_grant"
        );
    }
}

/// Why a user cannot sign in to an organization.
pub async fn refusal(scalekit: &MockScalekit, user: &str, organization: &str) -> String {
    let client = public_client(scalekit);
    let response = authorize(scalekit, &request(&client, user, organization)).await;
    value(&redirected(&response), "error")
        .expect("an error")
        .to_owned()
}

/// The last event that came, which must be of this type and id.
pub async fn last(setup: &Setup, kind: &str, id: &str) -> Value {
    setup.scalekit.webhooks().idle().await;
    let event = setup.receiver.received().pop().unwrap().event();
    assert_eq!((&event["type"], &event["id"]), (&json!(kind), &json!(id)));
    event
}
