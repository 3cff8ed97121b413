//! Settings that can only be a mistake are errors, by their names.

use auth_scalekit::ScalekitProvider;
use auth_scalekit::api_keys::ApiKeys;

use crate::stage::{MCP_URL, keys, seconds};

fn errors(keys: ApiKeys, scopes: &[&str], management: bool) -> String {
    let builder = ScalekitProvider::builder("https://acme.example", "res_1", MCP_URL);
    let builder = builder.required_scopes(scopes).api_keys(keys);
    let builder = match management {
        true => builder.management("skc_1", "s3cr3t"),
        false => builder,
    };
    builder
        .build()
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}

#[test]
fn what_can_only_be_a_mistake_is_an_error() {
    let any = || ApiKeys::new().dangerous_accept_keys_for_any_server();
    let by_claim = || ApiKeys::new().for_claim("server", "notes");
    for keys in [
        keys(),
        any(),
        by_claim(),
        keys().reuse_for(seconds(0)),
        keys().max_concurrent_calls(4).unknown_keys_per_minute(1),
        keys().for_claim("a", "b").for_claim("a", "b"),
    ] {
        assert_eq!(errors(keys, &[], true), "", "the control");
    }
    for (keys, problem) in [
        (ApiKeys::new(), "api_keys are for no server"),
        (
            any().for_roles(["a"]),
            "api_keys are for this server alone and for any",
        ),
        (
            keys().for_organizations(["acme"]),
            "api_keys.for_organizations must be ids",
        ),
        (
            keys().for_organizations(["org_"]),
            "api_keys.for_organizations must be ids",
        ),
        (
            by_claim().for_organizations([""; 0]),
            "api_keys.for_organizations must be ids",
        ),
        (
            by_claim().for_roles([""; 0]),
            "api_keys.for_roles must be names of roles, at least one",
        ),
        (
            keys().for_claim("", "a"),
            "api_keys.for_claim must not be empty",
        ),
        (
            keys().for_claim("a", " "),
            "api_keys.for_claim must not be empty",
        ),
        (
            keys().for_claim("a", "b").for_claim("a", "c"),
            "api_keys.for_claim requires two values",
        ),
        (
            keys().for_roles([""]),
            "api_keys.for_roles must be names of roles",
        ),
        (
            keys().scopes_claim(""),
            "api_keys.scopes_claim must not be empty",
        ),
        (
            keys().scopes_of_role("", ["a"]),
            "api_keys.scopes_of_role has a role without a name",
        ),
        (
            keys().scopes_of_role("a", [""; 0]),
            "api_keys.scopes_of_role has no scopes for the role \"a\"",
        ),
        (
            keys().scopes_of_role("a", ["b c"]),
            "api_keys.scopes_of_role of the role \"a\"",
        ),
        (
            keys().reuse_for(seconds(61)),
            "api_keys.reuse_for must be 60 s at most",
        ),
        (
            keys().max_concurrent_calls(3),
            "api_keys.max_concurrent_calls must be 4 to 4096",
        ),
        (
            keys().unknown_keys_per_minute(0),
            "api_keys.unknown_keys_per_minute must be 1 to 60000",
        ),
    ] {
        let text = errors(keys, &[], true);
        assert!(text.contains(problem), "{text}");
    }
    let text = errors(keys(), &[], false);
    assert!(
        text.contains("api_keys need the management API: not set up: set SCALEKIT_CLIENT_ID"),
        "{text}"
    );
    assert_eq!(errors(any(), &[], true), "", "the control");
    let text = errors(any(), &["notes:read"], true);
    assert!(
        text.contains("api_keys have no scopes, but required_scopes are set"),
        "{text}"
    );
}
