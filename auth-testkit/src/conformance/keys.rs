//! Rules about keys, and how often they are fetched.

use std::time::Duration;

use auth_core::provider::AuthProvider;

use super::harness::{Fetching, Harness};
use super::verdict::Verdict;
use crate::keys::UnusualKeySet;
use crate::{Defect, MockScalekit};

pub(super) async fn follows_rotation<P: AuthProvider>(harness: &Harness<P>) -> Result<(), String> {
    let old = harness.good().sign();
    harness.accept("a valid token", old.clone()).await?;
    harness.scalekit.keys().rotate();
    harness
        .accept("a token of the new key", harness.good().sign())
        .await?;
    harness.accept("a token of the old key", old).await?;
    match harness.scalekit.key_fetches() {
        2 => Ok(()),
        fetches => Err(format!(
            "a new key took {fetches} fetches in all, expected 2"
        )),
    }
}

pub(super) async fn drops_withdrawn_keys<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    const DAY: Duration = Duration::from_secs(86_400);
    let old = harness.good().lifetime(DAY).sign();
    harness.accept("a valid token", old.clone()).await?;
    harness.scalekit.keys().rotate();
    harness.scalekit.keys().withdraw_old();
    harness.clock.advance(Duration::from_secs(7200));
    harness
        .accept("a token of the new key", harness.good().sign())
        .await?;
    let what = "a token of a key that was withdrawn two hours ago";
    harness.refuse(what, old).await.map(drop)
}

pub(super) async fn follows_replaced_keys<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    harness.accept_control().await?;
    harness.clock.advance(Duration::from_secs(60));
    harness.scalekit.keys().replace_under_same_kid();
    let what = "a token of a key that replaced another under its kid";
    harness.accept(what, harness.good().sign()).await.map(drop)
}

/// Usable sets must be accepted; the others must make no token valid.
pub(super) async fn unusual_key_sets<P: AuthProvider>(
    control: &Harness<P>,
    provider: &impl AsyncFn(&MockScalekit) -> P,
    usable: bool,
) -> Result<(), String> {
    control.accept_control().await?;
    for set in UnusualKeySet::all()
        .iter()
        .filter(|set| set.is_usable() == usable)
    {
        let harness = Harness::start(provider).await?;
        harness.scalekit.keys().serve_instead(*set);
        let good = harness.good();
        let what = format!("with the key set {set}, a valid token");
        if usable {
            harness.accept(&what, good.sign()).await?;
        } else {
            match harness.without_keys().await {
                Verdict::Refused(_) => {}
                other => return Err(format!("{what} {}", other.described())),
            }
            let forged = harness.good().hs256_with_public_der().sign();
            let what = format!("with the key set {set}, a token by HS256 with the public key");
            harness.refuse(&what, forged).await?;
        }
    }
    Ok(())
}

pub(super) async fn fetches_once_for_many<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    let token = |number| harness.good().subject(format!("usr_{number}")).sign();
    let fetching = harness.fetching(|| (0..50).map(token).collect()).await?;
    let Fetching {
        before,
        gate,
        asked,
    } = fetching;
    // Leaves time for callers that would start another fetch.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    gate.release();
    for asked in asked {
        match asked.await {
            Ok(Verdict::Accepted(_)) => {}
            Ok(other) => return Err(format!("one of fifty valid tokens {}", other.described())),
            Err(_) => return Err("one of fifty valid tokens made the provider panic".to_owned()),
        }
    }
    match harness.scalekit.key_fetches() - before {
        // None: they have joined one that was made ahead.
        0 | 1 => Ok(()),
        fetches => Err(format!("fifty callers caused {fetches} fetches")),
    }
}

pub(super) async fn bounds_forced_fetches<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    harness.accept_control().await?;
    for _ in 0..200 {
        let token = harness.good().with(Defect::UnknownKid).sign();
        harness.refuse("a token of an unknown key", token).await?;
    }
    harness
        .accept(
            "a valid token after 200 of unknown keys",
            harness.good().sign(),
        )
        .await?;
    match harness.scalekit.key_fetches() {
        ..=4 => Ok(()),
        fetches => Err(format!(
            "200 tokens of unknown keys caused {} fetches",
            fetches - 1
        )),
    }
}

pub(super) async fn fetches_nothing_for_garbage<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    harness.accept_control().await?;
    let good = harness.good();
    for defect in [
        Defect::Expired,
        Defect::NotYetValid,
        Defect::WrongIssuer,
        Defect::WrongAudience,
        Defect::AlgNone,
        Defect::Truncated,
        Defect::ClaimsInArray,
    ] {
        harness
            .refuse(defect.name(), good.clone().with(defect).sign())
            .await?;
    }
    harness.refuse("garbage", "garbage".to_owned()).await?;
    match harness.scalekit.key_fetches() {
        1 => Ok(()),
        fetches => Err(format!(
            "tokens that no key can save caused {} fetches",
            fetches - 1
        )),
    }
}
