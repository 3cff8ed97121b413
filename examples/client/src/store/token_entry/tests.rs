//! Entries in files and in memory, shared by processes.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{fs, path::Path};

use secrecy::SecretString;
use serde_json::json;

use std::time::Duration;

use rmcp::transport::auth::CredentialStore as _;

use super::{
    super::{Protection, TokenStore, file},
    *,
};
use crate::{
    events::{Progress, Reporter},
    server_metadata::AuthorizationServer,
};

const ISSUER: Option<&str> = Some("http://localhost:9000");

fn server() -> Url {
    Url::parse("http://localhost:8000/mcp").unwrap()
}

fn unencrypted(directory: &Path) -> TokenEntry {
    TokenStore::in_directory(directory, Protection::Unencrypted).entry(&server(), ISSUER)
}

fn encrypted(directory: &Path, passphrase: &str) -> TokenEntry {
    let protection = Protection::passphrase(SecretString::from(passphrase)).unwrap();
    TokenStore::in_directory(directory, protection).entry(&server(), ISSUER)
}

fn credentials_of(client: &str, refresh_token: &str) -> StoredCredentials {
    let response = json!({
        "access_token": format!("access-token-of-the-test for {refresh_token}"),
        "token_type": "bearer",
        "refresh_token": refresh_token,
        "expires_in": 60,
    });
    StoredCredentials::new(
        client.into(),
        Some(serde_json::from_value(response).unwrap()),
        vec!["read".into()],
        Some(1),
    )
    .with_issuer(ISSUER.map(Into::into))
}

fn credentials(refresh_token: &str) -> StoredCredentials {
    credentials_of("client-1", refresh_token)
}

fn issuing() -> AuthorizationServer {
    AuthorizationServer {
        resource: "http://localhost:8000/mcp".into(),
        metadata: rmcp::transport::auth::AuthorizationMetadata::default(),
    }
}

fn client() -> RegisteredClient {
    RegisteredClient {
        client_id: "client-1".into(),
        client_secret: Some("secret-of-the-test".into()),
        redirect_uri: "http://localhost:8000/auth/callback".into(),
        issuer: ISSUER.map(Into::into),
        auth_method: None,
    }
}

/// Saves tokens of a login, without a registration.
async fn log_in(entry: &TokenEntry, credentials: StoredCredentials) {
    entry.expect_login(None, &issuing());
    entry.save(credentials).await.unwrap();
}

/// Saves tokens of a refresh.
async fn refresh(entry: &TokenEntry, credentials: StoredCredentials) {
    entry.load().await.unwrap();
    entry.save(credentials).await.unwrap();
}

async fn stored_refresh_token(entry: &TokenEntry) -> Option<String> {
    entry.read().await.unwrap()?.tokens()?.refresh_token
}

/// The files of a directory, without its locks.
fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".lock"))
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn saved_tokens_are_read_after_a_restart() {
    let open: [fn(&Path) -> TokenEntry; 2] = [unencrypted, |directory| {
        encrypted(directory, "correct horse")
    }];
    for open in open {
        let directory = tempfile::tempdir().unwrap();
        let entry = open(directory.path());
        assert!(entry.load().await.unwrap().is_none());
        entry.expect_login(Some(client()), &issuing());
        entry.save(credentials("refresh-1")).await.unwrap();
        entry.save(credentials("refresh-2")).await.unwrap();

        let record = open(directory.path()).read().await.unwrap().unwrap();
        assert_eq!(
            record.tokens().unwrap().refresh_token.as_deref(),
            Some("refresh-2")
        );
        assert_eq!(record.registration_of_tokens(), Some(&client()));
        let credentials = record.credentials.unwrap();
        assert_eq!(credentials.issuer.as_deref(), ISSUER);
        assert_eq!(credentials.token_received_at, Some(1));
        assert_eq!(names(directory.path()).len(), 1, "no temporary file stays");
    }
}

#[tokio::test]
async fn tokens_are_separate_for_each_issuer_of_a_server() {
    let directory = tempfile::tempdir().unwrap();
    let store = TokenStore::in_directory(directory.path(), Protection::Unencrypted);
    let issuers = [ISSUER, Some("http://localhost:9001"), None];
    for (row, issuer) in issuers.into_iter().enumerate() {
        let entry = store.entry(&server(), issuer);
        log_in(&entry, credentials(&format!("refresh-{row}"))).await;
    }
    for (row, issuer) in issuers.into_iter().enumerate() {
        let found = stored_refresh_token(&store.entry(&server(), issuer)).await;
        assert_eq!(found, Some(format!("refresh-{row}")));
    }
    assert_eq!(store.of_server(&server()).await.unwrap().len(), 3);
    store.entry(&server(), ISSUER).remove().await.unwrap();
    assert_eq!(store.records().await.unwrap().len(), 2);
    let other = Url::parse("http://localhost:8000/").unwrap();
    assert_eq!(store.remove(&other).await.unwrap(), 0);
    assert_eq!(store.remove(&server()).await.unwrap(), 2);
    assert!(store.records().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_encrypted_file_shows_nothing_and_opens_with_its_passphrase_alone() {
    let directory = tempfile::tempdir().unwrap();
    let entry = encrypted(directory.path(), "correct horse");
    entry.expect_login(Some(client()), &issuing());
    entry
        .save(credentials("refresh-token-of-the-test"))
        .await
        .unwrap();
    let path = entry.path().unwrap();
    let text = fs::read_to_string(&path).unwrap();
    for hidden in ["access-token", "refresh-token", "secret-of", "localhost"] {
        assert!(!text.contains(hidden), "{hidden}");
    }

    let refused = encrypted(directory.path(), "wrong horse")
        .read()
        .await
        .unwrap_err();
    assert_eq!(refused.exit_code(), 2);
    assert!(
        refused
            .to_string()
            .starts_with("MCP_CLIENT_PASSPHRASE is not the passphrase of"),
        "{refused}"
    );
    assert!(
        path.exists(),
        "nothing is set aside for a mistyped passphrase"
    );
    assert!(
        encrypted(directory.path(), "correct horse")
            .read()
            .await
            .unwrap()
            .is_some()
    );
    // Another protection has separate files, but removes all.
    assert!(
        unencrypted(directory.path())
            .read()
            .await
            .unwrap()
            .is_none()
    );
    let all = TokenStore::in_directory(directory.path(), Protection::Unencrypted);
    assert_eq!(all.remove(&server()).await.unwrap(), 1);
    assert!(!path.exists());
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_anything() {
    use std::os::unix::fs::PermissionsExt as _;
    let base = tempfile::tempdir().unwrap();
    let directory = base.path().join("a/b");
    let entry = unencrypted(&directory);
    log_in(&entry, credentials("r")).await;
    let guard = entry.acquire_refresh_guard().await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    for name in names(&directory) {
        assert_eq!(mode(&directory.join(&name)), 0o600, "{name}");
    }
    // A file that was made readable for others is private again after the next write.
    let path = entry.path().unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    entry.save(credentials("r")).await.unwrap();
    assert_eq!(mode(&path), 0o600);
    drop(guard);
}

#[tokio::test]
async fn a_reader_never_sees_half_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let entry = unencrypted(directory.path());
    log_in(&entry, credentials("r")).await;
    let reader = entry.clone();
    let reading = std::thread::spawn(move || {
        (0..300).all(
            |_| matches!(reader.read_blocking(), Ok(Some(record)) if record.tokens().is_some()),
        )
    });
    for _ in 0..30 {
        entry.save(credentials(&"r".repeat(10_000))).await.unwrap();
    }
    assert!(reading.join().unwrap());
    assert_eq!(names(directory.path()).len(), 1);
}

#[tokio::test]
async fn an_unusable_file_is_set_aside() {
    let other = Record::empty("http://localhost:1/other", ISSUER);
    let other = json!({ "version": 2, "unencrypted": other });
    let rows = [
        ("empty", Vec::new()),
        ("cut off", br#"{"version":2,"unencrypted":"#.to_vec()),
        ("not text", vec![0xff, 0xfe]),
        ("another layout", b"{}".to_vec()),
        ("an array", b"[]".to_vec()),
        ("of another server", other.to_string().into_bytes()),
    ];
    for (row, bytes) in rows {
        let directory = tempfile::tempdir().unwrap();
        let (reporter, mut events) = Reporter::channel();
        let store = TokenStore::in_directory(directory.path(), Protection::Unencrypted)
            .with_reporter(reporter);
        let entry = store.entry(&server(), ISSUER);
        fs::write(entry.path().unwrap(), &bytes).unwrap();
        assert!(entry.load().await.unwrap().is_none(), "{row}");
        let Ok(Progress::SetAside { path, .. }) = events.try_recv() else {
            unreachable!("{row}")
        };
        assert_eq!(fs::read(path).unwrap(), bytes, "{row}");
        log_in(&entry, credentials("r")).await;
        assert!(entry.load().await.unwrap().is_some(), "{row}");
    }
}

#[tokio::test]
async fn a_file_that_was_changed_or_moved_is_set_aside() {
    let directory = tempfile::tempdir().unwrap();
    let (reporter, mut events) = Reporter::channel();
    let protection = Protection::passphrase(SecretString::from("correct horse")).unwrap();
    let store = TokenStore::in_directory(directory.path(), protection).with_reporter(reporter);
    let entry = store.entry(&server(), ISSUER);
    log_in(&entry, credentials("r")).await;
    let elsewhere = store.entry(&server(), None);
    fs::copy(entry.path().unwrap(), elsewhere.path().unwrap()).unwrap();
    assert!(entry.read().await.unwrap().is_some(), "the control");
    assert!(elsewhere.read().await.unwrap().is_none());
    let Ok(Progress::SetAside { reason, .. }) = events.try_recv() else {
        unreachable!()
    };
    assert_eq!(reason, "it was changed after it was encrypted");
}

#[tokio::test]
async fn a_file_of_a_newer_version_stays_where_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let entry = unencrypted(directory.path());
    let path = entry.path().unwrap();
    fs::write(&path, r#"{"version":4,"new":true}"#).unwrap();
    let error = entry.read().await.unwrap_err();
    assert!(error.to_string().contains("newer version"), "{error}");
    assert!(path.exists());
}

#[tokio::test]
async fn refused_refresh_tokens_are_removed_unless_they_were_replaced() {
    let entry = TokenStore::in_memory().entry(&server(), ISSUER);
    entry.expect_login(Some(client()), &issuing());
    entry.save(credentials("new")).await.unwrap();
    entry
        .on_refresh_token_rejected(&credentials("old"))
        .await
        .unwrap();
    assert!(entry.load().await.unwrap().is_some());
    entry
        .on_refresh_token_rejected(&credentials("new"))
        .await
        .unwrap();
    assert!(entry.load().await.unwrap().is_none());
    assert!(
        entry.read().await.unwrap().unwrap().client.is_some(),
        "the registration stays"
    );
    entry.clear().await.unwrap();
    assert!(entry.read().await.unwrap().is_none());
}

#[tokio::test]
async fn one_refresh_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let first = unencrypted(directory.path()).acquire_refresh_guard().await;
    // Another process opens the lock file itself.
    let other = unencrypted(directory.path());
    let mut second = Box::pin(other.acquire_refresh_guard());
    assert!(
        futures_poll(&mut second).await.is_none(),
        "held while the first one refreshes"
    );
    drop(first);
    assert!(second.await.unwrap().is_some());
}

#[tokio::test]
async fn tokens_that_another_process_refreshed_are_not_refreshed_again() {
    let directory = tempfile::tempdir().unwrap();
    let memory = TokenStore::in_memory();
    let open: [&dyn Fn() -> TokenEntry; 2] = [&|| unencrypted(directory.path()), &|| {
        memory.entry(&server(), ISSUER)
    }];
    for open in open {
        let entry = open();
        log_in(&entry, credentials("refresh-1")).await;
        entry.load().await.unwrap();
        assert!(entry.acquire_refresh_guard().await.unwrap().is_some());

        refresh(&open(), credentials("refresh-2")).await;
        let refused = entry.acquire_refresh_guard().await.map(|_| ()).unwrap_err();
        assert!(
            refused.to_string().contains("has renewed the tokens"),
            "{refused}"
        );
        entry.load().await.unwrap();
        assert!(entry.acquire_refresh_guard().await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_late_refresh_undoes_neither_a_login_nor_a_logout() {
    let directory = tempfile::tempdir().unwrap();
    let entry = unencrypted(directory.path());
    log_in(&entry, credentials("refresh-1")).await;
    refresh(&entry, credentials("refresh-2")).await;
    assert_eq!(
        stored_refresh_token(&entry).await.as_deref(),
        Some("refresh-2")
    );

    // A refresh begins by loading the tokens; the login is faster.
    entry.load().await.unwrap();
    log_in(&unencrypted(directory.path()), credentials("refresh-3")).await;
    entry.save(credentials("refresh-4")).await.unwrap();
    assert_eq!(
        stored_refresh_token(&entry).await.as_deref(),
        Some("refresh-3")
    );

    entry.load().await.unwrap();
    unencrypted(directory.path()).remove().await.unwrap();
    entry.save(credentials("refresh-5")).await.unwrap();
    assert!(entry.read().await.unwrap().is_none());

    // Without loaded tokens, this is no refresh.
    entry.load().await.unwrap();
    entry.save(credentials("refresh-6")).await.unwrap();
    assert_eq!(
        stored_refresh_token(&entry).await.as_deref(),
        Some("refresh-6")
    );
}

#[tokio::test]
async fn refused_tokens_are_removed_unless_they_were_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let entry = unencrypted(directory.path());
    log_in(&entry, credentials("refresh-1")).await;
    log_in(&unencrypted(directory.path()), credentials("refresh-2")).await;
    entry.remove_refused().await.unwrap();
    assert_eq!(
        stored_refresh_token(&entry).await.as_deref(),
        Some("refresh-2")
    );
    entry.load().await.unwrap();
    entry.remove_refused().await.unwrap();
    assert!(entry.read().await.unwrap().is_none());
}

#[tokio::test]
async fn removal_includes_files_set_aside_and_no_foreign_files() {
    let directory = tempfile::tempdir().unwrap();
    let entry = unencrypted(directory.path());
    let path = entry.path().unwrap();
    fs::write(&path, b"garbage").unwrap();
    assert!(entry.read().await.unwrap().is_none());
    log_in(&entry, credentials("r")).await;
    fs::write(directory.path().join("package.json"), b"{}").unwrap();
    let files = || names(directory.path());
    assert_eq!(files().len(), 3, "{:?}", files());
    let store = TokenStore::in_directory(directory.path(), Protection::Unencrypted);
    assert_eq!(store.remove_all().await.unwrap(), 1);
    assert_eq!(files(), ["package.json"]);
}

#[tokio::test]
async fn an_unencrypted_file_is_not_taken_for_an_encrypted_one() {
    let directory = tempfile::tempdir().unwrap();
    let plain = unencrypted(directory.path());
    log_in(&plain, credentials("planted")).await;
    let entry = encrypted(directory.path(), "correct horse");
    fs::copy(plain.path().unwrap(), entry.path().unwrap()).unwrap();
    assert!(plain.read().await.unwrap().is_some(), "the control");
    assert!(entry.read().await.unwrap().is_none());
}

#[tokio::test]
async fn files_that_a_killed_process_left_are_removed_once_they_are_old() {
    let directory = tempfile::tempdir().unwrap();
    let entry = unencrypted(directory.path());
    let old = directory.path().join(".tokens-old");
    let new = directory.path().join(".tokens-new");
    fs::write(&new, b"half").unwrap();
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(3_600);
    let file = fs::File::create(&old).unwrap();
    file.set_modified(long_ago).unwrap();
    log_in(&entry, credentials("r")).await;
    assert!(!old.exists() && new.exists());
}

/// Polls once, without waiting.
async fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

#[tokio::test]
async fn debug_output_contains_no_secret() {
    let directory = tempfile::tempdir().unwrap();
    let entry = encrypted(directory.path(), "passphrase-of-the-test");
    entry.expect_login(Some(client()), &issuing());
    entry
        .save(credentials("refresh-token-of-the-test"))
        .await
        .unwrap();
    let record = entry.read().await.unwrap().unwrap();
    let shown = format!("{entry:?} {:?} {record:?}", entry.storage);
    for secret in [
        "access-token-of-the-test",
        "refresh-token-of-the-test",
        "secret-of-the-test",
    ] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(!shown.contains("passphrase-of-the-test"));
}

#[test]
fn a_layout_is_read_as_it_was_written() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.unencrypted.json");
    let record = Record::empty("http://localhost/", None);
    file::write(&path, &record, &Protection::Unencrypted).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"version\": 3"), "{text}");
    assert!(matches!(
        file::read(&path, &Protection::Unencrypted),
        Ok(file::FileContent::Record { record: read, outdated: false }) if read.server == record.server
    ));
}
