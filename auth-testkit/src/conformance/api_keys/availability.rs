//! Rules about an API that is unavailable.

use std::time::Duration;

use auth_core::provider::AuthProvider;
use auth_core::verifier::VerifyError;

use super::invalid_keys::is_not_asked;
use crate::conformance::harness::Harness;
use crate::conformance::setup::{self, CLIENT_ID, CLIENT_SECRET};
use crate::conformance::verdict::{Refused, Verdict};
use crate::{Client, Endpoint, Fault, MockScalekit};

/// Every fault that makes the API unavailable at once. A 400 or 404 is an answer about the key.
fn faults() -> [Fault; 11] {
    [
        Fault::Status(500),
        Fault::Status(503),
        Fault::Status(429),
        Fault::Status(204),
        Fault::Body(b"<!doctype html>".to_vec()),
        Fault::Body(b"{}".to_vec()),
        Fault::Endless,
        Fault::Truncate(40),
        Fault::Garbage,
        Fault::Reset,
        Fault::Close,
    ]
}

pub(super) async fn is_unavailable_without_the_api<P: AuthProvider>(
    control: &Harness<P>,
    provider: &impl AsyncFn(&MockScalekit) -> P,
) -> Result<(), String> {
    control.accept_control_key().await?;
    for endpoint in [Endpoint::ValidateApiKey, Endpoint::EnvironmentToken] {
        for fault in faults() {
            let harness = Harness::start(provider).await?;
            let what = format!("while {endpoint} ends in {fault:?}, a valid key");
            let _fault = harness.scalekit.fail(endpoint, fault);
            is_unavailable(&harness, &what).await?;
        }
    }
    let harness = Harness::start(provider).await?;
    let refusal = harness.scalekit.refuse_connections();
    is_unavailable(&harness, "while connections are refused, a valid key").await?;
    drop(refusal);
    let harness = Harness::start(provider).await?;
    let _gate = harness.scalekit.hold(Endpoint::ValidateApiKey);
    is_unavailable(&harness, "while the API does not answer, a valid key").await
}

/// The control was accepted by another provider of the same kind.
async fn is_unavailable<P: AuthProvider>(harness: &Harness<P>, what: &str) -> Result<(), String> {
    match harness.verdict(harness.key().expose()).await {
        Verdict::Refused(Refused {
            error: VerifyError::Unavailable(_),
            ..
        }) => Ok(()),
        other => Err(format!("{what} {}", other.described())),
    }
}

pub(super) async fn is_unavailable_with_refused_credentials<P: AuthProvider>(
    control: &Harness<P>,
    provider: &impl AsyncFn(&MockScalekit) -> P,
) -> Result<(), String> {
    control.accept_control_key().await?;
    let harness = Harness::start(provider).await?;
    harness.scalekit.delete_client(CLIENT_ID);
    let what = "when the issuer does not know the provider's client, a valid key";
    is_unavailable(&harness, what).await?;
    let harness = Harness::start(provider).await?;
    harness.scalekit.delete_client(CLIENT_ID);
    let client = Client::confidential(CLIENT_ID, CLIENT_SECRET).permissions(["users:read"]);
    harness.scalekit.register_client(client);
    let what = "when the provider's client lacks the permission, a valid key";
    is_unavailable(&harness, what).await?;
    for status in [401, 403] {
        let harness = Harness::start(provider).await?;
        let fault = Fault::Status(status);
        let _fault = harness.scalekit.fail(Endpoint::ValidateApiKey, fault);
        let what = format!("when the API answers {status} to the provider, a valid key");
        is_unavailable(&harness, &what).await?;
    }
    Ok(())
}

pub(super) async fn recovers_after_an_outage<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    let key = harness.key();
    let fault = Fault::Status(503);
    let outage = harness.scalekit.fail(Endpoint::ValidateApiKey, fault);
    match harness.verdict(key.expose()).await {
        Verdict::Refused(_) => {}
        other => return Err(format!("a valid key in an outage {}", other.described())),
    }
    drop(outage);
    harness.clock.advance(Duration::from_secs(120));
    let what = "a valid key two minutes after an outage";
    harness.accept(what, key.expose().into()).await.map(drop)
}

/// A party that can place a redirect must get neither keys nor the provider's own credentials.
pub(super) async fn follows_no_redirect<P: AuthProvider>(
    control: &Harness<P>,
    provider: &impl AsyncFn(&MockScalekit) -> P,
) -> Result<(), String> {
    control.accept_control_key().await?;
    for (endpoint, path) in [
        (Endpoint::ValidateApiKey, "/api/v1/tokens:validate"),
        (Endpoint::EnvironmentToken, "/oauth/token"),
    ] {
        let harness = Harness::start(provider).await?;
        let elsewhere = setup::issuer(&harness.clock).await;
        let to = format!("{}{path}", elsewhere.environment_url());
        let _redirect = harness.scalekit.fail(endpoint, Fault::Redirect(to));
        let what = format!("while {endpoint} redirects, a valid key");
        harness.refuse(&what, harness.key().expose().into()).await?;
        is_not_asked(&elsewhere).map_err(|_| "the redirect was followed".to_owned())?;
    }
    Ok(())
}
