//! One issuer that is being served, and its description for the readiness line.

use serde_json::{Value, json};

use super::settings::{Settings, warning};
use super::{Failure, print_note};
use crate::{MockScalekit, TestClock};

/// An issuer with its clock.
#[derive(Debug)]
pub(super) struct Environment {
    pub(super) scalekit: MockScalekit,
    pub(super) clock: TestClock,
}

impl Environment {
    pub(super) fn start(settings: &Settings) -> Result<Self, Failure> {
        let clock = TestClock::running();
        let scalekit = settings.start(&clock)?;
        let why = "its signing keys are public, so no real service may trust it";
        if let Some(text) = warning("the issuer", scalekit.address(), why) {
            print_note(&text);
        }
        Ok(Self { scalekit, clock })
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
        if let Some(pem) = scalekit.ca_pem() {
            described["ca_pem"] = pem.into();
        }
        described
    }
}
