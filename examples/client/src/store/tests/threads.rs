//! No thread of the runtime derives a key.

use std::{pin::Pin, thread};

use super::*;
use crate::error::ClientError;

type Done = Pin<Box<dyn Future<Output = ()>>>;
type Operation = fn(TokenStore, TokenEntry) -> Done;

fn done<T>(work: impl Future<Output = Result<T, ClientError>> + 'static) -> Done {
    Box::pin(async move { drop(work.await.unwrap()) })
}

#[tokio::test(flavor = "current_thread")]
async fn every_operation_derives_on_another_thread() {
    let origin = tempfile::tempdir().unwrap();
    let written = encrypted(origin.path());
    log_in(&written, credentials("dpop", "token-1")).await;
    let written = written.path().unwrap();

    let rows: [(&str, Operation); 11] = [
        ("records", |store, _| {
            done(async move { store.records().await })
        }),
        ("of_server", |store, _| {
            done(async move { store.of_server(&server()).await })
        }),
        ("read", |_, entry| done(async move { entry.read().await })),
        ("remove", |_, entry| {
            done(async move { entry.remove().await })
        }),
        ("remove_refused", |_, entry| {
            done(async move { entry.remove_refused().await })
        }),
        ("proof_key", |_, entry| {
            done(async move { entry.proof_key(|| Ok("a key".into())).await })
        }),
        ("binding_of", |_, entry| {
            done(async move { entry.binding_of("token-1").await })
        }),
        ("is_bound", |_, entry| {
            done(async move { entry.is_bound().await })
        }),
        ("load", |_, entry| {
            done(async move { Ok(entry.load().await?) })
        }),
        ("save", |_, entry| {
            done(async move { Ok(entry.save(credentials("dpop", "token-2")).await?) })
        }),
        ("acquire_refresh_guard", |_, entry| {
            done(async move { Ok(entry.acquire_refresh_guard().await?) })
        }),
    ];
    for (name, operation) in rows {
        let directory = tempfile::tempdir().unwrap();
        fs::copy(
            &written,
            directory.path().join(written.file_name().unwrap()),
        )
        .unwrap();
        let passphrase = passphrase(PASSPHRASE);
        let protection = Protection::Passphrase(passphrase.clone());
        let store = TokenStore::in_directory(directory.path(), protection);
        operation(store.clone(), store.entry(&server(), ISSUER)).await;
        let threads = passphrase.derived_on.lock().unwrap().clone();
        assert_eq!(threads.len(), 1, "{name}: the key of the file");
        assert_ne!(threads[0], thread::current().id(), "{name}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn the_first_write_derives_on_another_thread() {
    let directory = tempfile::tempdir().unwrap();
    let passphrase = passphrase(PASSPHRASE);
    let protection = Protection::Passphrase(passphrase.clone());
    let entry = TokenStore::in_directory(directory.path(), protection).entry(&server(), ISSUER);
    log_in(&entry, credentials("bearer", "token-1")).await;
    let threads = passphrase.derived_on.lock().unwrap().clone();
    assert_eq!(threads.len(), 1);
    assert_ne!(threads[0], thread::current().id());
}
