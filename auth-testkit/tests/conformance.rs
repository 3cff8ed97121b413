//! The suite for providers ends whatever a provider does, and says what it did.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use auth_core::provider::{AuthProvider, ProtectedResourceMetadata, PublicUrl};
use auth_core::support::async_trait;
use auth_core::token::VerifiedToken;
use auth_core::verifier::{InvalidReason, TokenVerifier, Unavailable, VerifyError, VerifyRequest};
use auth_testkit::MockScalekit;
use auth_testkit::conformance::{Report, Rule, Suite};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

type Verified = Result<VerifiedToken, VerifyError>;
type Verifying = Pin<Box<dyn Future<Output = Verified> + Send>>;

/// A provider that never asks for keys: it believes what tokens say, and then does something else.
struct Believing {
    then: Box<dyn Fn(Believed) -> Verifying + Send + Sync>,
    metadata: ProtectedResourceMetadata,
}

/// A token that was read, and nothing more.
struct Believed {
    token: String,
    claims: Value,
}

impl Believed {
    fn text(&self, name: &str) -> &str {
        self.claims[name].as_str().unwrap_or_default()
    }

    fn verified(&self) -> VerifiedToken {
        let expires = self.claims["exp"].as_u64().unwrap_or_default();
        let expires = SystemTime::UNIX_EPOCH + Duration::from_secs(expires);
        VerifiedToken::assertion(self.text("iss"), self.text("sub"), expires)
    }
}

impl fmt::Debug for Believing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Believing")
    }
}

#[async_trait]
impl TokenVerifier for Believing {
    async fn verify(&self, request: VerifyRequest<'_>) -> Verified {
        let token = request.token().secret().to_owned();
        let claims = token.split('.').nth(1).unwrap_or_default();
        let claims = URL_SAFE_NO_PAD.decode(claims).unwrap_or_default();
        let claims = serde_json::from_slice(&claims).unwrap_or_default();
        (self.then)(Believed { token, claims }).await
    }
}

#[async_trait]
impl AuthProvider for Believing {
    fn metadata(&self) -> &ProtectedResourceMetadata {
        &self.metadata
    }
}

fn believing<F: Future<Output = Verified> + Send + 'static>(
    scalekit: &MockScalekit,
    then: impl Fn(Believed) -> F + Send + Sync + 'static,
) -> Believing {
    let resource = PublicUrl::parse("http://127.0.0.1:8000/mcp").unwrap();
    Believing {
        then: Box::new(move |token| Box::pin(then(token))),
        metadata: ProtectedResourceMetadata::new(resource, [scalekit.issuer()]),
    }
}

type Refusal = fn() -> VerifyError;

fn refused(reason: InvalidReason) -> VerifyError {
    reason.into()
}

fn unavailable() -> Unavailable {
    Unavailable::new(Duration::from_secs(1))
}

/// The first lines have the reason of the provider and what to change, and no rule is tried.
fn assert_control_refused(report: &Report, why: &str) {
    let text = report.refused_control().expect("the control is refused");
    assert!(text.contains(why), "{text}");
    let broken: Vec<_> = report.broken().collect();
    assert_eq!(broken.len(), Rule::all().len(), "it keeps no rule");
    assert!(broken.iter().all(|(_, seen)| *seen == text));
    assert_eq!(report.to_string(), format!("no rule was tried: {text}\n"));
}

#[tokio::test]
async fn a_provider_that_refuses_good_tokens_is_reported_with_its_reason() {
    let refusals: [(Refusal, &str); 5] = [
        (
            || refused(InvalidReason::WrongAudience),
            "a valid token was refused as invalid (wrong_audience, the token is not for this resource)",
        ),
        (
            || refused(InvalidReason::BadSignature),
            "refused as invalid (bad_signature, ",
        ),
        (
            || {
                let invalid = auth_core::verifier::InvalidToken::new(InvalidReason::Other);
                let cause = std::io::Error::other("tenant 7 is closed");
                VerifyError::Invalid(invalid.because(cause))
            },
            "(other, the token broke another rule: tenant 7 is closed)",
        ),
        (
            || unavailable().into(),
            "a valid token was met with unavailable (",
        ),
        (
            || {
                let cause = std::io::Error::other("connection refused");
                unavailable().because(cause).into()
            },
            ": connection refused)",
        ),
    ];
    for (refusal, why) in refusals {
        let report = Suite::new()
            .report(async |scalekit| believing(scalekit, move |_| async move { Err(refusal()) }))
            .await;
        assert_control_refused(&report, why);
        let text = report.refused_control().unwrap();
        assert!(!text.contains("issuer()"), "no guess: {text}");
    }
}

#[tokio::test]
#[should_panic(
    expected = "no rule for providers was tried: a valid token was refused as invalid (revoked, "
)]
async fn the_message_of_a_run_says_it_once() {
    let suite = Suite::new().expect_broken(Rule::HonoursExpiry);
    suite
        .run(async |scalekit| {
            believing(scalekit, |_| async { Err(refused(InvalidReason::Revoked)) })
        })
        .await;
}

#[tokio::test]
async fn a_reason_that_shows_the_token_is_not_repeated() {
    let report = Suite::new()
        .report(async |scalekit| {
            believing(scalekit, |token| async move {
                let cause = std::io::Error::other(token.token);
                Err(unavailable().because(cause).into())
            })
        })
        .await;
    assert_control_refused(&report, "unavailable (its reason shows the token)");
}

/// The issuer's two names are easily taken for each other.
#[tokio::test]
async fn a_provider_that_was_built_with_the_other_name_of_the_issuer_is_told_so() {
    let only = async |name: fn(&MockScalekit) -> &str| {
        let suite = Suite::new().only([Rule::LeavesScopesToTheLayer]);
        suite
            .report(async |scalekit| {
                let expected = name(scalekit).to_owned();
                believing(scalekit, move |token| {
                    let is_expected = token.text("iss") == expected;
                    async move {
                        match is_expected {
                            true => Ok(token.verified()),
                            false => Err(refused(InvalidReason::WrongIssuer)),
                        }
                    }
                })
            })
            .await
    };
    let control = only(MockScalekit::environment_url).await;
    assert_eq!(control.refused_control(), None);
    assert_eq!(control.broken().count(), 0, "{control}");
    let other = only(MockScalekit::issuer).await;
    let text = other.refused_control().unwrap();
    for said in [
        "refused as invalid (wrong_issuer, ",
        "it accepts tokens of issuer() (http://127.0.0.1:",
        "/resources/res_1000000001), and tokens name environment_url() (http://127.0.0.1:",
        "build the provider with environment_url(), or with both",
    ] {
        assert!(text.contains(said), "{text}");
    }
    // The same of every other name.
    for another in [
        MockScalekit::keys_url as fn(&MockScalekit) -> &str,
        MockScalekit::resource_id,
    ] {
        let report = only(another).await;
        let text = report.refused_control().unwrap();
        assert!(text.contains("wrong_issuer"), "{text}");
        assert!(!text.contains("environment_url()"), "{text}");
    }
}

/// Rules that wait for a fetch do not wait for ever.
#[tokio::test]
async fn a_provider_that_never_asks_for_keys_is_reported() {
    let rules = [Rule::FetchesOnceForMany, Rule::SurvivesCancelledCallers];
    let kept = Rule::LeavesScopesToTheLayer;
    let suite = Suite::new().only([rules[0], rules[1], kept]);
    let report = suite
        .report(async |scalekit| believing(scalekit, |token| async move { Ok(token.verified()) }))
        .await;
    assert_eq!(report.refused_control(), None);
    let broken: Vec<_> = report.broken().collect();
    let why = "a valid token was accepted, and the provider has not asked for keys";
    assert_eq!(broken, [(rules[0], why), (rules[1], why)]);
}

/// Valid tokens are accepted until the rule begins, and then they are not.
#[tokio::test]
async fn a_provider_that_refuses_in_the_middle_of_a_rule_is_reported_with_its_reason() {
    for rule in [Rule::FetchesOnceForMany, Rule::SurvivesCancelledCallers] {
        let built = std::sync::atomic::AtomicUsize::new(0);
        let report = Suite::new()
            .only([rule])
            .report(async |scalekit| {
                // The first is that of the control.
                let is_first = built.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
                believing(scalekit, move |token| async move {
                    match is_first {
                        true => Ok(token.verified()),
                        false => Err(refused(InvalidReason::UnknownKey)),
                    }
                })
            })
            .await;
        let broken: Vec<_> = report.broken().collect();
        let why = "a valid token was refused as invalid (unknown_key, the token's key is not one of \
                   the issuer's), and the provider has not asked for keys";
        assert_eq!(broken, [(rule, why)]);
    }
}

// Time is paused from here on: it advances by itself when there is nothing else to wait for.

#[tokio::test(start_paused = true)]
async fn a_provider_that_never_answers_is_reported() {
    let report = Suite::new()
        .report(async |scalekit| believing(scalekit, |_| std::future::pending()))
        .await;
    assert_control_refused(&report, "a valid token took more than ten seconds");
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_never_built_is_reported() {
    let report = Suite::new()
        .report(async |_| std::future::pending::<Believing>().await)
        .await;
    let why = "building the provider took more than ten seconds";
    assert_control_refused(&report, why);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_panics_is_reported() {
    let report = Suite::new()
        .report(async |scalekit| believing(scalekit, |_| async { panic!("this was not foreseen") }))
        .await;
    assert_control_refused(&report, "a valid token made the provider panic");
}

/// The control and the first answers are good; then there are no more answers.
#[tokio::test(start_paused = true)]
async fn a_provider_that_stops_answering_is_reported_by_every_rule() {
    let built = std::sync::atomic::AtomicUsize::new(0);
    let begun = tokio::time::Instant::now();
    let report = Suite::new()
        .report(async |scalekit| {
            let is_first = built.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
            believing(scalekit, move |token| async move {
                match is_first {
                    true => Ok(token.verified()),
                    false => std::future::pending().await,
                }
            })
        })
        .await;
    assert_eq!(report.refused_control(), None);
    let broken: Vec<_> = report.broken().map(|(rule, _)| rule).collect();
    let without_tokens = Rule::DescribesItsResource;
    let not_tried: Vec<_> = report.not_applicable().map(|(rule, _)| rule).collect();
    let all = Rule::all().iter().copied();
    let tried = all.filter(|rule| !not_tried.contains(rule));
    let expected: Vec<_> = tried.filter(|rule| *rule != without_tokens).collect();
    assert_eq!(broken, expected, "{report}");
    for (rule, seen) in report.broken() {
        assert!(
            seen.contains("took more than ten seconds"),
            "{rule}: {seen}"
        );
    }
    let most = Duration::from_secs(30 * u64::try_from(expected.len()).unwrap());
    assert!(begun.elapsed() < most, "{:?}", begun.elapsed());
}

/// Each answer comes in time, and all of them together do not.
#[tokio::test(start_paused = true)]
async fn a_rule_is_bounded_in_all() {
    let begun = tokio::time::Instant::now();
    let suite = Suite::new().only([Rule::RefusesEveryDefect]);
    let report = suite
        .report(async |scalekit| {
            let now = scalekit.clock();
            let begun = now.now();
            believing(scalekit, move |token| {
                let is_good = now.now() == begun;
                async move {
                    if !is_good {
                        tokio::time::sleep(Duration::from_secs(9)).await;
                    }
                    Ok(token.verified())
                }
            })
        })
        .await;
    let broken: Vec<_> = report.broken().collect();
    let why = "it was not done after 120 seconds";
    assert_eq!(broken, [(Rule::RefusesEveryDefect, why)]);
    assert!(
        begun.elapsed() < Duration::from_secs(150),
        "{:?}",
        begun.elapsed()
    );
}

/// A report in which nothing was tried is no success.
#[tokio::test]
#[should_panic(expected = "none of them applies: choose others, or the other suite")]
async fn rules_that_do_not_apply_prove_nothing() {
    let provider = async |scalekit: &MockScalekit| {
        believing(scalekit, |believed| async move { Ok(believed.verified()) })
    };
    Suite::new().only([Rule::RefusesKeyIds]).run(provider).await;
}
