use std::time::SystemTime;

use super::*;
use crate::policy::PolicyRequest;
use crate::rmcp::{authenticated, public, requires};
use crate::token::VerifiedToken;
use serde_json::json;

fn meta(value: Value) -> MetaObject {
    serde_json::from_value(value).unwrap()
}

#[test]
fn a_malformed_requirement_is_never_no_requirement() {
    let control = json!({"securitySchemes": [{"type": "oauth2", "scopes": ["a"]}]});
    assert!(
        matches!(read(Some(&meta(control))), Ok(Some(_))),
        "the control"
    );
    for (value, expected) in [
        (
            json!({"securitySchemes": {"type": "oauth2"}}),
            "another type than an array",
        ),
        (
            json!({"securitySchemes": null}),
            "another type than an array",
        ),
        (json!({"securitySchemes": []}), "requires nothing"),
        (json!({"securitySchemes": ["oauth2"]}), "not an object"),
        (
            json!({"securitySchemes": [{"type": "oauth"}]}),
            "the type \"oauth\"",
        ),
        (
            json!({"securitySchemes": [{"type": "OAuth2"}]}),
            "the type \"OAuth2\"",
        ),
        (
            json!({"securitySchemes": [{"type": 2}]}),
            "the type unknown",
        ),
        (
            json!({"securitySchemes": [{"scopes": ["a"]}]}),
            "the type unknown",
        ),
        (
            json!({"securitySchemes": [{"type": "oauth2", "scope": ["a"]}]}),
            "unknown member \"scope\"",
        ),
        (
            json!({"securitySchemes": [{"type": "oauth2", "scopes": "a"}]}),
            "array of strings",
        ),
        (
            json!({"securitySchemes": [{"type": "oauth2", "scopes": [1]}]}),
            "array of strings",
        ),
        (
            json!({"securitySchemes": [{"type": "oauth2", "scopes": null}]}),
            "array of strings",
        ),
        (
            json!({"securitySchemes": [{"type": "oauth2", "scopes": ["a b"]}]}),
            "\"a b\" is not a scope",
        ),
        (
            json!({"securitySchemes": [{"type": "oauth2", "scopes": [""]}]}),
            "\"\" is not a scope",
        ),
        (
            json!({"securitySchemes": [{"type": "noauth", "scopes": ["a"]}]}),
            "unknown member \"scopes\"",
        ),
        (
            json!({"securitySchemes": [{"type": "noauth"}, {"type": "none"}]}),
            "the type \"none\"",
        ),
        (
            json!({"security_schemes": [{"type": "oauth2"}]}),
            "write it \"securitySchemes\"",
        ),
        (
            json!({"securityScheme": [{"type": "oauth2"}]}),
            "write it \"securitySchemes\"",
        ),
        (
            json!({"auth-core/require": {"roles": ["a"]}}),
            "write it \"auth-core/requires\"",
        ),
        (
            json!({"auth_core/requires": {"roles": ["a"]}}),
            "write it \"auth-core/requires\"",
        ),
        (
            json!({"auth-core/requires": ["a"]}),
            "another type than an object",
        ),
        (json!({"auth-core/requires": {}}), "without members"),
        (
            json!({"auth-core/requires": {"role": ["a"]}}),
            "unknown member \"role\"",
        ),
        (
            json!({"auth-core/requires": {"roles": "a"}}),
            "roles in auth-core/requires",
        ),
        (
            json!({"auth-core/requires": {"roles": []}}),
            "roles in auth-core/requires",
        ),
        (
            json!({"auth-core/requires": {"roles": [""]}}),
            "roles in auth-core/requires",
        ),
        (
            json!({"auth-core/requires": {"roles": [[]]}}),
            "roles in auth-core/requires",
        ),
        (
            json!({"auth-core/requires": {"roles": ["a", ["b", 1]]}}),
            "roles in auth-core/requires",
        ),
        (
            json!({"auth-core/requires": {"permissions": [null]}}),
            "permissions in auth-core/requires",
        ),
        (
            json!({"securitySchemes": [{"type": "noauth"}], "auth-core/requires": {"roles": ["a"]}}),
            "take out one of them",
        ),
        (
            serde_json::to_value(requires().meta()).unwrap(),
            "requires nothing",
        ),
        (
            serde_json::to_value(requires().scopes(" ").meta()).unwrap(),
            "is not a scope",
        ),
        (
            serde_json::to_value(requires().role("").meta()).unwrap(),
            "are not names",
        ),
        (
            serde_json::to_value(requires().role_in([""; 0]).meta()).unwrap(),
            "are not names",
        ),
    ] {
        let problems = read(Some(&meta(value.clone()))).unwrap_err();
        assert_eq!(problems.len(), 1, "{value}: {problems:?}");
        assert!(problems[0].contains(expected), "{value}: {problems:?}");
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let value = json!({
        "securitySchemes": [{"type": "oauth2", "scopes": ["a b"], "x": 1}, {"type": "mtls"}],
        "auth-core/requires": {"roles": 1, "groups": ["a"]},
    });
    assert_eq!(read(Some(&meta(value))).unwrap_err().len(), 5);
}

#[test]
fn meta_about_something_else_is_no_requirement() {
    for other in [
        None,
        Some(json!({})),
        Some(json!({"ui": {"securitySchemes": 1}, "com.example/security": []})),
        Some(json!({"openai/outputTemplate": "ui://x"})),
    ] {
        let meta = other.clone().map(meta);
        assert!(matches!(read(meta.as_ref()), Ok(None)), "{other:?}");
    }
}

/// Whether a caller with these scopes, roles and permissions is admitted.
fn admits(meta: &MetaObject, scopes: &str, claims: &Value) -> bool {
    let now = SystemTime::UNIX_EPOCH;
    let token = VerifiedToken::assertion("i", "s", now)
        .with_scopes(Scopes::parse(scopes).unwrap())
        .with_claims(claims.as_object().unwrap().clone());
    match read(Some(meta)).unwrap().unwrap() {
        Requirement::Public => true,
        Requirement::Policy(policy) => policy.check(&PolicyRequest::new(&token, now)).is_ok(),
    }
}

#[test]
fn a_requirement_admits_who_meets_all_of_it() {
    let either = json!({"securitySchemes": [
        {"type": "oauth2", "scopes": ["a", "b"]}, {"type": "oauth2", "scopes": ["c"]},
    ]});
    let optional = json!({"securitySchemes": [
        {"type": "oauth2", "scopes": ["a"]}, {"type": "noauth"},
    ]});
    let any = json!({"securitySchemes": [
        {"type": "oauth2", "scopes": ["a"]}, {"type": "oauth2"},
    ]});
    let roles = json!({"auth-core/requires": {"roles": ["x"]}});
    let (none, x, y) = (json!({}), json!({"roles": ["x"]}), json!({"roles": ["y"]}));
    let both = json!({"roles": ["x", "y"], "permissions": ["p"]});
    let all = requires()
        .scopes("a")
        .role("x")
        .role_in(["y", "z"])
        .permission("p")
        .meta();
    for (name, meta, scopes, claims, admitted) in [
        ("the scope", requires().scopes("a").meta(), "a", &none, true),
        (
            "another scope",
            requires().scopes("a").meta(),
            "b",
            &none,
            false,
        ),
        (
            "one of two scopes",
            requires().scopes("a b").meta(),
            "a",
            &none,
            false,
        ),
        (
            "all of one alternative",
            meta(either.clone()),
            "a b",
            &none,
            true,
        ),
        (
            "the other alternative",
            meta(either.clone()),
            "c",
            &none,
            true,
        ),
        ("a part of an alternative", meta(either), "a", &none, false),
        ("an optional token", meta(optional), "", &none, true),
        ("scopes or any token", meta(any), "", &none, true),
        ("any token", authenticated().meta(), "", &none, true),
        ("public", public().meta(), "", &none, true),
        ("the role", requires().role("x").meta(), "", &x, true),
        (
            "the role without schemes",
            meta(roles.clone()),
            "",
            &x,
            true,
        ),
        ("another role without schemes", meta(roles), "", &y, false),
        ("another role", requires().role("x").meta(), "x", &y, false),
        (
            "one role of a list",
            requires().role_in(["x", "z"]).meta(),
            "",
            &x,
            true,
        ),
        (
            "no role of a list",
            requires().role_in(["x", "z"]).meta(),
            "",
            &y,
            false,
        ),
        ("everything", all.clone(), "a", &both, true),
        ("everything but the scope", all.clone(), "", &both, false),
        (
            "everything but a role",
            all,
            "a",
            &json!({"roles": ["x"], "permissions": ["p"]}),
            false,
        ),
    ] {
        assert_eq!(admits(&meta, scopes, claims), admitted, "{name}");
    }
}
