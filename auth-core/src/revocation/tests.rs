use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use serde_json::json;

use super::*;
use crate::support::{Clock, Numbers};
use crate::token::VerifiedToken;
use crate::verifier::InvalidReason;

const ISSUER: &str = "https://id.example.com";

/// Milliseconds since 1970.
#[derive(Debug, Clone, Default)]
struct Time(Arc<AtomicU64>);

impl Time {
    fn advance(&self, millis: u64) {
        self.0.fetch_add(millis, Ordering::Relaxed);
    }
}

impl Clock for Time {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

fn at(millis: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
}

/// A token with everything that a revocation can concern, issued in second 100.
fn token() -> VerifiedToken {
    let claims = json!({"roles": ["admin", "user"], "permissions": ["notes:delete"]});
    VerifiedToken::assertion(ISSUER, "usr_1", at(3_700_000))
        .with_issued_at(at(100_000))
        .with_token_id("tkn_1")
        .with_session_id("ses_1")
        .with_client_id("m2m_1")
        .with_organization("org_1")
        .with_claims(claims.as_object().unwrap().clone())
}

fn reason(store: &MemoryRevocations, token: &VerifiedToken) -> Option<InvalidReason> {
    match store.check(token) {
        Ok(()) => None,
        Err(VerifyError::Invalid(invalid)) => Some(invalid.reason()),
        Err(VerifyError::Unavailable(error)) => unreachable!("{error}"),
    }
}

fn targets() -> Vec<(RevocationTarget, RevocationTarget)> {
    use RevocationTarget as Target;
    vec![
        (Target::token("tkn_1"), Target::token("tkn_2")),
        (Target::session("ses_1"), Target::session("ses_2")),
        (Target::subject("usr_1"), Target::subject("usr_11")),
        (
            Target::member("usr_1", "org_1"),
            Target::member("usr_1", "org_2"),
        ),
        (
            Target::member("usr_1", "org_1"),
            Target::member("usr_1o", "rg_1"),
        ),
        (Target::organization("org_1"), Target::organization("usr_1")),
        (Target::client("m2m_1"), Target::client("m2m_")),
        (Target::role("user"), Target::role("notes:delete")),
        (
            Target::permission("notes:delete"),
            Target::permission("user"),
        ),
    ]
}

#[test]
fn a_revocation_concerns_the_tokens_that_it_names() {
    for (target, other) in targets() {
        let store = MemoryRevocations::with_clock(Time::default());
        assert_eq!(reason(&store, &token()), None, "the control");
        let later = at(200_000);
        store.add(&Revocation::new(ISSUER, other.clone(), later));
        assert_eq!(reason(&store, &token()), None, "{other:?}");
        store.add(&Revocation::new(
            "https://other.example.com",
            target.clone(),
            later,
        ));
        assert_eq!(reason(&store, &token()), None, "another issuer");
        store.add(&Revocation::new(ISSUER, target.clone(), later));
        let revoked = Some(InvalidReason::Revoked);
        assert_eq!(reason(&store, &token()), revoked, "{target:?}");
        // The issuer has another name.
        let elsewhere =
            VerifiedToken::assertion("https://id.example.com/resources/1", "usr_1", at(3_700_000))
                .with_canonical_issuer(ISSUER);
        let with_role = RevocationTarget::subject("usr_1");
        store.add(&Revocation::new(ISSUER, with_role, later));
        assert_eq!(reason(&store, &elsewhere), revoked, "{target:?}");
    }
}

#[test]
fn a_later_token_is_not_concerned_unless_it_is_named() {
    let revoked = Some(InvalidReason::Revoked);
    for (target, _) in targets() {
        let timeless = matches!(
            target,
            RevocationTarget::Token(_) | RevocationTarget::Session(_)
        );
        for (time, issued, expected) in [
            ("before", Some(99_000), revoked),
            ("in the second of the change", Some(100_000), revoked),
            ("in the next second", Some(101_000), None),
            ("at an unknown time", None, revoked),
        ] {
            let store = MemoryRevocations::with_clock(Time::default());
            store.add(&Revocation::new(ISSUER, target.clone(), at(100_500)));
            let token = match issued {
                Some(issued) => token().with_issued_at(at(issued)),
                None => VerifiedToken::assertion(ISSUER, "usr_1", at(3_700_000))
                    .with_token_id("tkn_1")
                    .with_session_id("ses_1")
                    .with_client_id("m2m_1")
                    .with_organization("org_1")
                    .with_claims(token().claims().clone()),
            };
            let expected = if timeless { revoked } else { expected };
            assert_eq!(reason(&store, &token), expected, "{target:?} {time}");
        }
        // A time of whole seconds may be cut off: it counts as the end of its second.
        for (time, expected) in [(99_000, revoked.filter(|_| timeless)), (100_000, revoked)] {
            let store = MemoryRevocations::with_clock(Time::default());
            store.add(&Revocation::new(ISSUER, target.clone(), at(time)));
            assert_eq!(reason(&store, &token()), expected, "{target:?}");
        }
    }
}

#[test]
fn the_later_time_of_two_changes_counts_in_any_order() {
    for times in [[100_500, 102_500], [102_500, 100_500]] {
        let store = MemoryRevocations::with_clock(Time::default());
        for time in times {
            let subject = RevocationTarget::subject("usr_1");
            store.add(&Revocation::new(ISSUER, subject, at(time)));
        }
        let issued = |second: u64| token().with_issued_at(at(second * 1000));
        assert_eq!(store.len(), 1);
        assert!(reason(&store, &issued(102)).is_some());
        assert!(reason(&store, &issued(103)).is_none());
    }
}

#[test]
fn a_revocation_is_kept_until_its_tokens_have_expired() {
    let time = Time::default();
    let store = MemoryRevocations::with_clock(time.clone())
        .with_max_token_lifetime(Duration::from_secs(3600));
    store.add(&Revocation::new(
        ISSUER,
        RevocationTarget::subject("usr_1"),
        at(500),
    ));
    // The lifetime, and the longest leeway.
    time.advance(500 + 3_900_000 - 1);
    store.forget_expired();
    assert_eq!(store.len(), 1);
    time.advance(1);
    store.forget_expired();
    assert!(store.is_empty());
    assert_eq!(
        format!("{store:?}"),
        "MemoryRevocations { len: 0, max_token_lifetime: 3600s, .. }"
    );
}

#[test]
fn a_token_that_outlives_revocations_is_refused() {
    let store = |seconds| {
        MemoryRevocations::with_clock(Time::default())
            .with_max_token_lifetime(Duration::from_secs(seconds))
    };
    assert_eq!(reason(&store(3600), &token()), None, "the control");
    let too_long = Some(InvalidReason::LifetimeTooLong);
    assert_eq!(reason(&store(3599), &token()), too_long);
}

#[test]
fn additions_forget_what_is_over() {
    let time = Time::default();
    let store = MemoryRevocations::with_clock(time.clone());
    for number in 0..5000 {
        let token = RevocationTarget::token(format!("tkn_{number}"));
        store.add(&Revocation::new(ISSUER, token, at(0)));
    }
    assert_eq!(store.len(), 5000);
    time.advance(2 * 24 * 3600 * 1000);
    for _ in 0..4096 {
        time.advance(250);
        store.add(&Revocation::new(
            ISSUER,
            RevocationTarget::token("new"),
            time.now(),
        ));
    }
    assert_eq!(store.to_vec().len(), 1);
    assert_eq!(store.len(), 1);
}

#[test]
fn those_wait_whom_it_concerns() {
    for (target, other) in targets() {
        let store = MemoryRevocations::with_clock(Time::default());
        let mut changed = store.changed(&token());
        if !matches!(
            other,
            RevocationTarget::Role(_) | RevocationTarget::Permission(_)
        ) {
            store.add(&Revocation::new(ISSUER, other, at(200_000)));
            assert!((&mut changed).now_or_never().is_none(), "the control");
        }
        store.add(&Revocation::new(
            "https://other.example.com",
            target.clone(),
            at(200_000),
        ));
        assert!((&mut changed).now_or_never().is_none(), "another issuer");
        store.add(&Revocation::new(ISSUER, target.clone(), at(200_000)));
        assert!(changed.now_or_never().is_some(), "{target:?}");
    }
}

#[tokio::test]
async fn a_token_is_revoked_by_its_id_or_with_its_subject() {
    let time = Time::default();
    time.advance(200_000);
    let store = MemoryRevocations::with_clock(time);
    let other = token().with_token_id("tkn_2");
    store.add_token(&token());
    assert!(store.check(&token()).is_err() && store.check(&other).is_ok());
    let without = VerifiedToken::assertion(ISSUER, "usr_1", at(3_700_000));
    store.add_token(&without.clone().with_organization("org_2"));
    assert!(store.check(&other).is_ok(), "another organization");
    store.add_token(&without.with_organization("org_1"));
    assert!(store.check(&other).is_err());
    store.revoke(&[]).await.unwrap();
    assert_eq!(store.len(), 3);
}

#[tokio::test]
async fn tokens_of_an_issuer_without_room_are_not_judged() {
    let store = MemoryRevocations::with_clock(Time::default());
    let change = |issuer: &str| {
        let subject = RevocationTarget::subject("usr_1");
        Revocation::new(issuer, subject, at(200_000))
    };
    let of = |issuer: &str, subject: &str| {
        VerifiedToken::assertion(issuer.to_owned(), subject, at(3_700_000))
    };
    for number in 0..65_535 {
        store.add(&change(&number.to_string()));
    }
    assert!(store.check(&of("other", "usr_2")).is_ok(), "the control");
    store.revoke(&[change("65535")]).await.unwrap();
    let refused = store.revoke(&[change("other"), change("7")]).await;
    assert_eq!(refused.unwrap_err().reason().as_str(), "revocations");
    for (issuer, subject, expected) in [
        ("7", "usr_1", "revoked"),
        ("7", "usr_2", "valid"),
        ("65535", "usr_2", "valid"),
        ("other", "usr_1", "unknown"),
        ("other", "usr_2", "unknown"),
    ] {
        let answer = match store.check(&of(issuer, subject)) {
            Ok(()) => "valid",
            Err(VerifyError::Invalid(_)) => "revoked",
            Err(VerifyError::Unavailable(_)) => "unknown",
        };
        assert_eq!(answer, expected, "{issuer} {subject}");
    }
}

/// Any interleaving of logins, revocations, replays, clock moves and forgetting, against a list.
#[test]
fn no_earlier_token_is_accepted_and_every_later_one_is() {
    use RevocationTarget as Target;
    const LIFETIME: u64 = 60_000;
    let (mut refused, mut accepted) = (0, 0);
    for seed in 1..=300 {
        let mut numbers = Numbers(seed);
        let time = Time::default();
        time.advance(1_000_000);
        let store = MemoryRevocations::with_clock(time.clone())
            .with_max_token_lifetime(Duration::from_millis(LIFETIME));
        // Each with the instant at which it was really issued.
        let mut tokens: Vec<(VerifiedToken, SystemTime)> = Vec::new();
        let mut changes: Vec<Revocation> = Vec::new();
        for step in 0..120 {
            match numbers.below(6) {
                0 | 1 => {
                    let now = time.now();
                    let whole = Duration::from_secs(time.monotonic().as_secs());
                    let issued = SystemTime::UNIX_EPOCH + whole;
                    let roles = json!({"roles": [numbers.pick(&["a", "b"])]});
                    let expires = issued + Duration::from_millis(LIFETIME);
                    let token =
                        VerifiedToken::assertion(ISSUER, numbers.pick(&["u", "v"]), expires)
                            .with_issued_at(issued)
                            .with_token_id(format!("{step}"))
                            .with_session_id(numbers.pick(&["1", "2", "3"]))
                            .with_organization(numbers.pick(&["o", "p"]))
                            .with_client_id(numbers.pick(&["c", "d"]))
                            .with_claims(roles.as_object().unwrap().clone());
                    tokens.push((token, now));
                }
                2 => {
                    let target = match numbers.below(7) {
                        0 => Target::token(format!("{}", numbers.below(step + 1))),
                        // Few, since no later token of a session is accepted.
                        1 if numbers.below(8) == 0 => {
                            Target::session(numbers.pick(&["1", "2", "3"]))
                        }
                        2 => Target::subject(numbers.pick(&["u", "v"])),
                        3 => Target::member(numbers.pick(&["u", "v"]), numbers.pick(&["o", "p"])),
                        4 => Target::organization(numbers.pick(&["o", "p"])),
                        5 => Target::client(numbers.pick(&["c", "d"])),
                        _ => Target::role(numbers.pick(&["a", "b"])),
                    };
                    let change = Revocation::new(ISSUER, target, time.now());
                    store.add(&change);
                    changes.push(change);
                }
                3 if !changes.is_empty() => {
                    store.add(&changes[numbers.below(changes.len())].clone());
                }
                4 => time.advance(numbers.pick(&[1, 300, 1000, 20_000])),
                _ => store.forget_expired(),
            }
            for (token, issued) in &tokens {
                if token.expires_at() + Duration::from_secs(300) <= time.now() {
                    continue;
                }
                let concerning = changes
                    .iter()
                    .filter(|change| concerns(change.target(), token));
                let timeless =
                    |target: &Target| matches!(target, Target::Token(_) | Target::Session(_));
                let before = concerning
                    .clone()
                    .any(|change| timeless(change.target()) || *issued < change.at());
                // A login in the second of the change, but after it, may have to be repeated.
                let same_second = concerning
                    .clone()
                    .any(|change| token.issued_at().unwrap() < change.at());
                let is_accepted = store.check(token).is_ok();
                match (before, same_second) {
                    (true, _) => assert!(!is_accepted, "seed {seed} step {step}: {token:?}"),
                    (false, false) => assert!(is_accepted, "seed {seed} step {step}: {token:?}"),
                    (false, true) => {}
                }
                *if is_accepted {
                    &mut accepted
                } else {
                    &mut refused
                } += 1;
            }
        }
        let kept: BTreeSet<_> = store.to_vec().into_iter().collect();
        assert_eq!(kept.len(), store.len(), "seed {seed}");
    }
    assert!(
        refused > 10_000 && accepted > 10_000,
        "{refused} {accepted}"
    );
}

fn concerns(target: &RevocationTarget, token: &VerifiedToken) -> bool {
    use RevocationTarget as Target;
    match target {
        Target::Token(id) => token.token_id() == Some(id),
        Target::Session(id) => token.session_id() == Some(id),
        Target::Subject(subject) => token.subject() == &**subject,
        Target::Member {
            subject,
            organization,
        } => token.subject() == &**subject && token.organization() == Some(organization),
        Target::Organization(id) => token.organization() == Some(id),
        Target::Client(id) => token.client_id() == Some(id),
        Target::Role(role) => token.roles().any(|own| own == &**role),
        Target::Permission(name) => token.permissions().any(|own| own == &**name),
    }
}
