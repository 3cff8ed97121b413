//! The test kit's rules for providers: ours keep them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure here is the test's failure"
)]

#[cfg(feature = "api-keys")]
mod api_keys;
mod broken;
#[cfg(feature = "api-keys")]
mod broken_api_keys;

use std::time::Duration;

use auth_core::provider::{ProtectedResourceMetadata, PublicUrl, ResourceServer};
use auth_core::token::BearerToken;
use auth_core::verifier::{TokenVerifier, VerifyRequest};
use auth_scalekit::ScalekitProvider;
use auth_scalekit::jwt::{JwtVerifier, JwtVerifierBuilder};
use auth_testkit::conformance::{self, Suite};
use auth_testkit::{Defect, MockScalekit};

const URL: &str = "http://127.0.0.1:8000/mcp";

/// The rules that can be tried with API keys alone.
const OF_KEYS_ALONE: [&str; 6] = [
    "refuses-key-ids",
    "refuses-invalidated-keys",
    "refuses-keys-for-others",
    "grants-mapped-scopes-alone",
    "is-unavailable-without-the-api",
    "is-unavailable-with-refused-credentials",
];

/// With one key there is no doubt which one is meant, and `kid` is optional.
fn suite() -> Suite {
    Suite::new().expect_accepted(Defect::WithoutKid)
}

#[tokio::test]
async fn the_scalekit_provider_keeps_all_rules_with_tokens_that_are_reused_and_without() {
    for reuse in [60, 0].map(Duration::from_secs) {
        let provider = async |scalekit: &MockScalekit| {
            let (environment, resource) = (scalekit.environment_url(), scalekit.resource_id());
            ScalekitProvider::builder(environment, resource, URL)
                .clock(scalekit.clock())
                .reuse_tokens_for(reuse)
                .build()
                .unwrap()
        };
        suite().run(provider).await;
    }
}

/// A provider made of a verifier for this issuer.
fn made_of(scalekit: &MockScalekit, verifier: JwtVerifierBuilder) -> ResourceServer<JwtVerifier> {
    let verifier = verifier.clock(scalekit.clock()).build().unwrap();
    let resource = PublicUrl::parse(URL).unwrap();
    let issuer = scalekit.environment_url();
    ResourceServer::new(verifier, ProtectedResourceMetadata::new(resource, [issuer]))
}

fn known(scalekit: &MockScalekit) -> JwtVerifierBuilder {
    let (issuer, audience) = (scalekit.environment_url(), scalekit.resource_id());
    JwtVerifier::builder([issuer], [audience], scalekit.keys_url())
}

#[tokio::test]
async fn a_provider_made_of_a_jwt_verifier_keeps_all_rules() {
    let provider = async |scalekit: &MockScalekit| made_of(scalekit, known(scalekit));
    suite().run(provider).await;
}

/// As one that discovers its issuer, or fetches keys in the background: the suite waits for no fetch that
/// was made before.
#[tokio::test]
async fn a_provider_that_has_its_keys_from_the_start_keeps_all_rules() {
    let provider = async |scalekit: &MockScalekit| {
        let (environment, resource) = (scalekit.environment_url(), scalekit.resource_id());
        let provider = ScalekitProvider::builder(environment, resource, URL)
            .clock(scalekit.clock())
            .build()
            .unwrap();
        let token = scalekit.token().sign();
        let token = BearerToken::new(&token).unwrap();
        let request = VerifyRequest::new(token, scalekit.clock().now());
        provider.verify(request).await.unwrap();
        provider
    };
    suite().run(provider).await;
}

/// Tokens name the environment, and the metadata the issuer below it.
#[tokio::test]
#[should_panic(
    expected = "no rule for providers was tried: a valid token was refused as invalid (wrong_issuer, the token's issuer is not accepted); it accepts tokens of issuer() ("
)]
async fn a_provider_for_the_issuer_of_the_metadata_is_reported_at_once() {
    let provider = async |scalekit: &MockScalekit| {
        let (issuer, audience) = (scalekit.issuer(), scalekit.resource_id());
        let verifier = JwtVerifier::builder([issuer], [audience], scalekit.keys_url())
            .clock(scalekit.clock())
            .build()
            .unwrap();
        let resource = PublicUrl::parse(URL).unwrap();
        ResourceServer::new(verifier, ProtectedResourceMetadata::new(resource, [issuer]))
    };
    suite().run(provider).await;
}

/// No exception at all: what every provider is held to by `conformance::run`.
#[tokio::test]
async fn a_jwt_verifier_that_requires_key_ids_passes_the_suite_as_it_is() {
    conformance::run(async |scalekit| made_of(scalekit, known(scalekit).require_key_id())).await;
}

#[tokio::test]
async fn so_does_one_that_discovers_its_keys() {
    conformance::run(async |scalekit| {
        let (issuer, audience) = (scalekit.environment_url(), scalekit.resource_id());
        let verifier = JwtVerifier::discover(issuer, [audience]);
        made_of(scalekit, verifier.require_key_id())
    })
    .await;
}

/// The providers fetch in the background while the suite acts, on other threads than its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_does_one_beside_other_threads() {
    conformance::run(async |scalekit| made_of(scalekit, known(scalekit).require_key_id())).await;
}
