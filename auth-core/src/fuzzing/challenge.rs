//! ChallengeWriter in `WWW-Authenticate`.

use std::time::Duration;

use http::header::WWW_AUTHENTICATE;

use super::challenge_reader::{assert_challenge, check_body, read_challenge};
use super::scopes::parse_scopes;
use super::urls::{check_url, metadata_url};
use crate::error::Excerpt;
use crate::policy::AuthenticationRequirement;
use crate::provider::PublicUrl;
use crate::token::{MalformedCredentials, Scopes};
use crate::verifier::{InvalidReason, Unavailable};
use crate::wire::{ChallengeWriter, Refusal};

/// A challenge with any values that validation accepts. The lines of the input are a URL, the scopes of
/// all requests, the scopes of this one, two lists of authentication context classes, and an age in
/// seconds.
pub fn challenge(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let url = PublicUrl::parse(line())
        .unwrap_or_else(|_| PublicUrl::parse("https://mcp.example.com/mcp").unwrap());
    check_url(&url);
    let (base, wanted) = (parse_scopes(line()), parse_scopes(line()));
    let (one, other) = (acr(line()), acr(line()));
    let age = line().parse::<u64>().ok();

    let challenges = ChallengeWriter::new(&metadata_url(&url), base.clone());
    let start = || vec![("resource_metadata", metadata_url(&url))];
    let and_scope = |mut parameters: Vec<(&'static str, String)>, scopes: &[&Scopes]| {
        let mut names: Vec<&str> = Vec::new();
        for name in scopes.iter().flat_map(|scopes| scopes.iter()) {
            if !names.contains(&name.as_str()) {
                names.push(name.as_str());
            }
        }
        if !names.is_empty() {
            parameters.push(("scope", names.join(" ")));
        }
        parameters
    };
    let and = |mut parameters: Vec<(&'static str, String)>, name, value: &str| {
        parameters.push((name, value.to_owned()));
        parameters
    };
    let with_error = |scopes: &[&Scopes], error: &str, description: &str| {
        let parameters = and(and_scope(start(), scopes), "error", error);
        and(parameters, "error_description", description)
    };

    assert_challenge(
        &challenges.response(Refusal::NoCredentials, Scopes::NONE),
        401,
        &and_scope(start(), &[&base]),
    );
    assert_challenge(
        &challenges.response(MalformedCredentials::Character.into(), Scopes::NONE),
        400,
        &with_error(
            &[&base],
            "invalid_request",
            "The Authorization header is malformed",
        ),
    );
    assert_challenge(
        &challenges.response(
            Refusal::InvalidToken(InvalidReason::Expired.into()),
            Scopes::NONE,
        ),
        401,
        &with_error(
            &[&base],
            "invalid_token",
            "The access token is invalid or expired",
        ),
    );
    assert_challenge(
        &challenges.response(Refusal::InsufficientScope(wanted.clone()), Scopes::NONE),
        403,
        &with_error(
            &[&base, &wanted],
            "insufficient_scope",
            "The request needs a broader access token",
        ),
    );
    for refusal in [
        Refusal::OriginNotAllowed(Excerpt::new(text.as_bytes(), 128)),
        Refusal::PolicyDenied(text.clone().into_owned()),
        Refusal::Unavailable(Unavailable::new(Duration::from_secs(age.unwrap_or(0)))),
    ] {
        let response = challenges.response(refusal, Scopes::NONE);
        assert!(!response.headers().contains_key(WWW_AUTHENTICATE));
        check_body(&response);
    }
    login_challenge(
        &challenges,
        &and_scope(start(), &[&base]),
        &one,
        &other,
        age,
    );
}

/// The challenge that requires a new login, the only one with `max_age` and `acr_values`.
fn login_challenge(
    challenges: &ChallengeWriter,
    start: &[(&'static str, String)],
    one: &[String],
    other: &[String],
    age: Option<u64>,
) {
    let mut requirement = AuthenticationRequirement::default();
    for set in [one, other] {
        if let Ok(acr) = AuthenticationRequirement::acr(set) {
            requirement = requirement.and(&acr);
        }
    }
    if let Some(age) = age {
        requirement = requirement.and(&AuthenticationRequirement::max_age(Duration::from_secs(
            age,
        )));
    }
    let response = challenges.response(
        Refusal::InsufficientUserAuthentication(requirement),
        Scopes::NONE,
    );
    let status = response.status();
    assert_eq!(status, 401);
    check_body(&response);
    let parameters = read_challenge(&response).expect("a well-formed challenge");
    let mut rest = parameters.as_slice();
    let mut next = |name: &str| match rest {
        [(found, value), tail @ ..] if found == name => {
            rest = tail;
            Some(value.clone())
        }
        _ => None,
    };
    for (name, value) in start {
        assert_eq!(next(name).as_ref(), Some(value), "{parameters:?}");
    }
    let error = next("error");
    assert_eq!(error.as_deref(), Some("insufficient_user_authentication"));
    assert_eq!(next("max_age"), age.map(|age| age.to_string()));
    assert_eq!(next("acr_values"), expected_acr(one, other));
    assert!(next("error_description").is_some());
    assert!(rest.is_empty(), "{rest:?} follows in {parameters:?}");
}

/// The classes that are in both lists, or else those of either, in order and without duplicates.
fn expected_acr(one: &[String], other: &[String]) -> Option<String> {
    let mut all: Vec<&str> = Vec::new();
    for value in one.iter().chain(other) {
        if !all.contains(&value.as_str()) {
            all.push(value);
        }
    }
    let has = |set: &[String], value: &str| set.is_empty() || set.iter().any(|item| item == value);
    let common: Vec<&str> = all
        .iter()
        .copied()
        .filter(|value| has(one, value) && has(other, value))
        .collect();
    let values = if common.is_empty() { all } else { common };
    (!values.is_empty()).then(|| values.join(" "))
}

/// The members of a list that are valid authentication context classes.
fn acr(text: &str) -> Vec<String> {
    let members = text.split(' ').map(str::to_owned);
    members
        .filter(|member| AuthenticationRequirement::acr([member.as_str()]).is_ok())
        .collect()
}
