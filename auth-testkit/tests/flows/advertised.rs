//! What the discovery documents name is there.

use auth_testkit::identity_provider::IdentityProvider;
use auth_testkit::settings::RefreshTokens;
use auth_testkit::{Client, MockScalekit, MockScalekitBuilder};
use reqwest::StatusCode;
use serde_json::Value;

use crate::support::{REDIRECT, get_json, http, post_form};

const SECRET: &str = "not a secret";

fn issuers() -> Vec<(&'static str, MockScalekitBuilder)> {
    let builder = MockScalekit::builder;
    let idp = IdentityProvider::new("https://idp.example");
    vec![
        ("the default", builder()),
        ("another resource", builder().resource_id("res_42")),
        ("revocation named", builder().resource_revocation(true)),
        ("no registration", builder().dynamic_registration(false)),
        (
            "no path-inserted metadata",
            builder().path_inserted_metadata(false),
        ),
        ("a page", builder().consent_page(true)),
        ("no documents", builder().client_metadata_documents(false)),
        ("assertions", builder().trust(&idp)),
        (
            "refreshing",
            builder().refresh_tokens(RefreshTokens::Advertised),
        ),
    ]
}

/// The discovery documents that this issuer serves, by where they are.
async fn documents(scalekit: &MockScalekit) -> Vec<(String, Value)> {
    let (env, res) = (scalekit.environment_url(), scalekit.resource_id());
    let mut found = Vec::new();
    for url in [
        format!("{env}/.well-known/openid-configuration"),
        format!("{env}/.well-known/oauth-authorization-server/resources/{res}"),
        format!("{env}/resources/{res}/.well-known/oauth-authorization-server"),
    ] {
        let status = http().get(&url).send().await.unwrap().status();
        if status != StatusCode::NOT_FOUND {
            let document = get_json(&url).await;
            found.push((url, document));
        }
    }
    found
}

/// The URLs in a document, apart from the issuer's name.
fn urls(document: &Value) -> Vec<(&str, &str)> {
    let members = document.as_object().unwrap().iter();
    let urls = members.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    urls.filter(|(name, url)| *name != "issuer" && url.starts_with("http"))
        .collect()
}

#[tokio::test]
async fn every_url_is_served() {
    for (what, builder) in issuers() {
        let scalekit = builder.start().await;
        let documents = documents(&scalekit).await;
        let served = if what == "no path-inserted metadata" {
            2
        } else {
            3
        };
        assert_eq!(documents.len(), served, "{what}");
        for (at, document) in documents {
            let urls = urls(&document);
            assert!(urls.len() >= 3, "{what}: {at}");
            for (name, url) in urls {
                let found = http().get(url).send().await.unwrap();
                assert_ne!(
                    found.status(),
                    StatusCode::NOT_FOUND,
                    "{what}: {name} of {at}"
                );
            }
        }
        // What is not there is 404: the check can fail.
        let nowhere = format!("{}/attic", scalekit.environment_url());
        let nowhere = http().get(nowhere).send().await.unwrap();
        assert_eq!(nowhere.status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn every_grant_type_is_known_where_it_is_said_to_be() {
    for (what, builder) in issuers() {
        let scalekit = builder.start().await;
        let client = Client::confidential("m2m_42", SECRET).redirect_uri(REDIRECT);
        scalekit.register_client(client);
        for (at, document) in documents(&scalekit).await {
            let endpoint = document["token_endpoint"].as_str().unwrap();
            let ask = async |grant_type: &str| {
                let form = vec![
                    ("client_id", "m2m_42".to_owned()),
                    ("client_secret", SECRET.to_owned()),
                    ("grant_type", grant_type.to_owned()),
                ];
                let answer: Value = post_form(endpoint, &form).await.json().await.unwrap();
                answer["error"] == "unsupported_grant_type"
            };
            assert!(ask("password").await, "the check can fail");
            for grant_type in document["grant_types_supported"].as_array().unwrap() {
                let unknown = ask(grant_type.as_str().unwrap()).await;
                assert!(!unknown, "{what}: {grant_type} of {at}");
            }
        }
    }
}

#[tokio::test]
async fn every_document_is_where_its_issuer_leads() {
    for (what, builder) in issuers() {
        let scalekit = builder.start().await;
        for (at, document) in documents(&scalekit).await {
            let issuer = document["issuer"].as_str().unwrap();
            let known = [
                format!("{issuer}/.well-known/openid-configuration"),
                format!("{issuer}/.well-known/oauth-authorization-server"),
                issuer.replacen(
                    "/resources/",
                    "/.well-known/oauth-authorization-server/resources/",
                    1,
                ),
            ];
            assert!(
                known.contains(&at),
                "{what}: {issuer} does not lead to {at}"
            );
        }
    }
}
