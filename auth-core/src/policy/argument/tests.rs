use std::cmp::Ordering;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::compare::{compare, equal};
use super::*;
use crate::policy::{Denied, Policy, PolicyRequest, not};
use crate::support::json::{self, LazyObject, Rules};
use crate::token::VerifiedToken;

fn parsed(text: &str) -> Value {
    json::value(text.as_bytes(), Rules::STRICT).unwrap()
}

#[test]
fn values_are_equal_by_type_and_numbers_by_value() {
    for (one, other, expected) in [
        ("1", "1", Some(true)),
        ("1", "2", Some(false)),
        ("1", "\"1\"", Some(false)),
        ("1", "true", Some(false)),
        ("0", "false", Some(false)),
        ("0", "null", Some(false)),
        ("null", "null", Some(true)),
        ("\"\"", "null", Some(false)),
        ("\"a\"", "\"A\"", Some(false)),
        ("\"\\u0061\"", "\"a\"", Some(true)),
        ("1", "1.0", Some(true)),
        ("1e2", "100", Some(true)),
        ("0", "-0", Some(true)),
        ("0.1", "0.10", Some(true)),
        ("18446744073709551615", "18446744073709551615", Some(true)),
        ("18446744073709551615", "18446744073709551614", Some(false)),
        ("9007199254740993", "9007199254740992", Some(false)),
        ("9007199254740993", "9007199254740992.0", None),
        ("-9223372036854775808", "-9223372036854775808", Some(true)),
        ("9007199254740992", "9007199254740992.0", None),
        ("18446744073709551616", "18446744073709551616", None),
        ("18446744073709551616", "18446744073709551617", None),
        ("18446744073709551616", "1e30", Some(false)),
        ("18446744073709551616", "1", Some(false)),
        ("[1,2]", "[1,2]", Some(true)),
        ("[1,2]", "[2,1]", Some(false)),
        ("[1]", "[1,2]", Some(false)),
        ("[1e30]", "[1e30]", None),
        ("[1e30,1]", "[1e30,2]", Some(false)),
        (r#"{"a":1,"b":[]}"#, r#"{"b":[],"a":1.0}"#, Some(true)),
        (r#"{"a":1}"#, r#"{"b":1}"#, Some(false)),
        (r#"{"a":1}"#, r#"{"a":1,"b":1}"#, Some(false)),
        ("[]", "{}", Some(false)),
    ] {
        let (first, second) = (parsed(one), parsed(other));
        assert_eq!(equal(&first, &second), expected, "{one} {other}");
        assert_eq!(equal(&second, &first), expected, "{other} {one}");
    }
}

#[test]
fn numbers_are_compared_exactly() {
    for (number, bound, expected) in [
        ("5", 5, Ordering::Equal),
        ("5.0", 5, Ordering::Equal),
        ("5.5", 5, Ordering::Greater),
        ("4.9", 5, Ordering::Less),
        ("-5.5", -5, Ordering::Less),
        ("-4.5", -5, Ordering::Greater),
        ("9223372036854775807", i64::MAX, Ordering::Equal),
        ("9223372036854775806", i64::MAX, Ordering::Less),
        ("9223372036854775808", i64::MAX, Ordering::Greater),
        ("18446744073709551616", i64::MAX, Ordering::Greater),
        ("1e300", i64::MAX, Ordering::Greater),
        ("-1e300", i64::MIN, Ordering::Less),
        ("9007199254740993", 9_007_199_254_740_992, Ordering::Greater),
    ] {
        let value = parsed(number);
        let found = compare(value.as_number().unwrap(), bound);
        assert_eq!(found, Some(expected), "{number} {bound}");
    }
}

#[test]
fn a_pointer_that_never_matches_is_an_error() {
    for (pointer, is_valid) in [
        ("/project", true),
        ("/a/0/b", true),
        ("/a~1b/m~0n", true),
        ("/", true),
        ("/a b/é", true),
        ("", false),
        ("project", false),
        ("#/project", false),
        ("$.project", false),
        ("/a~b", false),
        ("/a~", false),
        ("/a~2", false),
        ("/~~0", false),
    ] {
        assert_eq!(argument(pointer).is_ok(), is_valid, "{pointer}");
        assert_eq!(organization_is_argument(pointer).is_ok(), is_valid);
        let claim = || argument("/a").unwrap();
        assert_eq!(claim().equals_claim(pointer).is_ok(), is_valid);
        assert_eq!(claim().contained_in_claim(pointer).is_ok(), is_valid);
    }
    assert_eq!(
        argument("project").unwrap_err().to_string(),
        "\"project\" is not a json pointer to a member: begin it with a slash, and write ~0 for ~ and \
         ~1 for a slash within a name"
    );
    let none: [&str; 0] = [];
    for result in [
        argument("/a").unwrap().one_of(none),
        argument("/a").unwrap().none_of(none),
    ] {
        assert_eq!(
            result.unwrap_err().to_string(),
            "the list of values for the argument \"/a\" is empty: name at least one"
        );
    }
}

fn caller() -> VerifiedToken {
    let claims = json!({
        "project": "p_1", "projects": ["p_1", 7, null], "nothing": null, "empty": [], "n": 7
    });
    VerifiedToken::assertion("i", "s", SystemTime::UNIX_EPOCH)
        .with_organization("org_1")
        .with_claims(claims.as_object().unwrap().clone())
}

fn check(
    policy: &impl Policy,
    token: &VerifiedToken,
    arguments: Option<&str>,
) -> Result<(), Denied> {
    let arguments = arguments.map(|text| LazyObject::parse(text).unwrap());
    let request = PolicyRequest::new(token, SystemTime::UNIX_EPOCH);
    policy.check(&request.with_arguments(arguments.as_ref()))
}

#[test]
fn each_condition_is_met_by_the_values_that_it_names() {
    let a = || argument("/a").unwrap();
    // What meets the condition, and what does not.
    let rows: Vec<(&str, ArgumentPolicy, &[&str], &[&str])> = vec![
        (
            "equals",
            a().equals("x"),
            &["\"x\""],
            &["\"X\"", "1", "null", "[\"x\"]"],
        ),
        (
            "one of",
            a().one_of(["x", "y"]).unwrap(),
            &["\"x\"", "\"y\""],
            &["\"z\"", "null"],
        ),
        (
            "none of",
            a().none_of([json!("x"), json!(1)]).unwrap(),
            &["\"y\"", "2", "null", "[1]"],
            &["\"x\"", "1", "1.0"],
        ),
        (
            "none of a rounded number",
            a().none_of([json!(1e30)]).unwrap(),
            &["1"],
            &["1000000000000000000000000000001"],
        ),
        (
            "equals a claim",
            a().equals_claim("/project").unwrap(),
            &["\"p_1\""],
            &["\"p_2\"", "\"p_1 \"", "null", "[\"p_1\"]"],
        ),
        (
            "a number",
            a().equals_claim("/n").unwrap(),
            &["7", "7.0"],
            &["\"7\"", "8"],
        ),
        (
            "a claim of null",
            a().equals_claim("/nothing").unwrap(),
            &[],
            &["null", "\"\""],
        ),
        (
            "no claim",
            a().equals_claim("/other").unwrap(),
            &[],
            &["null", "\"\""],
        ),
        (
            "in a claim",
            a().contained_in_claim("/projects").unwrap(),
            &["\"p_1\"", "7"],
            &["\"p_2\"", "[\"p_1\"]", "\"7\""],
        ),
        (
            "in no array",
            a().contained_in_claim("/project").unwrap(),
            &[],
            &["\"p_1\"", "\"p\""],
        ),
        (
            "in no claim",
            a().contained_in_claim("/other").unwrap(),
            &[],
            &["null"],
        ),
        (
            "the organization",
            organization_is_argument("/a").unwrap(),
            &["\"org_1\""],
            &["\"org_2\"", "null", "\"\""],
        ),
        (
            "matches",
            a().matches("p_*"),
            &["\"p_\"", "\"p_1\""],
            &["\"q_1\"", "1", "null"],
        ),
        (
            "at most",
            a().at_most(5),
            &["5", "5.0", "-9"],
            &["6", "5.1", "\"5\"", "null"],
        ),
        (
            "at least",
            a().at_least(5),
            &["5", "1e30"],
            &["4", "4.9", "\"5\"", "true"],
        ),
        (
            "present",
            a().present(),
            &["0", "\"\"", "[]", "false"],
            &["null"],
        ),
        ("absent", a().absent(), &[], &["0", "null", "\"\""]),
    ];
    let token = caller();
    for (name, policy, met, unmet) in rows {
        assert!(policy.needs_arguments(), "{name}");
        for value in met {
            let arguments = format!(r#"{{"a":{value},"b":0}}"#);
            assert_eq!(
                check(&policy, &token, Some(&arguments)),
                Ok(()),
                "{name}: {value}"
            );
        }
        for value in unmet {
            let arguments = format!(r#"{{"a":{value},"b":0}}"#);
            let denied = check(&policy, &token, Some(&arguments));
            let reason = "the argument \"/a\" is not allowed";
            assert_eq!(
                denied,
                Err(Denied::Forbidden(reason.into())),
                "{name}: {value}"
            );
        }
        let meets_missing = name == "absent";
        for arguments in [None, Some("{}"), Some(r#"{"A":"x","b":"p_1"}"#)] {
            let found = check(&policy, &token, arguments).is_ok();
            assert_eq!(found, meets_missing, "{name}: {arguments:?}");
        }
    }
}

#[test]
fn a_caller_without_an_organization_has_no_argument() {
    let token = VerifiedToken::assertion("i", "s", SystemTime::UNIX_EPOCH);
    let policy = organization_is_argument("/a").unwrap();
    assert!(
        check(&policy, &caller(), Some(r#"{"a":"org_1"}"#)).is_ok(),
        "the control"
    );
    for arguments in [
        Some(r#"{"a":"org_1"}"#),
        Some(r#"{"a":""}"#),
        Some(r#"{"a":null}"#),
        None,
    ] {
        assert!(check(&policy, &token, arguments).is_err(), "{arguments:?}");
    }
}

#[test]
fn a_list_shows_what_some_arguments_are_allowed_for() {
    let a = || argument("/a").unwrap();
    let token = caller();
    let stranger = VerifiedToken::assertion("i", "s", SystemTime::UNIX_EPOCH);
    for (name, policy, to_caller, to_stranger) in [
        ("equals", a().equals("x"), true, true),
        ("absent", a().absent(), true, true),
        (
            "a claim",
            a().equals_claim("/project").unwrap(),
            true,
            false,
        ),
        (
            "no claim",
            a().equals_claim("/nothing").unwrap(),
            false,
            false,
        ),
        (
            "in a claim",
            a().contained_in_claim("/projects").unwrap(),
            true,
            false,
        ),
        (
            "in an empty claim",
            a().contained_in_claim("/empty").unwrap(),
            false,
            false,
        ),
        (
            "organization",
            organization_is_argument("/a").unwrap(),
            true,
            false,
        ),
    ] {
        for (token, expected) in [(&token, to_caller), (&stranger, to_stranger)] {
            let request = PolicyRequest::new(token, SystemTime::UNIX_EPOCH).for_listing();
            assert_eq!(policy.check(&request).is_ok(), expected, "{name}");
            assert!(not(policy.clone()).check(&request).is_ok(), "not {name}");
        }
    }
}

#[test]
fn a_negation_allows_what_is_missing() {
    let policy = not(argument("/a").unwrap().equals("x"));
    let token = caller();
    for (arguments, allowed) in [
        (Some(r#"{"a":"x"}"#), false),
        (Some(r#"{"a":"y"}"#), true),
        (Some("{}"), true),
        (None, true),
    ] {
        assert_eq!(
            check(&policy, &token, arguments).is_ok(),
            allowed,
            "{arguments:?}"
        );
    }
}
