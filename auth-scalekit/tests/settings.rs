//! Bad settings: every fault at once, by the name that the user knows, with what to change.
#![allow(clippy::unwrap_used, reason = "a failure here is the test's failure")]

use std::env::VarError;
use std::time::SystemTime;

use auth_core::error::ConfigErrors;
use auth_core::policy::{Denied, PolicyRequest, policy_fn};
use auth_core::provider::AuthProvider;
use auth_core::token::VerifiedToken;
use auth_scalekit::{ScalekitBuilder, ScalekitProvider};

fn from(variables: &[(&str, &str)]) -> Result<ScalekitProvider, ConfigErrors> {
    ScalekitBuilder::from_variables(|name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found
            .map(|(_, value)| (*value).into())
            .ok_or(VarError::NotPresent)
    })
    .build()
}

const URL: (&str, &str) = ("SCALEKIT_ENVIRONMENT_URL", "https://acme.scalekit.com");
const RESOURCE: (&str, &str) = ("SCALEKIT_RESOURCE_ID", "res_1");

#[test]
fn good_variables_make_a_provider() {
    let provider = from(&[URL, RESOURCE]).unwrap();
    let metadata = provider.metadata();
    assert_eq!(metadata.resource.as_str(), "http://localhost:8000/mcp");
    assert_eq!(
        metadata.authorization_servers,
        ["https://acme.scalekit.com/resources/res_1"]
    );
    assert!(provider.required_scopes().is_empty());
    for text in [
        "notes:read,notes:write",
        "notes:read notes:write",
        " notes:read, notes:write ",
    ] {
        let provider = from(&[URL, RESOURCE, ("SCALEKIT_REQUIRED_SCOPES", text)]).unwrap();
        assert_eq!(
            provider.required_scopes().to_string(),
            "notes:read notes:write",
            "{text:?}"
        );
        assert_eq!(
            provider.metadata().scopes_supported,
            *provider.required_scopes()
        );
    }
}

#[test]
fn nothing_set_names_everything_that_must_be() {
    assert_eq!(
        from(&[]).unwrap_err().to_string(),
        "SCALEKIT_ENVIRONMENT_URL is not set: copy the environment URL from the Scalekit dashboard (Developers > Settings), it looks like https://acme.scalekit.com\n\
         SCALEKIT_RESOURCE_ID is not set: copy the resource id of your MCP server from the Scalekit dashboard (MCP Servers), it looks like res_1234567890"
    );
}

#[test]
fn each_fault_names_its_variable_and_what_to_write() {
    let rows: [(&str, &str, &str); 22] = [
        (
            "SCALEKIT_ENVIRONMENT_URL",
            "",
            "is empty: copy the environment URL",
        ),
        (
            "SCALEKIT_ENVIRONMENT_URL",
            "acme.scalekit.com",
            "is not a URL (relative URL without a base): write \"https://acme.scalekit.com\"",
        ),
        (
            "SCALEKIT_ENVIRONMENT_URL",
            "acme.scalekit.com/mcp",
            "): write \"https://acme.scalekit.com\"",
        ),
        (
            "SCALEKIT_ENVIRONMENT_URL",
            "localhost:8000",
            "): write \"http://localhost:8000\"",
        ),
        (
            "SCALEKIT_ENVIRONMENT_URL",
            "acme",
            "is not a URL (relative URL without a base): copy the environment URL",
        ),
        (
            "SCALEKIT_ENVIRONMENT_URL",
            "HTTPS://ACME.scalekit.com/mcp/",
            "must not have a path: write \"https://acme.scalekit.com\"",
        ),
        (
            "SCALEKIT_ENVIRONMENT_URL",
            "http://acme.scalekit.com",
            "must use https",
        ),
        (
            "SCALEKIT_ENVIRONMENT_URL",
            "https://acme.scalekit.com/",
            "write \"https://acme.scalekit.com\"",
        ),
        (
            "SCALEKIT_ENVIRONMENT_URL",
            "https://acme.scalekit.com/x",
            "must not have a path: write \"https://acme.scalekit.com\"",
        ),
        (
            "SCALEKIT_ENVIRONMENT_URL",
            "https://acme.scalekit.com?x=1",
            "must not have a query: remove \"?x=1\"",
        ),
        (
            "SCALEKIT_ENVIRONMENT_URL",
            "https://acme.scalekit.com#x",
            "must not have a fragment: remove \"#x\"",
        ),
        (
            "SCALEKIT_ENVIRONMENT_URL",
            "https://me:marker@acme.scalekit.com",
            "remove the part up to the @",
        ),
        ("SCALEKIT_RESOURCE_ID", "", "is empty: copy the resource id"),
        (
            "SCALEKIT_RESOURCE_ID",
            "conn_1",
            "must start with \"res_\", got \"conn_...\"",
        ),
        ("SCALEKIT_RESOURCE_ID", "res_../x", "letters and digits"),
        ("SCALEKIT_MCP_URL", "", "is empty"),
        (
            "SCALEKIT_MCP_URL",
            "mcp.example.com/mcp",
            "write \"https://mcp.example.com/mcp\"",
        ),
        (
            "SCALEKIT_MCP_URL",
            "http://mcp.example.com/mcp",
            "must use https",
        ),
        (
            "SCALEKIT_MCP_URL",
            "https://mcp.example.com/mcp/",
            "write \"https://mcp.example.com/mcp\"",
        ),
        (
            "SCALEKIT_MCP_URL",
            "https://mcp.example.com/mcp?x",
            "remove \"?x\"",
        ),
        (
            "SCALEKIT_REQUIRED_SCOPES",
            "notes\"read",
            "is not a list of scopes",
        ),
        ("SCALEKIT_REQUIRED_SCOPES", "offline_access", "remove it"),
    ];
    for (name, value, expected) in rows {
        let mut variables = vec![(name, value)];
        variables.extend([URL, RESOURCE]);
        let errors = from(&variables).unwrap_err();
        let text = errors.to_string();
        assert_eq!(errors.iter().count(), 1, "{text}");
        assert!(text.starts_with(&format!("{name} ")), "{text}");
        assert!(text.contains(expected), "{text}");
        assert!(!text.contains("marker"), "{text}");
        // What it suggests is accepted in that place.
        if let Some((_, after)) = text.split_once("write \"") {
            let (instead, _) = after.split_once('"').unwrap();
            let mut variables = vec![(name, instead)];
            variables.extend([URL, RESOURCE]);
            assert!(from(&variables).is_ok(), "{text}");
        }
    }
}

#[test]
fn every_fault_is_reported_at_once() {
    let errors = ScalekitProvider::builder("http://x.example", "conn_1", "nonsense")
        .required_scopes(["a\\b"])
        .scopes_supported(["\u{e9}"])
        .leeway(std::time::Duration::from_secs(301))
        .max_token_bytes(16_385)
        .build()
        .unwrap_err();
    let settings: Vec<_> = errors
        .iter()
        .map(auth_core::error::ConfigError::setting)
        .collect();
    assert_eq!(
        settings,
        [
            "environment_url",
            "resource_id",
            "mcp_url",
            "required_scopes",
            "scopes_supported",
            "leeway",
            "max_token_bytes"
        ]
    );
}

#[test]
fn a_variable_that_is_not_text_is_named() {
    let builder = ScalekitBuilder::from_variables(|name| match name {
        "SCALEKIT_RESOURCE_ID" => Err(VarError::NotUnicode("x".into())),
        "SCALEKIT_ENVIRONMENT_URL" => Ok("https://acme.scalekit.com".into()),
        _ => Err(VarError::NotPresent),
    });
    let errors = builder.required_scopes(["a"]).build().unwrap_err();
    assert_eq!(
        errors.to_string(),
        "SCALEKIT_RESOURCE_ID is not UTF-8 text: set it again"
    );
}

#[test]
fn what_is_set_is_what_is_published() {
    let builder = || ScalekitProvider::builder(URL.1, RESOURCE.1, "https://mcp.example.com/mcp");
    let plain = builder().build().unwrap();
    let named = builder()
        .resource_name("Notes")
        .resource_documentation("https://mcp.example.com/docs")
        .build()
        .unwrap();
    for (provider, name, documentation) in [
        (plain, None, None),
        (named, Some("Notes"), Some("https://mcp.example.com/docs")),
    ] {
        let metadata = provider.metadata();
        assert_eq!(metadata.resource_name.as_deref(), name);
        assert_eq!(metadata.resource_documentation.as_deref(), documentation);
        assert_eq!(provider.environment_url(), URL.1);
    }
}

#[test]
fn what_is_set_can_be_read_before_it_is_vetted() {
    for url in ["https://mcp.example.com/mcp", "nonsense", ""] {
        let builder = ScalekitProvider::builder(URL.1, RESOURCE.1, url);
        assert_eq!(builder.configured_mcp_url(), url);
    }
    let unset = ScalekitBuilder::from_variables(|_| Err(VarError::NotPresent));
    assert_eq!(unset.configured_mcp_url(), "http://localhost:8000/mcp");
    let unreadable = ScalekitBuilder::from_variables(|_| Err(VarError::NotUnicode("x".into())));
    assert_eq!(unreadable.configured_mcp_url(), "");
}

#[test]
fn debug_shows_no_setting() {
    let builder = ScalekitProvider::builder("https://marker", "marker", "marker");
    assert_eq!(format!("{builder:?}"), "ScalekitBuilder { .. }");
}

#[test]
fn a_policy_that_is_set_is_asked() {
    let builder = || ScalekitProvider::builder(URL.1, RESOURCE.1, "https://mcp.example.com/mcp");
    let deny_all = policy_fn(|_| Err(Denied::Forbidden("denies all".into())));
    let now = SystemTime::UNIX_EPOCH;
    let token = VerifiedToken::assertion("https://id.example", "usr_1", now);
    for (builder, admits) in [(builder(), true), (builder().policy(deny_all), false)] {
        let provider = builder.build().unwrap();
        let asked = provider
            .policy()
            .unwrap()
            .check(&PolicyRequest::new(&token, now));
        assert_eq!(asked.is_ok(), admits);
    }
}
