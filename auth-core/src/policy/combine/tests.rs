use super::*;
use crate::policy::{AuthenticationRequirement, RequireScopes, policy_fn};
use crate::token::VerifiedToken;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

fn scope(text: &str) -> Denied {
    Denied::Scope(Scopes::parse(text).unwrap())
}
fn claims(text: &'static str) -> Denied {
    Denied::Forbidden(text.into())
}
fn login() -> Denied {
    Denied::Authentication(AuthenticationRequirement::max_age(Duration::from_secs(5)))
}

fn fixed(result: Result<(), Denied>) -> Box<dyn Policy> {
    Box::new(policy_fn(move |_| result.clone()))
}

#[test]
fn the_reported_denial_depends_on_the_combinator() {
    type Decision = Result<(), Denied>;
    type Row = (&'static str, Vec<Decision>, Decision, Decision);
    let yes = || Ok(());
    let table: Vec<Row> = vec![
        ("one yes", vec![yes()], yes(), yes()),
        (
            "none",
            vec![],
            yes(),
            Err(claims("any_of has no alternatives")),
        ),
        (
            "yes and no",
            vec![yes(), Err(scope("a"))],
            Err(scope("a")),
            yes(),
        ),
        (
            "two scopes",
            vec![Err(scope("a")), Err(scope("b"))],
            Err(scope("a b")),
            Err(scope("a")),
        ),
        (
            "scope and claims",
            vec![Err(scope("a")), Err(claims("x"))],
            Err(claims("x")),
            Err(scope("a")),
        ),
        (
            "claims and scope",
            vec![Err(claims("x")), Err(scope("a"))],
            Err(claims("x")),
            Err(scope("a")),
        ),
        (
            "scope and login",
            vec![Err(scope("a")), Err(login())],
            Err(login()),
            Err(scope("a")),
        ),
        (
            "login and claims",
            vec![Err(login()), Err(claims("x"))],
            Err(claims("x")),
            Err(login()),
        ),
    ];
    let token = VerifiedToken::assertion("i", "s", SystemTime::UNIX_EPOCH);
    let request = PolicyRequest::new(&token, SystemTime::UNIX_EPOCH);
    for (name, decisions, all, any) in table {
        let policies = || decisions.iter().cloned().map(fixed);
        assert_eq!(all_of(policies()).check(&request), all, "all of: {name}");
        assert_eq!(any_of(policies()).check(&request), any, "any of: {name}");
    }
    for (earlier, later) in [("a", "b"), ("b", "a")] {
        let decisions = [claims(earlier), claims(later)].map(|denied| fixed(Err(denied)));
        assert_eq!(any_of(decisions).check(&request), Err(claims(earlier)));
    }
    assert!(not(fixed(Err(scope("a")))).check(&request).is_ok());
    assert!(matches!(
        not(fixed(yes())).check(&request),
        Err(Denied::Forbidden(_))
    ));
}
#[test]
fn combined_policies_require_the_scopes_of_their_parts() {
    let require = |text: &str| RequireScopes::or_nothing(Scopes::parse(text).unwrap());
    for (name, required, all, any) in [
        ("one", &["a"][..], "a", "a"),
        ("no policies", &[], "", ""),
        ("several", &["a b", "b c"], "a b c", "a b"),
        ("one that requires none", &["", "a", "b"], "a b", "a"),
    ] {
        let policies = || required.iter().map(|text| require(text));
        assert_eq!(all_of(policies()).scopes().to_string(), all, "{name}");
        assert_eq!(any_of(policies()).scopes().to_string(), any, "{name}");
        let boxed = policies().map(|policy| Box::new(policy) as Box<dyn Policy>);
        assert_eq!(all_of(boxed).scopes().to_string(), all, "{name}");
        let shared = policies().map(|policy| Arc::new(policy) as Arc<dyn Policy>);
        assert_eq!(all_of(shared).scopes().to_string(), all, "{name}");
    }
    // A scope that a caller must not have is no scope to request.
    assert!(not(require("a")).scopes().is_empty());
    assert!(fixed(Ok(())).scopes().is_empty());
}

#[test]
fn a_policy_behind_an_arc_decides_as_its_target() {
    let token = VerifiedToken::assertion("i", "s", SystemTime::UNIX_EPOCH);
    let request = PolicyRequest::new(&token, SystemTime::UNIX_EPOCH);
    for decision in [Ok(()), Err(scope("a"))] {
        let fixed = decision.clone();
        let shared: Arc<dyn Policy> = Arc::new(policy_fn(move |_| fixed.clone()));
        assert_eq!(shared.check(&request), decision);
    }
}

#[test]
fn debug_shows_the_policies() {
    let policy = || RequireScopes::new(["a"]).unwrap();
    let shown = format!("{:?}", policy());
    assert_eq!(
        format!("{:?}", all_of([policy()])),
        format!("AllOf([{shown}])")
    );
    assert_eq!(
        format!("{:?}", any_of([policy()])),
        format!("AnyOf([{shown}])")
    );
    assert_eq!(format!("{:?}", not(policy())), format!("Not({shown})"));
    let closure = format!("{:?}", policy_fn(|_| Ok(())));
    assert!(
        closure.starts_with("PolicyFn(\"auth_core::policy::"),
        "{closure}"
    );
}
