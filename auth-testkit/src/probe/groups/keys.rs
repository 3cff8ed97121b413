//! The issuer's keys, as they change and fail to come.

use std::time::{Duration, Instant};

use super::together;
use crate::keys::UnusualKeySet;
use crate::probe::catalogue::{Probe, probes};
use crate::probe::http::HttpReply;
use crate::probe::outcome::{CheckResult, Problem, expect, failed, untestable};
use crate::probe::target::Target;
use crate::{Endpoint, Fault};

/// A handful of fetches is fine, one for each caller is not.
const FEW: usize = 10;

pub(super) fn probes() -> Vec<Probe> {
    probes! { Keys:
        "one-fetch-for-many" Hardening "CWE-400"
            "50 first callers at once lead to a few fetches of the keys" => one_for_many;
        "rotation" Should "OpenID Connect Core section 10.1.1"
            "a token of a new key is accepted" => rotation;
        "replaced-key" Hardening "RFC 7517 section 4.5"
            "a key that replaces another under the same kid is followed" => replaced;
        "outage-with-keys" Hardening "RFC 9111 section 4.2.4"
            "while the issuer is unreachable, valid tokens of cached keys are accepted" => outage_with_keys;
        "odd-keys-beside" Should "RFC 7517 section 5"
            "unusual keys do not affect the valid one" => unusual_beside;
        "no-keys-beside" Hardening "RFC 7517 section 5"
            "members of the key set that are no keys do not affect the valid one" => no_keys_beside;
        "odd-key-sets" Must "RFC 7517 section 4"
            "with key sets that hold no key for the token, every token is refused" => invalid_sets;
        "long-key-sets" Hardening "CWE-400"
            "key sets of ten megabytes or ten thousand keys are not read" => long_sets;
        "closed-without-keys" Must "RFC 7515 section 5.2"
            "without keys every token is refused" => closed;
        "outage-is-no-401" Hardening "RFC 6750 section 3.1"
            "a valid token in an outage gets 5xx, not called invalid" => outage_is_no_401;
        "recovers" Hardening "CWE-404"
            "after an outage valid tokens are accepted again" => recovers;
        "bounded-fetches" Hardening "CWE-400"
            "200 tokens of unknown keys lead to a few fetches of the keys" => bounded;
    }
}

fn fetches(target: &Target<'_>) -> usize {
    target.issuer.key_fetches()
}

async fn one_for_many(target: &Target<'_>) -> CheckResult {
    target.jwt()?;
    target.restart().await?;
    let before = fetches(target);
    let callers = (0..50).map(|_| async { target.control().await });
    for found in together(callers).await {
        found?;
    }
    let fetched = fetches(target) - before;
    expect(fetched <= FEW, || {
        format!("the keys were fetched {fetched} times")
    })
}

/// A valid token must be accepted within the patience of the suite.
async fn followed(target: &Target<'_>) -> CheckResult {
    let begun = Instant::now();
    match target.recovers().await {
        Ok(()) => Ok(()),
        Err(Problem::Failed(seen)) => failed(format!("{seen}, for {:.0?}", begun.elapsed())),
        Err(problem) => Err(problem),
    }
}

async fn rotation(target: &Target<'_>) -> CheckResult {
    target.jwt()?;
    target.issuer.keys().rotate();
    followed(target).await
}

async fn replaced(target: &Target<'_>) -> CheckResult {
    target.jwt()?;
    target.issuer.keys().replace_under_same_kid();
    let found = followed(target).await;
    if found.is_err() {
        // So that the next probe is about itself again.
        target.issuer.keys().rotate();
    }
    found
}

async fn outage_with_keys(target: &Target<'_>) -> CheckResult {
    target.jwt()?;
    if let Err(Problem::Failed(seen)) = followed(target).await {
        return untestable(format!("before the outage {seen}"));
    }
    let _outage = target.issuer.fail(Endpoint::Keys, Fault::Reset);
    for _ in 0..3 {
        target.control().await?;
    }
    Ok(())
}

async fn unusual_beside(target: &Target<'_>) -> CheckResult {
    target.jwt()?;
    let usable = UnusualKeySet::all().iter().filter(|set| set.is_usable());
    let_good_ones_in(target, usable.filter(|set| **set != UnusualKeySet::NotAKey)).await
}

async fn no_keys_beside(target: &Target<'_>) -> CheckResult {
    target.jwt()?;
    let_good_ones_in(target, [&UnusualKeySet::NotAKey]).await
}

async fn let_good_ones_in(
    target: &Target<'_>,
    sets: impl IntoIterator<Item = &UnusualKeySet>,
) -> CheckResult {
    for set in sets {
        target.issuer.keys().serve_instead(*set);
        let found = target.restart().await;
        let found = match found {
            Ok(()) => target.control().await,
            problem => problem,
        };
        target.issuer.keys().serve_normally();
        if let Err(Problem::Failed(seen)) = found {
            return failed(format!("with {set}: {seen}"));
        }
        found?;
    }
    target.restart().await
}

/// Key sets that contain the valid key.
const LONG: [UnusualKeySet; 2] = [UnusualKeySet::TooLong, UnusualKeySet::TooMany];

async fn invalid_sets(target: &Target<'_>) -> CheckResult {
    target.jwt()?;
    let invalid = UnusualKeySet::all().iter().filter(|set| !set.is_usable());
    let without_key = invalid.filter(|set| !LONG.contains(set));
    let_nobody_in(target, without_key).await
}

async fn long_sets(target: &Target<'_>) -> CheckResult {
    target.jwt()?;
    let_nobody_in(target, &LONG).await
}

async fn let_nobody_in(
    target: &Target<'_>,
    sets: impl IntoIterator<Item = &UnusualKeySet>,
) -> CheckResult {
    for set in sets {
        target.issuer.keys().serve_instead(*set);
        let found = closed_after_restart(target).await;
        target.issuer.keys().serve_normally();
        if let Err(Problem::Failed(seen)) = found {
            return failed(format!("with {set}: {seen}"));
        }
        found?;
    }
    target.restart().await
}

/// A server that starts now must refuse every token.
async fn closed_after_restart(target: &Target<'_>) -> CheckResult {
    target.restart().await?;
    match target.try_token(&target.good()).await {
        Ok(answer) => expect(!answer.is_success(), || {
            format!("a token gets {}", answer.status)
        }),
        // It did not start, or gave up.
        Err(_) => Ok(()),
    }
}

/// What goes wrong with the keys.
fn faults() -> [Fault; 5] {
    [
        Fault::Status(500),
        Fault::Reset,
        Fault::Body(b"<html>".to_vec()),
        Fault::Redirect("https://other.example/keys".to_owned()),
        Fault::Endless,
    ]
}

async fn closed(target: &Target<'_>) -> CheckResult {
    target.jwt()?;
    for fault in faults() {
        let what = format!("{fault:?}");
        let outage = target.issuer.fail(Endpoint::Keys, fault);
        let found = closed_after_restart(target).await;
        drop(outage);
        if let Err(Problem::Failed(seen)) = found {
            return failed(format!("while the keys end in {what}, {seen}"));
        }
        found?;
    }
    target.restart().await
}

/// Starts the server while its issuer is unreachable, and sends it a valid token.
async fn in_an_outage(target: &Target<'_>) -> CheckResult<HttpReply> {
    let outage = target.issuer.fail(Endpoint::Keys, Fault::Status(500));
    let found = match target.restart().await {
        Ok(()) => target.try_token(&target.good()).await,
        Err(problem) => Err(problem),
    };
    drop(outage);
    match found {
        Err(Problem::Failed(_)) => {
            target.restart().await?;
            untestable("the server does not start without keys")
        }
        found => found,
    }
}

async fn outage_is_no_401(target: &Target<'_>) -> CheckResult {
    target.jwt()?;
    let answer = in_an_outage(target).await?;
    target.restart().await?;
    expect(answer.status.is_server_error(), || {
        format!("a valid token gets {}", answer.status)
    })
}

async fn recovers(target: &Target<'_>) -> CheckResult {
    target.jwt()?;
    in_an_outage(target).await?;
    followed(target).await
}

async fn bounded(target: &Target<'_>) -> CheckResult {
    target.jwt()?;
    let begun = Instant::now();
    let before = fetches(target);
    for _ in 0..200 {
        let token = target.jwt()?.unknown_kid().sign();
        target.try_token(&token).await?;
        if begun.elapsed() > Duration::from_secs(60) {
            return failed("200 tokens took more than a minute");
        }
    }
    let fetched = fetches(target) - before;
    expect(fetched <= FEW, || {
        format!("the keys were fetched {fetched} times")
    })?;
    target.control().await
}
