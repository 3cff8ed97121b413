//! The fuzz targets of this crate on stable Rust: their invariants must hold for any bytes.
#![allow(clippy::unwrap_used, reason = "a failure here is the test's failure")]

#[path = "../fuzz/driver.rs"]
#[allow(dead_code, reason = "other test binaries use the rest")]
mod driver;

use std::convert::Infallible;
use std::time::Duration;

use auth_core::fuzzing;
use auth_core::layer::AuthLayer;
use auth_core::operation::RequestBody;
use auth_core::provider::{ProtectedResourceMetadata, PublicUrl, ResourceServer};
use auth_core::support::async_trait;
use auth_core::token::VerifiedToken;
use auth_core::verifier::{TokenVerifier, Unavailable, VerifyError, VerifyRequest};
use driver::drive;
use http::{Request, Response};
use tower::{Layer, ServiceExt};

macro_rules! seeds {
    ($target:literal) => {
        concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/", $target)
    };
}

#[test]
fn bearer() {
    drive(seeds!("bearer"), fuzzing::bearer);
}

#[test]
fn public_url() {
    drive(seeds!("public_url"), fuzzing::public_url);
}

#[test]
fn resource_metadata() {
    drive(seeds!("resource_metadata"), fuzzing::resource_metadata);
}

#[test]
fn challenge() {
    drive(seeds!("challenge"), fuzzing::challenge);
}

#[test]
fn challenges() {
    drive(seeds!("challenges"), fuzzing::challenges);
}

#[test]
fn json() {
    drive(seeds!("json"), fuzzing::json);
}

#[test]
fn message() {
    drive(seeds!("message"), fuzzing::message);
}

#[test]
fn list() {
    drive(seeds!("list"), fuzzing::list);
}

#[test]
fn an_error_never_repeats_a_password() {
    for text in [
        "https://me:marker@mcp.example.com/mcp",
        "https:/me:marker@mcp.example.com/mcp",
        "https:///me:marker@mcp.example.com/mcp",
        r"https:\me:marker@mcp.example.com/mcp",
        r"https:\\me:marker@mcp.example.com/mcp",
    ] {
        let error = PublicUrl::parse(text).unwrap_err();
        assert!(!error.to_string().contains("marker"), "{error}");
    }
}

/// A verifier that is unavailable for the longest time.
#[derive(Debug)]
struct UnavailableForever;

#[async_trait]
impl TokenVerifier for UnavailableForever {
    async fn verify(&self, _: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        Err(Unavailable::new(Duration::MAX).into())
    }
}

#[tokio::test]
async fn the_longest_retry_after_is_sent() {
    let resource = PublicUrl::parse("https://mcp.example.com/mcp").unwrap();
    let metadata = ProtectedResourceMetadata::new(resource, ["https://id.example.com"]);
    let inner = tower::service_fn(|_: Request<RequestBody<String>>| async {
        Ok::<_, Infallible>(Response::new(String::new()))
    });
    let layer = AuthLayer::new(ResourceServer::new(UnavailableForever, metadata)).unwrap();
    let request = Request::get("/mcp").header("authorization", "Bearer a");
    let response = layer
        .layer(inner)
        .oneshot(request.body(String::new()).unwrap());
    assert_eq!(response.await.unwrap().status(), 503);
}
