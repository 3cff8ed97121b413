//! One issuer that is being served, and its description for the readiness line.

use serde_json::{Value, json};

use super::settings::{Settings, warning};
use super::{Failure, print_note};
use crate::values::{Secret, id};
use crate::webhooks::WebhookSecret;
use crate::{Client, MockScalekit, TestClock};

/// An issuer with its clock.
#[derive(Debug)]
pub(super) struct Environment {
    pub(super) scalekit: MockScalekit,
    pub(super) clock: TestClock,
    /// For the backend of a login page, or who asked for one.
    management_client: Option<ManagementClient>,
    /// Of all webhook endpoints that it was started with.
    webhook_secrets: Vec<WebhookSecret>,
}

/// The id and the secret of a client of the environment.
#[derive(Debug)]
struct ManagementClient {
    id: String,
    secret: Secret,
}

impl Environment {
    pub(super) fn start(settings: &Settings) -> Result<Self, Failure> {
        let clock = TestClock::running();
        let scalekit = settings.start(&clock)?;
        let why = "its signing keys are public, so no real service may trust it";
        if let Some(text) = warning("the issuer", scalekit.address(), why) {
            print_note(&text);
        }
        let webhook_secrets = settings.secrets_of_webhooks()?;
        settings.add_webhooks(&scalekit, &webhook_secrets)?;
        let is_needed = scalekit.connection_id().is_some() || settings.has_management_client();
        let management_client = is_needed.then(|| {
            let (id, secret) = (id::fresh("skc"), Secret::random());
            scalekit.register_client(Client::confidential(&id, secret.expose()));
            ManagementClient { id, secret }
        });
        Ok(Self {
            scalekit,
            clock,
            management_client,
            webhook_secrets,
        })
    }

    /// What a client or a server under test has to know.
    pub(super) fn described(&self) -> Value {
        let scalekit = &self.scalekit;
        let mut described = json!({
            "address": scalekit.address().to_string(),
            "environment_url": scalekit.environment_url(),
            "resource_id": scalekit.resource_id(),
            "issuer": scalekit.issuer(),
            "jwks_uri": scalekit.keys_url(),
            "token_endpoint": scalekit.token_endpoint(),
        });
        if let Some(url) = scalekit.mcp_url() {
            described["mcp_url"] = url.into();
        }
        if let Some(id) = scalekit.connection_id() {
            described["connection_id"] = id.into();
        }
        if let Some(client) = &self.management_client {
            described["client_id"] = client.id.as_str().into();
            described["client_secret"] = client.secret.expose().into();
        }
        if let Some(secret) = self.webhook_secrets.first() {
            described["webhook_secret"] = secret.expose().into();
        }
        if let Some(pem) = scalekit.ca_pem() {
            described["ca_pem"] = pem.into();
        }
        described
    }
}
