//! Protected resource metadata (RFC 9728).

use super::challenge_reader::assert_challenge;
use super::json::{member_names, without_fractions};
use super::scopes::check_scopes;
use super::urls::{check_url, metadata_url};
use crate::provider::ProtectedResourceMetadata;
use crate::token::Scopes;
use crate::wire::{ChallengeWriter, Refusal};

/// A metadata document: it is parsed, served, parsed again, and named by a challenge.
pub fn resource_metadata(data: &[u8]) {
    let Ok(metadata) = serde_json::from_slice::<ProtectedResourceMetadata>(data) else {
        return;
    };
    check_url(&metadata.resource);
    check_scopes(&metadata.scopes_supported);
    let served = serde_json::to_vec(&metadata).expect("parsed metadata can be serialized");
    let again = serde_json::from_slice(&served).expect("serialized metadata can be parsed");
    assert_eq!(
        without_fractions(metadata.clone()),
        without_fractions(again)
    );
    let mut names = member_names(&served);
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "a member is duplicated");
    assert!(
        names.binary_search(&"scopes_supported".into()).is_ok()
            != metadata.scopes_supported.is_empty()
    );
    let challenges = ChallengeWriter::new(&metadata.url(), metadata.scopes_supported.clone());
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
