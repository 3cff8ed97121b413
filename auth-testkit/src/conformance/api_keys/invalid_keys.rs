//! Rules about strings that are no valid key.

use auth_core::provider::AuthProvider;
use auth_core::verifier::VerifyError;

use crate::conformance::harness::Harness;
use crate::conformance::setup;
use crate::conformance::verdict::{Refused, Verdict};
use crate::{Endpoint, KeyDefect, MockScalekit};

/// Verifies a string with each defect, and collects what `problem` returns for them.
async fn each_defect<P: AuthProvider>(
    harness: &Harness<P>,
    problem: impl Fn(KeyDefect, &Verdict) -> Option<String>,
) -> Result<(), String> {
    harness.accept_control_key().await?;
    let mut problems = Vec::new();
    for defect in KeyDefect::all() {
        let key = harness.defective(*defect);
        let verdict = harness.verdict(key).await;
        problems.extend(problem(*defect, &verdict));
        if matches!(verdict, Verdict::TooLate) {
            let rest = "the defects after that were not tried";
            return Err(format!("{defect} {}; {rest}", verdict.described()));
        }
    }
    let what = "a valid key after the invalid ones";
    harness.accept(what, harness.key().expose().into()).await?;
    match problems.is_empty() {
        true => Ok(()),
        false => Err(problems.join(", ")),
    }
}

pub(super) async fn refuses_every_defect<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    each_defect(harness, |defect, verdict| match verdict {
        Verdict::Refused(_) => None,
        other => Some(format!("{defect} {}", other.described())),
    })
    .await
}

pub(super) async fn distinguishes_invalid_keys_from_outages<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    each_defect(harness, |defect, verdict| match verdict {
        Verdict::Refused(Refused {
            error: VerifyError::Unavailable(_),
            ..
        }) => Some(format!("{defect} {}", verdict.described())),
        _ => None,
    })
    .await
}

pub(super) async fn refuses_other_issuers<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    harness.accept_control_key().await?;
    let other = setup::issuer(&harness.clock).await;
    let key = other.admin().create_api_key(setup::key());
    let what = "a valid key of another environment";
    harness.refuse(what, key.expose().into()).await?;
    is_not_asked(&other)
}

/// That no key was sent to this issuer.
pub(super) fn is_not_asked(other: &MockScalekit) -> Result<(), String> {
    let calls = other.requests(Endpoint::ValidateApiKey).len();
    let tokens = other.requests(Endpoint::EnvironmentToken).len();
    match calls + tokens {
        0 => Ok(()),
        _ => Err("another environment was asked".to_owned()),
    }
}

/// The API takes the id of a key for the key, in whatever case the scheme before it is.
pub(super) async fn refuses_key_ids<P: AuthProvider>(harness: &Harness<P>) -> Result<(), String> {
    harness.accept_control_key().await?;
    let before = harness.calls();
    let key = harness.create(setup::key_of(0));
    harness
        .refuse("the id of a valid key", key.id().into())
        .await?;
    let upper = key.id().to_uppercase();
    harness.refuse("the id in upper case", upper).await?;
    match harness.calls() - before {
        0 => Ok(()),
        calls => Err(format!("the id of a key caused {calls} calls of the API")),
    }
}
