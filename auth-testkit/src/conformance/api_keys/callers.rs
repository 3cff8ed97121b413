//! Rules about who the caller is, and what the key permits.

use std::time::Duration;

use auth_core::provider::AuthProvider;
use auth_core::support::Clock;
use auth_core::token::VerifiedToken;

use crate::KeyDefect;
use crate::conformance::harness::Harness;
use crate::conformance::setup::{self, CLIENT_SECRET, ORGANIZATION, SCOPES_CLAIM, USERS};
use crate::conformance::verdict::{Verdict, shows};

pub(super) async fn identifies_the_caller<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    let lifetime = Duration::from_secs(600);
    let draft = setup::key_of(7)
        .custom_claim(SCOPES_CLAIM, "notes:read notes:write")
        .expires_in(lifetime);
    let key = harness.create(draft);
    let verified = harness.accept("a valid key", key.expose().into()).await?;
    let now = harness.clock.now();
    let expires = verified.expires_at();
    let expected = [
        ("subject", verified.subject() == setup::sub(7)),
        (
            "issuer",
            verified.issuer() == harness.scalekit.environment_url(),
        ),
        (
            "organization",
            verified.organization() == Some(ORGANIZATION),
        ),
        ("id", verified.token_id() == Some(key.id())),
        ("scopes", scopes(&verified) == "notes:read notes:write"),
        // A verifier may ask again before that.
        ("expiry", now < expires && expires <= now + lifetime),
    ];
    if let Some((name, _)) = expected.iter().find(|(_, holds)| !holds) {
        return Err(format!("the {name} is not that of the key"));
    }
    let key = harness.key();
    let what = "a valid key without a user";
    let verified = harness.accept(what, key.expose().into()).await?;
    match verified.subject() == key.id() {
        true => Ok(()),
        false => Err("the subject of a key without a user is not the id of the key".to_owned()),
    }
}

/// The scopes, separated by spaces.
fn scopes(token: &VerifiedToken) -> String {
    token.scopes().to_string()
}

/// Few at once: a provider may bound its concurrent calls, and then refuses the rest for now.
const AT_ONCE: usize = 10;

pub(super) async fn keeps_callers_apart<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    let all: Vec<usize> = (0..USERS).collect();
    for numbers in all.chunks(AT_ONCE) {
        let keys = numbers.iter().map(|number| {
            let key = harness.create(setup::key_of(*number));
            (setup::sub(*number), key)
        });
        let keys: Vec<_> = keys.collect();
        // Twice: callers with the same key, and what is cached, must not be mixed up either.
        let asked = keys.iter().chain(&keys).map(|(subject, key)| {
            let asked = harness.ask(key.expose().to_owned());
            (subject, asked)
        });
        let asked: Vec<_> = asked.collect();
        for (subject, asked) in asked {
            match asked.await {
                Ok(Verdict::Accepted(token)) if token.subject() == subject => {}
                Ok(Verdict::Accepted(token)) => {
                    return Err(format!("{subject} was taken for {}", token.subject()));
                }
                Ok(other) => return Err(format!("one of ten valid keys {}", other.described())),
                Err(_) => return Err("one of ten valid keys made the provider panic".to_owned()),
            }
        }
    }
    Ok(())
}

pub(super) async fn leaves_scopes_to_the_layer<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    let with = setup::key_of(0).custom_claim(SCOPES_CLAIM, "notes:read");
    let with = harness.create(with);
    let what = "a valid key with a scope";
    harness.accept(what, with.expose().into()).await?;
    let what = "a key without scopes";
    let without = harness.create(setup::key_of(0));
    harness
        .accept(what, without.expose().into())
        .await
        .map(drop)
}

pub(super) async fn grants_mapped_scopes_alone<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    for (what, claim, value, expected) in [
        (
            "its claim has two scopes",
            SCOPES_CLAIM,
            "notes:read notes:write",
            "notes:read notes:write",
        ),
        (
            "its claim has one scope",
            SCOPES_CLAIM,
            "notes:read",
            "notes:read",
        ),
        ("another claim names a scope", "scope", "notes:read", ""),
        ("a claim names permissions", "permissions", "notes:read", ""),
        ("its claim has commas", SCOPES_CLAIM, "a,b", "a,b"),
    ] {
        let key = harness.create(setup::key_of(0).custom_claim(claim, value));
        let what = format!("a valid key of which {what}");
        let verified = harness.accept(&what, key.expose().into()).await?;
        let granted = scopes(&verified);
        if granted != expected {
            return Err(format!(
                "{what} has the scopes {granted:?}, expected {expected:?}"
            ));
        }
    }
    Ok(())
}

pub(super) async fn refuses_keys_for_others<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    harness.accept_control_key().await?;
    let key = harness.create(setup::key_for_others());
    let what = "a valid key of another organization";
    harness.refuse(what, key.expose().into()).await.map(drop)
}

pub(super) async fn leaks_no_key<P: AuthProvider>(harness: &Harness<P>) -> Result<(), String> {
    let control = harness.key();
    let verified = harness
        .accept("a valid key", control.expose().into())
        .await?;
    let mut printed = format!("{verified:?} {:?}", harness.provider);
    let mut keys = vec![control.expose().to_owned()];
    for defect in KeyDefect::all() {
        let key = harness.defective(*defect);
        if let Verdict::Refused(refused) = harness.verdict(key.clone()).await {
            printed += &refused.printed();
        }
        keys.push(key);
    }
    if keys.iter().any(|key| shows(&printed, key)) {
        return Err("a part of a key shows in an error or in debug output".to_owned());
    }
    match printed.contains(CLIENT_SECRET) {
        true => Err("the secret for the API shows in an error or in debug output".to_owned()),
        false => Ok(()),
    }
}
