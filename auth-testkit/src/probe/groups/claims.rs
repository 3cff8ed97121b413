//! The claims of a JWT.

use url::Url;

use crate::Defect::{self, *};
use crate::probe::Group;
use crate::probe::Level::{self, Hardening, Must, Should};
use crate::probe::catalogue::{Probe, probes};
use crate::probe::outcome::{CheckResult, expect, failed};
use crate::probe::refusal::{bearer, expect_401};
use crate::probe::target::Target;

/// `AudienceIsOnlyTheUrl` is wrong for Scalekit alone.
const DEFECTS: &[(Level, Defect)] = &[
    (Must, Expired),
    (Must, NotYetValid),
    (Hardening, IssuedInTheFuture),
    (Must, WithoutExp),
    (Must, ExpAsString),
    (Must, ExpAsNull),
    (Must, ExpAsBool),
    (Must, ExpNegative),
    (Hardening, ExpBeyondRange),
    (Must, NbfAsString),
    (Hardening, IatAsString),
    (Must, WrongIssuer),
    (Must, IssuerWithSlash),
    (Must, IssuerWithSuffix),
    (Must, IssuerInOtherCase),
    (Must, IssuerOfAnotherResource),
    (Must, IssuerAsArray),
    (Must, EmptyIssuer),
    (Must, WithoutIssuer),
    (Must, WrongAudience),
    (Must, AudienceIsTheClient),
    (Must, AudienceWithSuffix),
    (Must, AudienceCutShort),
    (Must, AudienceInOtherCase),
    (Must, AudienceSpaceDelimited),
    (Must, AudienceInNestedArray),
    (Must, AudienceAsObject),
    (Must, AudienceAsNull),
    (Must, EmptyAudience),
    (Must, WithoutAudience),
    (Should, WithoutSubject),
    (Hardening, EmptySubject),
    (Should, SubjectAsNumber),
];

pub(super) fn probes() -> Vec<Probe> {
    let mut probes = Probe::refusals(Group::Claims, DEFECTS);
    probes.extend(probes! { Claims:
        "audience-looks-alike" Must "RFC 8707 section 2"
            "a URL that only looks like the server's is another audience" => looks_alike;
        "audience-among-others" Should "RFC 7519 section 4.1.3"
            "the server's audience counts among others" => among_others;
        "leeway" Hardening "RFC 7519 section 4.1.4"
            "a token that ended 90 seconds ago is refused" => leeway;
        "error-invalid-token" Should "RFC 6750 section 3.1"
            "the challenge for an invalid token says invalid_token" => invalid_token;
        "bad-token-discovery" Should "RFC 9728 section 5.1"
            "the challenge for an invalid token names the metadata" => leads_on;
        "id-token" Must "RFC 9068 section 4"
            "an ID token is no access token" => id_token;
        "refresh-token" Must "RFC 6749 section 1.5"
            "a refresh token is no access token" => refresh_token;
    });
    probes
}

async fn looks_alike(target: &Target<'_>) -> CheckResult {
    let url = &target.resource;
    let origin = target.origin();
    let user = format!("evil@{}", target.host());
    let mut cut = url.clone();
    cut.pop();
    for audience in [
        format!("{url}2"),
        format!("{url}.evil.example"),
        format!("{url}/sub"),
        format!("{}.evil.example{}", origin, target.url.path()),
        url.replacen(&target.host(), &user, 1),
        cut,
    ] {
        let token = target.jwt()?.claim("aud", audience.as_str()).sign();
        let what = format!("a token for {audience}");
        expect_401(&what, &target.try_token(&token).await?)?;
    }
    Ok(())
}

async fn among_others(target: &Target<'_>) -> CheckResult {
    let all = vec![
        "https://other.example/mcp",
        target.resource.as_str(),
        target.issuer.resource_id(),
    ];
    let token = target.jwt()?.claim("aud", all).sign();
    let answer = target.try_token(&token).await?;
    expect(answer.is_success(), || {
        format!("a token for others as well gets {}", answer.status)
    })
}

async fn leeway(target: &Target<'_>) -> CheckResult {
    let ended = ended(target, 90)?;
    expect_401("such a token", &target.try_token(&ended).await?)
}

/// A token that expired this number of seconds ago, and is valid otherwise.
pub(super) fn ended(target: &Target<'_>, seconds: u64) -> CheckResult<String> {
    use std::time::Duration;
    let token = target.jwt()?.lifetime(Duration::from_secs(600));
    let begun = target.issuer.clock().now() - Duration::from_secs(600 + seconds);
    Ok(token.issued_at(begun).sign())
}

async fn invalid_token(target: &Target<'_>) -> CheckResult {
    let mut tokens = vec![(Expired.name(), target.bad())];
    if let Ok(jwt) = target.jwt() {
        let of_jwts = [WrongAudience, CorruptSignature]
            .map(|defect| (defect.name(), jwt.clone().with(defect).sign()));
        tokens.extend(of_jwts);
    }
    for (what, token) in tokens {
        let challenge = bearer(&target.try_token(&token).await?)?;
        expect(
            challenge.parameter("error") == Some("invalid_token"),
            || format!("for {what} error is {:?}", challenge.parameter("error")),
        )?;
    }
    Ok(())
}

async fn leads_on(target: &Target<'_>) -> CheckResult {
    let token = target.bad();
    let challenge = bearer(&target.try_token(&token).await?)?;
    match challenge.parameter("resource_metadata").map(Url::parse) {
        Some(Ok(_)) => Ok(()),
        Some(Err(_)) => failed("resource_metadata is not an absolute URL"),
        None => failed("resource_metadata is missing"),
    }
}

async fn id_token(target: &Target<'_>) -> CheckResult {
    let (id_token, _) = super::login::tokens(target).await?;
    expect_401("an ID token", &target.try_token(&id_token).await?)
}

async fn refresh_token(target: &Target<'_>) -> CheckResult {
    let (_, refresh_token) = super::login::tokens(target).await?;
    expect_401("a refresh token", &target.try_token(&refresh_token).await?)
}
