//! The metadata of the MCP server.

use auth_testkit::MockScalekit;
use auth_testkit::settings::Misbehaviour;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    authorization, authorize, get_json, http, public_client, redirected, value, with,
};
use crate::{changed, served};

const ENVIRONMENT: &str = "http://env.example";

async fn document(scalekit: &MockScalekit, path: &str) -> Value {
    let environment = scalekit.environment_url();
    let url = format!("{environment}/.well-known/oauth-protected-resource{path}");
    let text = get_json(&url).await.to_string();
    let host = &environment["http://".len()..];
    serde_json::from_str(&text.replace(host, &ENVIRONMENT["http://".len()..])).unwrap()
}

#[tokio::test]
async fn one_member_is_wrong() {
    let control = document(&served(None).await, "/mcp").await;
    assert_eq!(control["resource"], "http://env.example/mcp");
    let of = |resource: &str| Some(json!(resource));
    for (misbehaviour, member, value) in [
        (
            Misbehaviour::ResourceWithQuery,
            "resource",
            of("http://env.example/mcp?tenant=1"),
        ),
        (
            Misbehaviour::ResourceWithUser,
            "resource",
            of("http://user@env.example/mcp"),
        ),
        (
            Misbehaviour::ResourceWithFragment,
            "resource",
            of("http://env.example/mcp#tools"),
        ),
        (
            Misbehaviour::ResourceParentPath,
            "resource",
            of("http://env.example/"),
        ),
        (
            Misbehaviour::ResourceOfAnotherHost,
            "resource",
            of("https://other.example/mcp"),
        ),
        (Misbehaviour::ResourceAbsent, "resource", None),
        (
            Misbehaviour::ResourceMetadataWithoutServers,
            "authorization_servers",
            None,
        ),
    ] {
        let scalekit = served(Some(misbehaviour)).await;
        let expected = changed(control.clone(), member, value);
        assert_eq!(
            document(&scalekit, "/mcp").await,
            expected,
            "{misbehaviour}"
        );
    }
}

/// A client that accepts a wrong resource is not stopped by the issuer, so that its author sees it.
#[tokio::test]
async fn the_issuer_grants_what_the_metadata_names() {
    let control = served(None).await;
    let other = Misbehaviour::ResourceOfAnotherHost;
    let misbehaving = served(Some(other)).await;
    let resource = "https://other.example/mcp";
    for (scalekit, error) in [(&control, Some("invalid_target")), (&misbehaving, None)] {
        let client = public_client(scalekit);
        let request = with(authorization(&client), "resource", resource);
        let answer = redirected(&authorize(scalekit, &request).await);
        assert_eq!(value(&answer, "error"), error);
        let own = scalekit.mcp_url().unwrap().to_owned();
        let request = with(authorization(&client), "resource", &own);
        let answer = redirected(&authorize(scalekit, &request).await);
        assert_eq!(value(&answer, "error"), None);
    }
}

#[tokio::test]
async fn it_is_at_the_root_alone() {
    let control = served(None).await;
    let root = Misbehaviour::ChallengeAbsentRootMetadata;
    let misbehaving = served(Some(root)).await;
    for (scalekit, path, found) in [
        (&control, "/mcp", true),
        (&control, "", false),
        (&misbehaving, "/mcp", false),
        (&misbehaving, "", true),
    ] {
        let environment = scalekit.environment_url();
        let url = format!("{environment}/.well-known/oauth-protected-resource{path}");
        let status = http().get(url).send().await.unwrap().status();
        assert_eq!(status == StatusCode::OK, found, "{path:?}");
    }
    let expected = changed(
        document(&control, "/mcp").await,
        "resource",
        Some(json!(ENVIRONMENT)),
    );
    assert_eq!(document(&misbehaving, "").await, expected);
    // Clients that go through a URL type send the origin with a slash.
    let client = public_client(&misbehaving);
    let origin = format!("{}/", misbehaving.environment_url());
    let request = with(authorization(&client), "resource", &origin);
    let answer = redirected(&authorize(&misbehaving, &request).await);
    assert!(value(&answer, "code").is_some());
}
