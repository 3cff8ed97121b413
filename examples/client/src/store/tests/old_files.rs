//! Files of layout 2, whose keys are derived with PBKDF2.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2;

use super::*;
use crate::store::{
    lock::Lock,
    names::name_of,
    record::Record,
    seal::{KEY_LENGTH, Key},
};

/// Writes the file of an entry as layout 2 was written.
fn write_old(path: &Path, text: &str) {
    let salt = [7; 16];
    let mut key = [0; KEY_LENGTH];
    pbkdf2::derive(
        pbkdf2::PBKDF2_HMAC_SHA256,
        NonZeroU32::new(600_000).unwrap(),
        &salt,
        text.as_bytes(),
        &mut key,
    );
    let mut record = Record::empty(server().as_str(), ISSUER);
    record.credentials = Some(credentials("bearer", "old token"));
    let record = serde_json::to_vec(&record).unwrap();
    let sealed = Key::new(key).seal(&name_of(path), &salt, record).unwrap();
    let mut file = serde_json::to_value(sealed).unwrap();
    file["version"] = 2.into();
    let members = ["version", "salt", "key_check", "nonce", "sealed"];
    let file_members = file.as_object().unwrap();
    assert!(members.iter().all(|name| file_members.contains_key(*name)));
    assert_eq!(file_members.len(), members.len(), "no key derivation");
    fs::write(path, file.to_string()).unwrap();
}

fn assert_is_new(path: &Path) {
    let file = json_of(path);
    assert_eq!(file["version"], 3);
    let kdf = json!({ "name": "argon2id", "memory_kib": 65_536, "passes": 3, "lanes": 4 });
    assert_eq!(file["kdf"], kdf);
}

#[tokio::test]
async fn the_first_read_writes_an_old_file_again() {
    let directory = tempfile::tempdir().unwrap();
    let store = store_with(directory.path(), PASSPHRASE);
    let entry = store.entry(&server(), ISSUER);
    let path = entry.path().unwrap();
    write_old(&path, PASSPHRASE);
    for _ in 0..2 {
        assert_eq!(stored_token(&entry).await.as_deref(), Some("old token"));
        assert_is_new(&path);
        assert_eq!(store.counts().writes(), 1, "written once");
    }
    let restarted = encrypted(directory.path());
    assert_eq!(stored_token(&restarted).await.as_deref(), Some("old token"));
}

#[tokio::test]
async fn a_list_of_all_records_writes_an_old_file_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = encrypted(directory.path()).path().unwrap();
    write_old(&path, PASSPHRASE);
    let records = store_with(directory.path(), PASSPHRASE).records().await;
    assert_eq!(records.unwrap().len(), 1);
    assert_is_new(&path);
}

#[tokio::test]
async fn a_login_writes_an_old_file_anew() {
    let directory = tempfile::tempdir().unwrap();
    let store = store_with(directory.path(), PASSPHRASE);
    let entry = store.entry(&server(), ISSUER);
    let path = entry.path().unwrap();
    write_old(&path, PASSPHRASE);
    log_in(&entry, credentials("bearer", "new token")).await;
    assert_is_new(&path);
    assert_eq!(store.counts().writes(), 1, "written once");
    let restarted = encrypted(directory.path());
    assert_eq!(stored_token(&restarted).await.as_deref(), Some("new token"));
}

#[tokio::test]
async fn an_old_file_is_read_while_another_process_holds_its_lock() {
    let directory = tempfile::tempdir().unwrap();
    let entry = encrypted(directory.path());
    let path = entry.path().unwrap();
    write_old(&path, PASSPHRASE);
    let old = fs::read(&path).unwrap();
    let held = Lock::try_now(&path.with_extension("write.lock")).unwrap();
    assert!(held.is_some());
    assert_eq!(stored_token(&entry).await.as_deref(), Some("old token"));
    assert_eq!(fs::read(&path).unwrap(), old, "its owner writes it");
    drop(held);
    assert_eq!(stored_token(&entry).await.as_deref(), Some("old token"));
    assert_is_new(&path);
}

#[tokio::test]
async fn a_wrong_passphrase_is_the_same_error_for_old_and_new_files() {
    let mut messages = Vec::new();
    for old in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        let entry = encrypted(directory.path());
        let path = entry.path().unwrap();
        if old {
            write_old(&path, PASSPHRASE);
        } else {
            log_in(&entry, credentials("bearer", "new token")).await;
        }
        let before = fs::read(&path).unwrap();
        let wrong = store_with(directory.path(), "correct house").entry(&server(), ISSUER);
        let refused = wrong.read().await.unwrap_err();
        assert_eq!(refused.exit_code(), 2, "{refused}");
        assert_eq!(fs::read(&path).unwrap(), before, "it stays as it was");
        let place = directory.path().display().to_string();
        messages.push(refused.to_string().replace(&place, "directory"));
        assert!(stored_token(&entry).await.is_some(), "the control");
    }
    assert_eq!(messages[0], messages[1]);
    assert!(messages[0].starts_with("MCP_CLIENT_PASSPHRASE is not the passphrase of directory"));
}
