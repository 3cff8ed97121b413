//! API keys, and the API that validates them. They run last: a server may bound how often it asks about new keys.

use std::time::{Duration, Instant};

use super::together;
use crate::KeyDefect::{self, *};
use crate::probe::Group;
use crate::probe::Level::{self, Hardening, Must};
use crate::probe::catalogue::{Probe, probes};
use crate::probe::credentials::SUBJECT;
use crate::probe::http::HttpReply;
use crate::probe::outcome::{CheckResult, Problem, expect, failed};
use crate::probe::refusal::expect_401;
use crate::probe::target::Target;
use crate::{ApiKey, Endpoint, Fault};

const DEFECTS: &[(Level, KeyDefect)] = &[
    (Must, Unknown),
    (Must, Expired),
    (Must, Invalidated),
    (Must, CutShort),
    (Must, WithSuffix),
    (Must, InOtherCase),
    (Must, SuffixAlone),
    (Hardening, Padded),
    (Hardening, Quoted),
    (Must, AsPartOfAJwt),
    (Hardening, TooLong),
    (Hardening, OtherBytes),
    (Hardening, JsonInjected),
];

/// A server may use an answer about a key for this long.
const REUSE: Duration = Duration::from_secs(65);

/// A handful of calls is fine, one for each caller is not.
const FEW: usize = 10;

/// Keys that an attacker has invented.
const INVENTED: usize = 500;

pub(super) fn probes() -> Vec<Probe> {
    let mut probes = Probe::key_refusals(Group::ApiKeys, DEFECTS);
    probes.extend(probes! { ApiKeys:
        "key-id" Must "Scalekit, API keys"
            "the id of a key, which lists and logs show, is refused in place of the key" => key_id;
        "key-of-another-organization" Hardening "RFC 8707 section 2"
            "a valid key of an organization that the server is not for is refused" => for_others;
        "invalidated-key-ends" Must "RFC 7009 section 2"
            "a key that was used is refused a minute after it was invalidated" => invalidated_ends;
        "one-call-for-many" Hardening "CWE-400"
            "50 callers with the same new key lead to a few calls of the API" => one_for_many;
        "key-outage-is-no-401" Hardening "RFC 6750 section 3.1"
            "a valid key in an outage of the API gets 5xx, and no challenge" => outage_is_no_401;
        "refused-credentials-are-no-401" Hardening "RFC 6750 section 3.1"
            "when the API refuses the server's own credentials, a valid key gets 5xx, and no challenge" => refused_is_no_401;
        "recovers-for-keys" Hardening "CWE-404"
            "after an outage of the API valid keys are accepted again" => recovers;
        "bounded-calls" Hardening "CWE-400"
            "500 unknown keys lead to half as many calls at most, and a known key is accepted" => bounded;
    });
    probes
}

/// A valid key that was never used.
fn new_key(target: &Target<'_>) -> CheckResult<ApiKey> {
    let holder = target.holder(SUBJECT, target.all_scopes());
    let draft = target.api_keys()?.draft(target.issuer, &holder);
    Ok(target.issuer.admin().create_api_key(draft))
}

fn calls(target: &Target<'_>) -> usize {
    target.issuer.requests(Endpoint::ValidateApiKey).len()
}

async fn key_id(target: &Target<'_>) -> CheckResult {
    let key = new_key(target)?;
    for id in [key.id().to_owned(), key.id().to_uppercase()] {
        expect_401("the id of a valid key", &target.try_token(&id).await?)?;
    }
    Ok(())
}

async fn for_others(target: &Target<'_>) -> CheckResult {
    let draft = target.api_keys()?.draft_for_others(&target.all_scopes());
    let key = target.issuer.admin().create_api_key(draft);
    expect_401("such a key", &target.try_token(key.expose()).await?)
}

async fn invalidated_ends(target: &Target<'_>) -> CheckResult {
    let key = new_key(target)?;
    let answer = target.try_token(key.expose()).await?;
    expect(answer.is_success(), || {
        format!("before that it gets {}", answer.status)
    })?;
    target.issuer.admin().invalidate_api_key(key.id());
    let begun = Instant::now();
    while begun.elapsed() < REUSE {
        if target.try_token(key.expose()).await?.status == 401 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    failed("a key that was invalidated a minute ago is accepted")
}

async fn one_for_many(target: &Target<'_>) -> CheckResult {
    let key = new_key(target)?;
    let before = calls(target);
    let callers = (0..50).map(|_| async {
        let answer = target.try_token(key.expose()).await?;
        expect(answer.is_success(), || {
            format!("one of 50 callers gets {}", answer.status)
        })
    });
    for found in together(callers).await {
        found?;
    }
    let calls = calls(target) - before;
    expect(calls <= FEW, || format!("the API was called {calls} times"))
}

/// What a server answers that cannot find out whether a key is valid.
fn expect_unavailable(answer: &HttpReply) -> CheckResult {
    expect(answer.status.is_server_error(), || {
        format!("a valid key gets {}", answer.status)
    })?;
    expect(answer.value("www-authenticate").is_none(), || {
        format!("{} with a challenge", answer.status)
    })
}

/// The answer to a valid key while the API has this fault.
async fn with_fault(target: &Target<'_>, fault: Fault) -> CheckResult<HttpReply> {
    let key = new_key(target)?;
    let _fault = target.issuer.fail(Endpoint::ValidateApiKey, fault);
    target.try_token(key.expose()).await
}

async fn outage_is_no_401(target: &Target<'_>) -> CheckResult {
    for fault in [
        Fault::Status(500),
        Fault::Reset,
        Fault::Body(b"<html>".to_vec()),
    ] {
        expect_unavailable(&with_fault(target, fault).await?)?;
        accepted_again(target).await?;
    }
    Ok(())
}

async fn refused_is_no_401(target: &Target<'_>) -> CheckResult {
    for status in [401, 403] {
        let answer = with_fault(target, Fault::Status(status)).await?;
        expect_unavailable(&answer)?;
        accepted_again(target).await?;
    }
    Ok(())
}

async fn recovers(target: &Target<'_>) -> CheckResult {
    with_fault(target, Fault::Status(503)).await?;
    accepted_again(target).await
}

/// A new key must be accepted within the patience of the suite.
async fn accepted_again(target: &Target<'_>) -> CheckResult {
    let begun = Instant::now();
    let key = new_key(target)?;
    loop {
        let status = target.try_token(key.expose()).await?.status;
        if status.is_success() {
            return Ok(());
        }
        if begun.elapsed() > target.patience {
            let seconds = begun.elapsed();
            return failed(format!(
                "after it a valid key gets {status}, for {seconds:.0?}"
            ));
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn bounded(target: &Target<'_>) -> CheckResult {
    target.api_keys()?;
    let known = target.good();
    let answer = target.try_token(&known).await?;
    if !answer.is_success() {
        return Err(Problem::Failed(format!(
            "a valid key gets {}",
            answer.status
        )));
    }
    let begun = Instant::now();
    let before = calls(target);
    for number in 0..INVENTED {
        target.try_token(&format!("{number:050}")).await?;
        if begun.elapsed() > Duration::from_secs(60) {
            return failed("500 unknown keys took more than a minute");
        }
    }
    let calls = calls(target) - before;
    expect(calls <= INVENTED / 2, || {
        format!("the API was called {calls} times")
    })?;
    let answer = target.try_token(&known).await?;
    expect(answer.is_success(), || {
        format!("after that a known key gets {}", answer.status)
    })
}
