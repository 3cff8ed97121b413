//! Providers of API keys keep the rules, and those that are broken on purpose do not.

use std::time::Duration;

use auth_core::provider::{ProtectedResourceMetadata, PublicUrl, ResourceServer};
use auth_core::verifier::{TokenVerifier, TokenVerifierExt};
use auth_scalekit::api_keys::{ApiKeyVerifier, ApiKeys};
use auth_scalekit::{ScalekitBuilder, ScalekitProvider};
use auth_testkit::MockScalekit;
use auth_testkit::conformance::Suite;
use auth_testkit::conformance::api_keys::{CLIENT_ID, CLIENT_SECRET, ORGANIZATION, SCOPES_CLAIM};

use crate::{OF_KEYS_ALONE, URL, suite};

/// The rules that can be tried with access tokens alone.
pub(crate) const OF_TOKENS_ALONE: [&str; 7] = [
    "follows-rotation",
    "drops-withdrawn-keys",
    "follows-replaced-keys",
    "rejects-invalid-key-sets",
    "tolerates-unusual-key-sets",
    "is-unavailable-without-keys",
    "uses-cached-keys-during-outage",
];

pub(crate) fn keys() -> ApiKeys {
    ApiKeys::new()
        .for_organizations([ORGANIZATION])
        .scopes_claim(SCOPES_CLAIM)
}

fn builder(scalekit: &MockScalekit) -> ScalekitBuilder {
    let (environment, resource) = (scalekit.environment_url(), scalekit.resource_id());
    ScalekitProvider::builder(environment, resource, URL)
        .clock(scalekit.clock())
        .management(CLIENT_ID, CLIENT_SECRET)
}

/// JWTs and keys, by their shape.
fn both(scalekit: &MockScalekit, keys: ApiKeys) -> ScalekitProvider {
    builder(scalekit).api_keys(keys).build().unwrap()
}

pub(crate) fn verifier(scalekit: &MockScalekit, keys: ApiKeys) -> ApiKeyVerifier {
    let provider = builder(scalekit).build().unwrap();
    provider.api_key_verifier(keys).unwrap()
}

fn server<V: TokenVerifier>(scalekit: &MockScalekit, verifier: V) -> ResourceServer<V> {
    let resource = PublicUrl::parse(URL).unwrap();
    let metadata = ProtectedResourceMetadata::new(resource, [scalekit.issuer()]);
    ResourceServer::new(verifier, metadata)
}

#[tokio::test]
async fn the_scalekit_provider_keeps_all_rules_with_keys_that_are_reused_and_without() {
    for reuse in [60, 0].map(Duration::from_secs) {
        let provider = async |scalekit: &MockScalekit| both(scalekit, keys().reuse_for(reuse));
        Suite::for_api_keys().run(provider).await;
    }
}

/// Keys beside them change nothing for JWTs.
#[tokio::test]
async fn the_scalekit_provider_keeps_all_rules_for_tokens_where_it_takes_keys_too() {
    suite().run(async |scalekit| both(scalekit, keys())).await;
}

#[tokio::test]
async fn a_provider_of_keys_alone_keeps_all_rules() {
    let provider = async |scalekit: &MockScalekit| server(scalekit, verifier(scalekit, keys()));
    Suite::for_api_keys().run(provider).await;
}

#[tokio::test]
async fn so_does_a_chain_of_a_provider_of_tokens_and_a_verifier_of_keys() {
    let provider = async |scalekit: &MockScalekit| {
        let tokens = builder(scalekit).build().unwrap();
        server(scalekit, tokens.or_opaque(verifier(scalekit, keys())))
    };
    Suite::for_api_keys().run(provider).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_does_one_beside_other_threads() {
    Suite::for_api_keys()
        .run(async |scalekit| both(scalekit, keys()))
        .await;
}

/// A rule that cannot be tried is in the report, with the reason.
#[tokio::test]
async fn rules_about_signatures_do_not_apply_to_keys_and_rules_about_keys_not_to_tokens() {
    let of_keys = Suite::for_api_keys().report(async |scalekit| both(scalekit, keys()));
    let of_keys = of_keys.await;
    let names = |report: &auth_testkit::conformance::Report| {
        let found = report.not_applicable();
        found.map(|(rule, _)| rule.name()).collect::<Vec<_>>()
    };
    assert_eq!(names(&of_keys), OF_TOKENS_ALONE);
    let line = "n/a     follows-rotation: an API key is not signed";
    assert!(of_keys.to_string().contains(line), "{of_keys}");
    let of_tokens = suite()
        .report(async |scalekit| both(scalekit, keys()))
        .await;
    assert_eq!(names(&of_tokens), OF_KEYS_ALONE);
}

/// A provider for other keys is reported at once.
#[tokio::test]
#[should_panic(
    expected = "no rule for providers was tried: a valid key was refused as invalid (wrong_audience, the token is not for this resource); build the provider with what conformance::api_keys has: the client skc_1000000001, and the organization org_1000000001"
)]
async fn a_provider_for_another_organization_is_reported_at_once() {
    let others = || ApiKeys::new().for_organizations(["org_1"]);
    Suite::for_api_keys()
        .run(async |scalekit| both(scalekit, others()))
        .await;
}
