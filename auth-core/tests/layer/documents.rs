//! The metadata documents: conditional requests, the alias, several endpoints on one host.

use auth_core::layer::AuthLayer;
use auth_core::layer::PublicDocuments;
use auth_core::provider::{ProtectedResourceMetadata, PublicUrl, ResourceServer};
use http::{Method, Request};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::harness::{guarded, send};
use crate::support::{METADATA_PATH, Scripted};

#[tokio::test]
async fn a_document_with_a_matching_etag_is_not_sent_again() {
    let service = guarded(|layer| layer);
    let fetch = async |headers: &[(&str, &str)]| {
        send(&service, Method::GET, METADATA_PATH, headers, "").await
    };
    let first = fetch(&[]).await;
    assert_eq!(first.status, 200);
    let tag = first.header("etag").unwrap().to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    for known in [
        tag.clone(),
        format!("W/{tag}"),
        format!("\"x\", {tag}"),
        "*".into(),
    ] {
        let response = fetch(&[("if-none-match", known.as_str())]).await;
        assert_eq!(
            (response.status, response.body.as_str()),
            (304, ""),
            "{known}"
        );
        assert_eq!(response.header("etag"), Some(tag.as_str()));
        assert_eq!(
            response.header("cache-control"),
            first.header("cache-control")
        );
        assert_eq!(response.header("access-control-allow-origin"), Some("*"));
    }
    for unknown in ["\"x\"", "", "x", tag.trim_matches('"')] {
        let response = fetch(&[("if-none-match", unknown)]).await;
        assert_eq!(
            (response.status, response.body),
            (200, first.body.clone()),
            "{unknown}"
        );
    }
}

#[tokio::test]
async fn the_root_alias_is_opt_in() {
    let root = "/.well-known/oauth-protected-resource";
    let without = guarded(|layer| layer);
    assert_eq!(send(&without, Method::GET, root, &[], "").await.status, 401);
    let with = guarded(|layer| layer.root_metadata_alias());
    let (alias, own) = (
        send(&with, Method::GET, root, &[], "").await,
        send(&with, Method::GET, METADATA_PATH, &[], "").await,
    );
    assert_eq!((alias.status, &alias.body), (200, &own.body));
}

#[tokio::test]
async fn each_endpoint_has_its_document() {
    let layer = |name: &str| {
        let resource = PublicUrl::parse(&format!("https://mcp.example.com/{name}/mcp")).unwrap();
        let metadata = ProtectedResourceMetadata::new(resource, ["https://id.example.com"]);
        AuthLayer::new(ResourceServer::new(Scripted, metadata)).unwrap()
    };
    let documents = PublicDocuments::of([&layer("a"), &layer("b")]);
    assert_eq!(format!("{documents:?}"), "PublicDocuments(2 layers)");
    for (path, status) in [
        ("/.well-known/oauth-protected-resource/a/mcp", 200),
        ("/.well-known/oauth-protected-resource/b/mcp", 200),
        ("/.well-known/oauth-protected-resource/c/mcp", 404),
        ("/.well-known/oauth-protected-resource", 404),
        ("/a/mcp", 404),
    ] {
        let request = Request::get(path).body(String::new()).unwrap();
        let response = documents.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        if status == 200 {
            let metadata: ProtectedResourceMetadata = serde_json::from_slice(&body).unwrap();
            assert_eq!(metadata.path(), path);
        }
    }
}
