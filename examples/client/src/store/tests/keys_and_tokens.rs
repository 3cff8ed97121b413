//! A token is sent with the key that was stored together with it, also while another process replaces both.

use secrecy::ExposeSecret as _;

use super::*;
use crate::store::Binding;

/// The entry of one process.
fn process(directory: &Path) -> (TokenStore, TokenEntry) {
    let store = TokenStore::in_directory(directory, Protection::Unencrypted);
    let entry = store.entry(&server(), ISSUER);
    (store, entry)
}

/// A login with DPoP: the key is asked for before the tokens are saved.
async fn log_in_with(entry: &TokenEntry, token: &str, key: &'static str) {
    let got = entry.proof_key(move || Ok(key.to_owned())).await.unwrap();
    assert_eq!(got.expose_secret(), key);
    log_in(entry, credentials("dpop", token)).await;
}

async fn key_of(entry: &TokenEntry, token: &str) -> String {
    match entry.binding_of(token).await.unwrap() {
        Binding::Key(key) => key.expose_secret().to_owned(),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn token_and_key_of_another_process_are_picked_up_together() {
    let directory = tempfile::tempdir().unwrap();
    let (store, ours) = process(directory.path());
    log_in_with(&ours, "token-1", "key-1").await;
    ours.load().await.unwrap();

    let (_, theirs) = process(directory.path());
    theirs.remove().await.unwrap();
    log_in_with(&theirs, "token-2", "key-2").await;

    let before = store.counts().reads();
    assert_eq!(
        key_of(&ours, "token-1").await,
        "key-1",
        "not the stored one"
    );
    ours.load().await.unwrap();
    assert_eq!(key_of(&ours, "token-2").await, "key-2");
    let proof_key = ours.proof_key(|| unreachable!("there is one")).await;
    assert_eq!(proof_key.unwrap().expose_secret(), "key-2");
    assert!(ours.is_bound().await.unwrap());
    assert_eq!(store.counts().reads(), before + 1, "only to load");

    // A token that is no longer held has the key that is stored.
    assert_eq!(key_of(&ours, "token-1").await, "key-2");
    assert_eq!(store.counts().reads(), before + 2);
}

#[tokio::test]
async fn a_login_stores_the_key_that_its_requests_were_signed_with() {
    let directory = tempfile::tempdir().unwrap();
    let (_, ours) = process(directory.path());
    let key = ours.proof_key(|| Ok("key-1".into())).await.unwrap();
    assert_eq!(key.expose_secret(), "key-1");

    let (_, theirs) = process(directory.path());
    theirs.remove().await.unwrap();
    log_in_with(&theirs, "token-2", "key-2").await;
    log_in(&ours, credentials("dpop", "token-1")).await;

    let record = theirs.read().await.unwrap().unwrap();
    assert_eq!(record.proof_key.as_deref(), Some("key-1"));
    theirs.load().await.unwrap();
    assert_eq!(key_of(&theirs, "token-1").await, "key-1");
}

#[tokio::test]
async fn bearer_tokens_have_no_key_and_bound_ones_are_nothing_without() {
    let directory = tempfile::tempdir().unwrap();
    let (_, entry) = process(directory.path());
    assert!(!entry.is_bound().await.unwrap(), "nothing is stored");
    log_in(&entry, credentials("bearer", "token-1")).await;
    assert_eq!(key_of(&entry, "token-1").await, "Unbound");
    assert!(!entry.is_bound().await.unwrap());
    log_in(&entry, credentials("dpop", "token-2")).await;
    assert_eq!(key_of(&entry, "token-2").await, "KeyLost");
    assert!(entry.is_bound().await.unwrap());
}
