//! Protected resource metadata (RFC 9728).

use super::challenge_reader::assert_challenge;
use super::json::{member_names, without_fractions};
use super::scopes::check_scopes;
use super::urls::{check_url, metadata_url};
use crate::provider::ProtectedResourceMetadata;
use crate::token::Scopes;
use crate::wire::{Challenges, Refusal};

/// A protected resource metadata document, read, served and pointed to by a challenge.
pub fn resource_metadata(data: &[u8]) {
    let Ok(metadata) = serde_json::from_slice::<ProtectedResourceMetadata>(data) else {
        return;
    };
    check_url(&metadata.resource);
    check_scopes(&metadata.scopes_supported);
    let served = serde_json::to_vec(&metadata).expect("what was read can be written");
    let again = serde_json::from_slice(&served).expect("what was written can be read");
    assert_eq!(
        without_fractions(metadata.clone()),
        without_fractions(again)
    );
    let mut names = member_names(&served);
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "a member stands twice");
    assert!(
        names.binary_search(&"scopes_supported".into()).is_ok()
            != metadata.scopes_supported.is_empty()
    );
    let challenges = Challenges::new(&metadata.url(), metadata.scopes_supported.clone());
    let mut expected = vec![("resource_metadata", metadata_url(&metadata.resource))];
    if !metadata.scopes_supported.is_empty() {
        expected.push(("scope", metadata.scopes_supported.to_string()));
    }
    assert_challenge(
        &challenges.response(Refusal::NoCredentials, Scopes::NONE),
        401,
        &expected,
    );
}
