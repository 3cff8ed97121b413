//! Tokens, and which rule they break.

use std::time::{Duration, SystemTime};

use auth_core::support::Clock;
use auth_core::token::BearerToken;
use auth_core::verifier::{TokenVerifier, VerifyError, VerifyRequest};
use auth_scalekit::diagnose::{DiagnoseOptions, PastedToken, Severity, diagnose};
use auth_testkit::{Defect, TestClock, TokenBuilder};

use crate::harness::{Harness, of, verdict};

use Severity::{Failure, Ok, Skipped, Warning};

type Change = fn(TokenBuilder) -> TokenBuilder;

#[tokio::test]
async fn what_is_reported_about_a_refused_token() {
    let harness = Harness::start().await;
    let control = harness.scalekit.token();
    let diagnosis = harness.explain(&control.clone().sign()).await;
    assert_eq!(verdict(&diagnosis, "token"), (Ok, None), "{diagnosis:#?}");
    assert_eq!(verdict(&diagnosis, "token-scopes"), (Ok, None));
    let (env, issuer, url) = (
        harness.scalekit.environment_url(),
        harness.scalekit.issuer(),
        &harness.mcp_url,
    );
    let rows: [(Change, &str, String, &str); 12] = [
        (
            TokenBuilder::audience_is_only_the_url,
            "wrong_audience",
            format!("aud holds only the URL {url}, and must hold res_1000000001"),
            "let the client log in at ",
        ),
        (
            |token| token.claim("aud", vec!["res_9000000009"]),
            "wrong_audience",
            "aud holds \"res_9000000009\", and must hold res_1000000001".into(),
            "set SCALEKIT_RESOURCE_ID to \"res_9000000009\" if that is the intended MCP server",
        ),
        (
            TokenBuilder::without_audience,
            "wrong_audience",
            "aud is missing, and must hold res_1000000001".into(),
            "let the client log in at ",
        ),
        (
            TokenBuilder::wrong_issuer,
            "wrong_issuer",
            format!("iss is \"https://other.example\"; accepted are {env} and {issuer}"),
            "set SCALEKIT_ENVIRONMENT_URL to the environment that issued the token",
        ),
        (
            TokenBuilder::issuer_of_another_resource,
            "wrong_issuer",
            format!("iss is \"{env}/resources/res_9000000009\"; accepted are {env} and {issuer}"),
            "set SCALEKIT_RESOURCE_ID to \"res_9000000009\" if",
        ),
        (
            TokenBuilder::expired,
            "expired",
            "it expired 60 min ago".into(),
            "let the client log in again or refresh; if the token is new, this machine's clock is fast",
        ),
        (
            TokenBuilder::corrupt_signature,
            "bad_signature",
            "the signature does not match the key that the token names".into(),
            "copy the whole token again; if it is whole, its key is of another environment",
        ),
        (
            TokenBuilder::alg_none,
            "wrong_algorithm",
            "alg is \"none\"; Scalekit signs with RS256".into(),
            "paste an access token of Scalekit",
        ),
        (
            |token| token.wrong_type("logout+jwt"),
            "wrong_type",
            "typ is \"logout+jwt\", which is not an access token".into(),
            "paste the access_token of the login",
        ),
        (
            TokenBuilder::five_parts,
            "not_compact",
            "it is an encrypted JWT, which only its issuer can read".into(),
            "paste the access_token of a login",
        ),
        (
            TokenBuilder::bound_to_a_key,
            "unchecked_proof",
            "cnf binds the token to a key of the client, which is not checked here".into(),
            "let the client request a plain bearer token",
        ),
        (
            TokenBuilder::without_subject,
            "missing_subject",
            "the token has no subject".into(),
            "paste a token that Scalekit issued for res_1000000001",
        ),
    ];
    for (change, reason, what, fix) in rows {
        let token = change(control.clone()).sign();
        let diagnosis = harness.explain(&token).await;
        let finding = of(&diagnosis, "token");
        assert_eq!((finding.severity, finding.code), (Failure, Some(reason)));
        assert_eq!(
            finding.what,
            format!("the token is refused ({reason}): {what}")
        );
        let suggested = finding.fix.as_deref().unwrap_or_default();
        assert!(suggested.starts_with(fix), "{reason}: {suggested}");
        assert_eq!(
            of(&diagnosis, "token-scopes").what,
            "not checked, since it depends on token"
        );
    }
}

#[tokio::test]
async fn a_key_of_another_environment() {
    let (harness, other) = (Harness::start().await, Harness::start().await);
    let claims = |token: TokenBuilder| token.claim("iss", harness.scalekit.environment_url());
    let diagnosis = harness
        .explain(&claims(other.scalekit.token()).sign())
        .await;
    let finding = of(&diagnosis, "token");
    assert_eq!(
        (finding.severity, finding.code),
        (Failure, Some("unknown_key"))
    );
    assert_eq!(
        finding.what,
        format!(
            "the token is refused (unknown_key): kid is {:?}; the keys of {} are {:?}",
            other.scalekit.keys().kid(),
            harness.scalekit.environment_url(),
            harness.scalekit.keys().kid(),
        )
    );
}

#[tokio::test]
async fn tokens_that_are_none() {
    let harness = Harness::start().await;
    for (token, code, what) in [
        ("", "not-a-token", "this is not a token: it is empty"),
        ("a b", "not-a-token", "this is not a token"),
        ("\u{1b}[2J", "not-a-token", "this is not a token"),
        (
            "AbCd0123",
            "not_compact",
            "the token is refused (not_compact): it is not a JWT but an opaque token, such as an API key",
        ),
        (
            "a.b",
            "not_compact",
            "the token is refused (not_compact): it is not a JWT, or a part of it is missing",
        ),
    ] {
        let diagnosis = harness.explain(token).await;
        let finding = of(&diagnosis, "token");
        assert_eq!((finding.severity, finding.code), (Failure, Some(code)));
        assert!(finding.what.starts_with(what), "{}", finding.what);
    }
    let good = harness.scalekit.token().sign();
    for copied in [
        format!("  {good}\n"),
        format!("Bearer {good}"),
        format!("bearer  {good}\r\n"),
        format!("BEARER\t{good}"),
        format!("Authorization: Bearer {good}"),
        format!("authorization:bearer {good}\n"),
    ] {
        assert_eq!(
            verdict(&harness.explain(&copied).await, "token"),
            (Ok, None)
        );
    }
    let none = harness.diagnose().await;
    assert_eq!(verdict(&none, "token"), (Skipped, Some("not-given")));
}

#[tokio::test]
async fn a_token_of_a_clock_that_is_wrong() {
    let harness = Harness::start().await;
    let clock = TestClock::new();
    let explain = async |token: TokenBuilder, clock: &TestClock| {
        let options = DiagnoseOptions::default().token(PastedToken::new(&token.sign()));
        diagnose(harness.settings().clock(clock.clone()), options, |_| ()).await
    };
    let control = harness.scalekit.token().issued_at(clock.now());
    let diagnosis = explain(control.clone(), &clock).await;
    assert_eq!(verdict(&diagnosis, "token"), (Ok, None), "the control");
    let now = clock.now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let ahead = now.as_secs() + 600;
    for (claim, reason, what) in [
        (
            "iat",
            "issued_in_the_future",
            "it was issued 10 min from now by this machine's clock (iat)",
        ),
        (
            "nbf",
            "not_yet_valid",
            "it begins to be valid 10 min from now by this machine's clock (nbf)",
        ),
    ] {
        let diagnosis = explain(control.clone().claim(claim, ahead), &clock).await;
        assert_eq!(
            of(&diagnosis, "token").what,
            format!("the token is refused ({reason}): {what}")
        );
    }
    clock.advance(Duration::from_secs(2 * 3600));
    let diagnosis = explain(control, &clock).await;
    assert_eq!(verdict(&diagnosis, "token"), (Failure, Some("expired")));
    assert_eq!(
        verdict(&diagnosis, "clock"),
        (Failure, Some("ahead")),
        "and why"
    );
}

#[tokio::test]
async fn a_good_token_that_lacks_a_scope() {
    let harness = Harness::start().await;
    let token = harness.scalekit.token().scopes(["other:scope"]).sign();
    let diagnosis = harness.explain(&token).await;
    assert_eq!(verdict(&diagnosis, "token"), (Ok, None));
    assert_eq!(
        verdict(&diagnosis, "token-scopes"),
        (Warning, Some("insufficient_scope"))
    );
    assert_eq!(
        of(&diagnosis, "token-scopes").what,
        "the token lacks the required \"notes:read\"; it has \"other:scope\""
    );
}

/// The reasons are those of the verifier that guards the server.
#[tokio::test]
async fn each_defect_is_refused_for_the_reason_of_the_verifier_and_no_token_is_shown() {
    let harness = Harness::start().await;
    let provider = harness.settings().build().unwrap();
    let now = SystemTime::now();
    let mut seen = Vec::new();
    for defect in Defect::all() {
        let token = harness.scalekit.token().with(*defect).sign();
        let refused = |reason| (Failure, Some(reason));
        let expected = match BearerToken::new(&token) {
            None => refused("not-a-token"),
            Some(token) => match provider.verify(VerifyRequest::new(token, now)).await {
                // It may try the only key for a token without kid.
                Result::Ok(_) => (Ok, None),
                Err(VerifyError::Invalid(invalid)) => refused(invalid.reason().as_str()),
                Err(VerifyError::Unavailable(_)) => refused("unknown_key"),
            },
        };
        // A diagnosis reads the certificates of the machine anew; one for each reason is enough.
        if seen.contains(&expected) {
            continue;
        }
        seen.push(expected);
        let diagnosis = harness.explain(&token).await;
        let json = serde_json::to_string(&diagnosis).unwrap();
        let shown = format!("{diagnosis:?}{json}");
        for part in token.split('.').filter(|part| part.len() > 8) {
            assert!(!shown.contains(part), "{defect} shows its token");
        }
        assert_eq!(verdict(&diagnosis, "token"), expected, "{defect}");
        assert_eq!(expected.0 == Ok, *defect == Defect::WithoutKid, "{defect}");
    }
    assert!(seen.len() > 15, "{seen:?}");
    let debug = format!("{:?}", PastedToken::new("marker"));
    assert_eq!(debug, "PastedToken(redacted)");
}
