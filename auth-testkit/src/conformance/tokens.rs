//! Rules about the claims and signatures of tokens.

use std::time::Duration;

use auth_core::provider::{AuthProvider, BearerMethod};
use auth_core::support::Clock;
use auth_core::verifier::VerifyError;

use super::harness::Harness;
use super::verdict::{Refused, Verdict, shows};
use crate::{Defect, MockScalekit};

pub(super) async fn identifies_the_caller<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    let token = harness
        .good()
        .subject("usr_7")
        .client_id("m2m_7")
        .scopes(["notes:read", "notes:write"])
        .lifetime(Duration::from_secs(600));
    let verified = harness.accept("a valid token", token.sign()).await?;
    let expires = harness.clock.now() + Duration::from_secs(600);
    let scopes: Vec<_> = verified
        .scopes()
        .iter()
        .map(|scope| scope.as_str())
        .collect();
    let expected = [
        ("subject", verified.subject() == "usr_7"),
        (
            "issuer",
            verified.issuer() == harness.scalekit.environment_url(),
        ),
        ("client id", verified.client_id() == Some("m2m_7")),
        ("scopes", scopes == ["notes:read", "notes:write"]),
        ("expiry", verified.expires_at() == expires),
    ];
    match expected.iter().find(|(_, holds)| !holds) {
        Some((name, _)) => Err(format!("the {name} is not that of the token")),
        None => Ok(()),
    }
}

pub(super) async fn keeps_callers_apart<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    harness.accept_control().await?;
    let subjects: Vec<_> = (0..50).map(|number| format!("usr_{number}")).collect();
    let ask = |subject: &String| harness.ask(harness.good().subject(subject).sign());
    // Twice: what is cached must not be mixed up either.
    let asked: Vec<_> = subjects.iter().chain(&subjects).map(ask).collect();
    for (asked, subject) in asked.into_iter().zip(subjects.iter().chain(&subjects)) {
        match asked.await {
            Ok(Verdict::Accepted(token)) if token.subject() == subject => {}
            Ok(Verdict::Accepted(token)) => {
                return Err(format!("{subject} was taken for {}", token.subject()));
            }
            Ok(other) => return Err(format!("one of fifty valid tokens {}", other.described())),
            Err(_) => return Err("one of fifty valid tokens made the provider panic".to_owned()),
        }
    }
    Ok(())
}

pub(super) async fn leaves_scopes_to_the_layer<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    harness.accept_control().await?;
    let token = harness.good().without_scope_claims().sign();
    harness
        .accept("a token without scopes", token)
        .await
        .map(drop)
}

/// Verifies a token with each defect, and collects what `problem` returns for them.
async fn each_defect<P: AuthProvider>(
    harness: &Harness<P>,
    problem: impl Fn(Defect, &Verdict) -> Option<String>,
) -> Result<(), String> {
    let control = harness.good();
    // Keys that are fetched after the token was issued leave no doubt about a key they do not have.
    harness.clock.advance(Duration::from_secs(120));
    harness.accept("a valid token", control.sign()).await?;
    let mut problems = Vec::new();
    for defect in Defect::all() {
        let verdict = harness.verdict(control.clone().with(*defect).sign()).await;
        problems.extend(problem(*defect, &verdict));
        // It is not waited for with each of them.
        if matches!(verdict, Verdict::TooLate) {
            let rest = "the defects after that were not tried";
            return Err(format!("{defect} {}; {rest}", verdict.described()));
        }
    }
    harness
        .accept("a valid token after the invalid ones", control.sign())
        .await?;
    match problems.is_empty() {
        true => Ok(()),
        false => Err(problems.join(", ")),
    }
}

pub(super) async fn refuses_every_defect<P: AuthProvider>(
    harness: &Harness<P>,
    accepted: &[Defect],
) -> Result<(), String> {
    each_defect(harness, |defect, verdict| match verdict {
        Verdict::Accepted(_) if accepted.contains(&defect) => None,
        Verdict::Refused(_) if accepted.contains(&defect) => {
            Some(format!("{defect} is refused, so it needs no exception"))
        }
        Verdict::Refused(_) => None,
        other => Some(format!(
            "{defect} ({}) {}",
            defect.rule(),
            other.described()
        )),
    })
    .await
}

pub(super) async fn distinguishes_invalid_tokens_from_outages<P: AuthProvider>(
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
    harness.accept_control().await?;
    let other = MockScalekit::builder()
        .clock(harness.clock.clone())
        .start()
        .await;
    // Mocks that run beside these use up the few keys in turn.
    while other.keys().are_those_of(&harness.scalekit.keys()) {
        other.keys().rotate();
        other.keys().withdraw_old();
    }
    let token = other.token();
    harness
        .refuse("a token of another issuer", token.sign())
        .await?;
    let pretends = token.claim("iss", harness.scalekit.environment_url());
    harness
        .refuse(
            "a token of another issuer in this one's name",
            pretends.sign(),
        )
        .await?;
    let pretends = pretends.header("kid", harness.scalekit.keys().kid());
    let what = "a token of another issuer in the name of this one and its key";
    harness.refuse(what, pretends.sign()).await?;
    match other.key_fetches() {
        0 => Ok(()),
        _ => Err("a token made the provider fetch another issuer's keys".to_owned()),
    }
}

pub(super) async fn honours_expiry<P: AuthProvider>(harness: &Harness<P>) -> Result<(), String> {
    let token = harness.good().lifetime(Duration::from_secs(30)).sign();
    harness.accept("a valid token", token.clone()).await?;
    harness.clock.advance(Duration::from_secs(29));
    let what = "a token one second before it expires";
    harness.accept(what, token.clone()).await?;
    harness.clock.advance(Duration::from_secs(302));
    let what = "a token five minutes and a second after it has expired";
    harness.refuse(what, token).await.map(drop)
}

pub(super) async fn leaks_no_token<P: AuthProvider>(harness: &Harness<P>) -> Result<(), String> {
    let control = harness.good();
    let verified = harness.accept("a valid token", control.sign()).await?;
    let mut printed = format!("{verified:?}");
    let mut tokens = vec![control.sign()];
    for defect in Defect::all() {
        let token = control.clone().with(*defect).sign();
        if let Verdict::Refused(refused) = harness.verdict(token.clone()).await {
            printed += &refused.printed();
        }
        tokens.push(token);
    }
    printed += &format!("{:?}", harness.provider);
    match tokens.iter().any(|token| shows(&printed, token)) {
        true => Err("a part of a token shows in an error or in debug output".to_owned()),
        false => Ok(()),
    }
}

pub(super) fn describes_its_resource<P: AuthProvider>(harness: &Harness<P>) -> Result<(), String> {
    let metadata = harness.provider.metadata();
    let [environment, resource] = [
        harness.scalekit.environment_url(),
        harness.scalekit.issuer(),
    ];
    let names_issuer = |server: &String| server == environment || server == resource;
    if !metadata.authorization_servers.iter().any(names_issuer) {
        return Err("authorization_servers does not name the issuer".to_owned());
    }
    let mut methods = metadata.bearer_methods_supported.iter().flatten();
    if methods.any(|method| *method != BearerMethod::Header) {
        return Err("bearer_methods_supported has more than header".to_owned());
    }
    let offered = metadata.scopes_supported.iter();
    let mut scopes = offered.chain(harness.provider.required_scopes().iter());
    match scopes.any(|scope| scope.as_str() == "offline_access") {
        true => Err("offline_access is offered or required".to_owned()),
        false => Ok(()),
    }
}
