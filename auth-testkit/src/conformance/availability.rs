//! Rules about keys that are unavailable.

use std::time::Duration;

use auth_core::provider::AuthProvider;
use auth_core::verifier::VerifyError;
use tokio::task::JoinHandle;

use super::harness::{Fetching, Harness};
use super::verdict::{Refused, Verdict};
use crate::{Endpoint, Fault, MockScalekit};

/// Every fault that makes keys unavailable at once.
fn faults() -> [Fault; 9] {
    [
        Fault::Status(500),
        Fault::Status(404),
        Fault::Status(204),
        Fault::Body(b"<!doctype html>".to_vec()),
        Fault::Endless,
        Fault::Truncate(40),
        Fault::Garbage,
        Fault::Reset,
        Fault::Close,
    ]
}

pub(super) async fn is_unavailable_without_keys<P: AuthProvider>(
    control: &Harness<P>,
    provider: &impl AsyncFn(&MockScalekit) -> P,
) -> Result<(), String> {
    control.accept_control().await?;
    for fault in faults() {
        let harness = Harness::start(provider).await?;
        let what = format!("while the keys end in {fault:?}, a valid token");
        let _fault = harness.scalekit.fail(Endpoint::Keys, fault);
        is_unavailable(&harness, &what).await?;
    }
    let harness = Harness::start(provider).await?;
    let refusal = harness.scalekit.refuse_connections();
    is_unavailable(&harness, "while connections are refused, a valid token").await?;
    drop(refusal);
    let harness = Harness::start(provider).await?;
    let _gate = harness.scalekit.hold(Endpoint::Keys);
    is_unavailable(&harness, "while the keys do not come, a valid token").await
}

async fn is_unavailable<P: AuthProvider>(harness: &Harness<P>, what: &str) -> Result<(), String> {
    match harness.without_keys().await {
        Verdict::Refused(Refused {
            error: VerifyError::Unavailable(_),
            ..
        }) => Ok(()),
        other => Err(format!("{what} {}", other.described())),
    }
}

pub(super) async fn recovers_after_an_outage<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    let outage = harness.scalekit.fail(Endpoint::Keys, Fault::Status(503));
    match harness.without_keys().await {
        Verdict::Refused(_) => {}
        other => return Err(format!("a valid token without keys {}", other.described())),
    }
    drop(outage);
    harness.clock.advance(Duration::from_secs(120));
    let what = "a valid token two minutes after an outage";
    harness.accept(what, harness.good().sign()).await.map(drop)
}

pub(super) async fn uses_cached_keys_during_outage<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    harness.accept_control().await?;
    let _refusal = harness.scalekit.refuse_connections();
    for minute in 1..=10 {
        harness.clock.advance(Duration::from_secs(60));
        let what = format!("a valid token {minute} minutes into an outage");
        harness.accept(&what, harness.good().sign()).await?;
    }
    Ok(())
}

pub(super) async fn follows_no_redirect<P: AuthProvider>(
    control: &Harness<P>,
    provider: &impl AsyncFn(&MockScalekit) -> P,
) -> Result<(), String> {
    control.accept_control().await?;
    let harness = Harness::start(provider).await?;
    let elsewhere = MockScalekit::builder()
        .clock(harness.clock.clone())
        .start()
        .await;
    let to = Fault::Redirect(elsewhere.keys_url().to_owned());
    let _redirect = harness.scalekit.fail(Endpoint::Keys, to);
    let forged = elsewhere
        .token()
        .claim("iss", harness.scalekit.environment_url());
    let what = "a token of a key that a redirect led to";
    harness.refuse(what, forged.sign()).await?;
    match elsewhere.key_fetches() {
        0 => Ok(()),
        _ => Err("the redirect was followed".to_owned()),
    }
}

pub(super) async fn survives_cancelled_callers<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    let Fetching { gate, asked, .. } = harness.fetching(|| vec![harness.good().sign()]).await?;
    asked.iter().for_each(JoinHandle::abort);
    let second = harness.ask(harness.good().subject("usr_2").sign());
    // The second may have joined the first one's fetch or not.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    gate.release();
    match second.await {
        Ok(Verdict::Accepted(_)) => Ok(()),
        Ok(other) => Err(format!(
            "after a caller had gone in the middle of a fetch, a valid token {}",
            other.described()
        )),
        Err(_) => Err("a caller that went away made the provider panic".to_owned()),
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::*;

    /// Faults that do not make keys unavailable at once, each with its reason.
    const NOT_TRIED: &[(&str, &str)] = &[
        ("redirect", "the rule follows-no-redirect"),
        ("delay", "the keys come in the end"),
        ("dribble", "the keys come in the end"),
    ];

    #[test]
    fn every_fault_is_tried_or_has_a_reason_not_to_be() {
        for kind in Fault::KINDS {
            let is_tried = faults().iter().any(|fault| fault.name() == kind.name);
            let is_excused = NOT_TRIED.iter().any(|(name, _)| *name == kind.name);
            assert!(
                is_tried != is_excused,
                "{}: expected in faults() or in NOT_TRIED of src/conformance/availability.rs",
                kind.name
            );
        }
    }
}
