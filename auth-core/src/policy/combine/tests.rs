use super::*;
use crate::policy::{AuthenticationRequirement, RequireScopes, policy_fn};
use crate::token::VerifiedToken;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

fn scope(text: &str) -> Denied {
    Denied::Scope(Scopes::parse(text).unwrap())
}
fn claims(text: &'static str) -> Denied {
    Denied::Claims(text.into())
}
fn login() -> Denied {
    Denied::Authentication(AuthenticationRequirement::max_age(Duration::from_secs(5)))
}

fn fixed(answer: Result<(), Denied>) -> Box<dyn Policy> {
    Box::new(policy_fn(move |_| answer.clone()))
}

#[test]
fn which_answer_stands() {
    type Answer = Result<(), Denied>;
    type Row = (&'static str, Vec<Answer>, Answer, Answer);
    let yes = || Ok(());
    let table: Vec<Row> = vec![
        ("one yes", vec![yes()], yes(), yes()),
        ("none", vec![], yes(), Err(claims("none of no policies"))),
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
    for (name, answers, all, any) in table {
        let policies = || answers.iter().cloned().map(fixed);
        assert_eq!(all_of(policies()).check(&request), all, "all of: {name}");
        assert_eq!(any_of(policies()).check(&request), any, "any of: {name}");
    }
    for (earlier, later) in [("a", "b"), ("b", "a")] {
        let answers = [claims(earlier), claims(later)].map(|denied| fixed(Err(denied)));
        assert_eq!(any_of(answers).check(&request), Err(claims(earlier)));
    }
    assert!(not(fixed(Err(scope("a")))).check(&request).is_ok());
    assert!(matches!(
        not(fixed(yes())).check(&request),
        Err(Denied::Claims(_))
    ));
}
#[test]
fn which_scopes_are_asked_for() {
    let asks = |text: &str| RequireScopes::or_nothing(Scopes::parse(text).unwrap());
    for (name, asked, all, any) in [
        ("one", &["a"][..], "a", "a"),
        ("no policies", &[], "", ""),
        ("several", &["a b", "b c"], "a b c", "a b"),
        ("one that asks for none", &["", "a", "b"], "a b", "a"),
    ] {
        let policies = || asked.iter().map(|text| asks(text));
        assert_eq!(all_of(policies()).scopes().to_string(), all, "{name}");
        assert_eq!(any_of(policies()).scopes().to_string(), any, "{name}");
        let boxed = policies().map(|policy| Box::new(policy) as Box<dyn Policy>);
        assert_eq!(all_of(boxed).scopes().to_string(), all, "{name}");
        let shared = policies().map(|policy| Arc::new(policy) as Arc<dyn Policy>);
        assert_eq!(all_of(shared).scopes().to_string(), all, "{name}");
    }
    // To have what must not be had is nothing to ask for.
    assert!(not(asks("a")).scopes().is_empty());
    assert!(fixed(Ok(())).scopes().is_empty());
}

#[test]
fn a_shared_policy_answers_as_itself() {
    let token = VerifiedToken::assertion("i", "s", SystemTime::UNIX_EPOCH);
    let request = PolicyRequest::new(&token, SystemTime::UNIX_EPOCH);
    for answer in [Ok(()), Err(scope("a"))] {
        let own = answer.clone();
        let shared: Arc<dyn Policy> = Arc::new(policy_fn(move |_| own.clone()));
        assert_eq!(shared.check(&request), answer);
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
