//! Files that another program wrote into the directory: refused before they cost memory or time.

use super::*;
use crate::events::{Progress, Reporter};

/// The largest file that is read.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Why this store sets a file with these bytes aside; none when it reads it. And the number of keys it derived.
async fn read(bytes: &[u8], name: &std::ffi::OsStr) -> (Option<String>, usize) {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join(name), bytes).unwrap();
    let (reporter, mut events) = Reporter::channel();
    let passphrase = passphrase(PASSPHRASE);
    let protection = Protection::Passphrase(passphrase.clone());
    let store = TokenStore::in_directory(directory.path(), protection).with_reporter(reporter);
    let record = store.entry(&server(), ISSUER).read().await.unwrap();
    let reason = match events.try_recv() {
        Ok(Progress::SetAside { reason, .. }) => Some(reason),
        _ => None,
    };
    assert_eq!(record.is_none(), reason.is_some());
    let derived = passphrase.derived_on.lock().unwrap().len();
    (reason, derived)
}

#[tokio::test]
async fn no_key_is_derived_for_a_file_that_asks_for_too_much() {
    let directory = tempfile::tempdir().unwrap();
    let entry = encrypted(directory.path());
    log_in(&entry, credentials("bearer", "token-1")).await;
    let path = entry.path().unwrap();
    let name = path.file_name().unwrap();
    let control = fs::read(&path).unwrap();
    assert_eq!(read(&control, name).await, (None, 1), "the control");

    let too_much = "its key derivation would take too much memory or time";
    let unusable = "no key can be derived with its parameters";
    let rows = [
        ("/kdf/memory_kib", json!(262_145), too_much),
        ("/kdf/memory_kib", json!(u32::MAX), too_much),
        ("/kdf/passes", json!(u32::MAX), too_much),
        ("/kdf/lanes", json!(17), too_much),
        ("/kdf/memory_kib", json!(0), unusable),
        ("/kdf/passes", json!(0), unusable),
        ("/kdf/lanes", json!(0), unusable),
        ("/kdf/memory_kib", json!(u64::MAX), "not a token file"),
        ("/kdf/passes", json!(-1), "not a token file"),
        ("/kdf/name", json!("scrypt"), "it names a key derivation"),
        ("/kdf", Value::Null, "it does not state how its key"),
        (
            "/salt",
            json!("no base64 at all!"),
            "its salt is not in base64url",
        ),
    ];
    for (pointer, value, expected) in rows {
        let mut file: Value = serde_json::from_slice(&control).unwrap();
        *file.pointer_mut(pointer).unwrap() = value.clone();
        let (reason, derived) = read(file.to_string().as_bytes(), name).await;
        let reason = reason.unwrap_or_default();
        assert!(reason.starts_with(expected), "{pointer} {value}: {reason}");
        assert_eq!(derived, 0, "{pointer} {value}");
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_is_not_read_to_its_end() {
    let directory = tempfile::tempdir().unwrap();
    let entry = encrypted(directory.path());
    log_in(&entry, credentials("bearer", "token-1")).await;
    let path = entry.path().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    // Blanks at the end are no fault of JSON.
    bytes.resize(MAX_BYTES, b' ');
    let name = path.file_name().unwrap();
    assert_eq!(read(&bytes, name).await, (None, 1), "the control");
    bytes.push(b' ');
    let refused = read(&bytes, name).await;
    assert_eq!(refused, (Some("it is too large".into()), 0));
}
