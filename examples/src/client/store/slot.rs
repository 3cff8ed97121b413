//! The tokens of one server from one issuer.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use aws_lc_rs::digest;
use rmcp::transport::auth::{
    AuthError, CredentialRefreshGuard, CredentialStore, StoredCredentials,
};
use url::Url;

use super::{
    file::{Lock, store_error},
    record::{Record, RegisteredClient, Tokens},
    tokens::TokenStore,
};
use crate::client::error::ClientError;

/// How long a refresh waits for another process that refreshes the same tokens.
const LOCK_PATIENCE: Duration = Duration::from_secs(30);

/// How often it looks whether that one is done.
const LOCK_PERIOD: Duration = Duration::from_millis(20);

/// The place for the tokens of one server from one issuer, in a [`TokenStore`]. Clones share what they know.
#[derive(Clone)]
pub struct Slot {
    store: TokenStore,
    server: Arc<str>,
    issuer: Option<Arc<str>>,
    /// What the next tokens come of.
    next: Arc<Mutex<Next>>,
    /// The access token that was last handed out, as its hash.
    seen: Arc<Mutex<Option<Seen>>>,
}

#[derive(Default)]
enum Next {
    #[default]
    Refresh,
    /// By this client, or one that nobody registered.
    Login(Option<RegisteredClient>),
}

#[derive(PartialEq, Eq)]
struct Seen([u8; digest::SHA256_OUTPUT_LEN]);

impl Slot {
    pub(super) fn new(store: TokenStore, server: &Url, issuer: Option<&str>) -> Self {
        Self {
            store,
            server: server.as_str().into(),
            issuer: issuer.map(Into::into),
            next: Arc::default(),
            seen: Arc::default(),
        }
    }

    /// What is stored.
    ///
    /// # Errors
    ///
    /// [`ClientError::Store`] when the file cannot be read or a newer version wrote it,
    /// [`ClientError::Usage`] when the passphrase is another than that of the file.
    pub fn read(&self) -> Result<Option<Record>, ClientError> {
        self.store.read(&self.server, self.key())
    }

    /// The file, unless the tokens are in memory.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        self.store.path(&self.server, self.key())
    }

    /// Removes tokens and registration. Nothing to remove is no error.
    ///
    /// # Errors
    ///
    /// [`ClientError::Store`] when the file cannot be removed.
    pub fn remove(&self) -> Result<(), ClientError> {
        self.store.forget(&self.server, self.key())
    }

    /// The tokens saved next are those of a login, by this client, or one that nobody registered. They
    /// replace what is there, and are written together with their client, without which they could not be
    /// refreshed.
    pub(crate) fn expect_login(&self, client: Option<RegisteredClient>) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Next::Login(client);
    }

    /// The key that tokens are bound to, made now if there is none. It lives as long as the file.
    ///
    /// # Errors
    ///
    /// Those of `make`, and of reading and writing the file.
    pub(crate) fn proof_key(
        &self,
        make: impl FnOnce() -> Result<String, ClientError>,
    ) -> Result<String, ClientError> {
        let stored = || -> Result<Option<String>, ClientError> {
            Ok(self.read()?.and_then(|record| record.proof_key))
        };
        if let Some(key) = stored()? {
            return Ok(key);
        }
        // Of two processes that log in at the same time, one makes the key for both. The lock is not that of
        // the refresh, which may be held by who asks.
        let path = self.path().map(|path| path.with_extension("proof.lock"));
        let _held = path
            .map(|path| Lock::wait(&path).map_err(|error| store_error(&path, &error)))
            .transpose()?;
        if let Some(key) = stored()? {
            return Ok(key);
        }
        let key = make()?;
        let mut record = self.read()?.unwrap_or_else(|| self.empty());
        record.proof_key = Some(key.clone());
        self.store.write(&record)?;
        Ok(key)
    }

    fn empty(&self) -> Record {
        Record::empty(&self.server, self.issuer.as_deref())
    }

    /// What the parts of the name are made of.
    fn key(&self) -> &str {
        self.issuer.as_deref().unwrap_or_default()
    }

    fn note_seen(&self, credentials: Option<&StoredCredentials>) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = credentials.and_then(Seen::of);
    }

    /// Whether the tokens are others than those that were last handed out.
    fn were_renewed(&self) -> Result<bool, ClientError> {
        let credentials = self.read()?.and_then(|record| record.credentials);
        let now = credentials.as_ref().and_then(Seen::of);
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(now.is_some() && seen.is_some() && now != *seen)
    }
}

#[async_trait]
impl CredentialStore for Slot {
    async fn load(&self) -> Result<Option<StoredCredentials>, AuthError> {
        let record = self.read().map_err(auth_error)?;
        let credentials = record.and_then(|record| record.credentials);
        self.note_seen(credentials.as_ref());
        Ok(credentials)
    }

    async fn save(&self, credentials: StoredCredentials) -> Result<(), AuthError> {
        let next = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *next)
        };
        let stored = self.read().map_err(auth_error)?;
        let mut record = stored.unwrap_or_else(|| self.empty());
        match next {
            Next::Login(client) => record.client = client,
            // When somebody has logged in as another client in the meantime, that login stays.
            Next::Refresh
                if record
                    .credentials
                    .as_ref()
                    .is_some_and(|stored| stored.client_id != credentials.client_id) =>
            {
                return Ok(());
            }
            Next::Refresh => {}
        }
        self.note_seen(Some(&credentials));
        record.credentials = Some(credentials);
        self.store.write(&record).map_err(auth_error)
    }

    /// rmcp calls this when the authorization server changed: its registration goes too.
    async fn clear(&self) -> Result<(), AuthError> {
        self.remove().map_err(auth_error)
    }

    /// Drops the refused tokens, unless another process replaced them in the meantime.
    async fn on_refresh_token_rejected(
        &self,
        refused: &StoredCredentials,
    ) -> Result<(), AuthError> {
        let Some(mut record) = self.read().map_err(auth_error)? else {
            return Ok(());
        };
        let refused = refresh_token(refused);
        if refused.is_some() && record.credentials.as_ref().and_then(refresh_token) == refused {
            record.credentials = None;
            self.store.write(&record).map_err(auth_error)?;
        }
        Ok(())
    }

    /// Two processes must not spend the same refresh token: rotation would end both logins. And what another
    /// has just renewed is not to be renewed again: then this is an error, and the tokens can be loaded anew.
    async fn acquire_refresh_guard(&self) -> Result<Option<CredentialRefreshGuard>, AuthError> {
        let Some(path) = self.path() else {
            return Ok(None);
        };
        let path = path.with_extension("lock");
        let wait = async {
            loop {
                match Lock::try_now(&path) {
                    Ok(Some(lock)) => return Ok(lock),
                    Ok(None) => tokio::time::sleep(LOCK_PERIOD).await,
                    Err(error) => return Err(auth_error(store_error(&path, &error))),
                }
            }
        };
        let lock = tokio::time::timeout(LOCK_PATIENCE, wait)
            .await
            .map_err(|_| {
                AuthError::CredentialStoreError(format!(
                    "another process has held {} for {} s; end it",
                    path.display(),
                    LOCK_PATIENCE.as_secs()
                ))
            })??;
        if self.were_renewed().map_err(auth_error)? {
            return Err(AuthError::CredentialStoreError(
                "another process has renewed the tokens; load them again".into(),
            ));
        }
        Ok(Some(CredentialRefreshGuard::new(lock)))
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot")
            .field("server", &self.server)
            .field("issuer", &self.issuer)
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}

impl Seen {
    fn of(credentials: &StoredCredentials) -> Option<Self> {
        let token = tokens(credentials)?.access_token;
        let hash = digest::digest(&digest::SHA256, token.as_bytes());
        hash.as_ref().try_into().ok().map(Self)
    }
}

fn refresh_token(credentials: &StoredCredentials) -> Option<String> {
    tokens(credentials)?.refresh_token
}

fn tokens(credentials: &StoredCredentials) -> Option<Tokens> {
    Tokens::of(&serde_json::to_value(credentials.token_response.as_ref()?).ok()?)
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "used as a function for map_err"
)]
fn auth_error(error: ClientError) -> AuthError {
    AuthError::CredentialStoreError(error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::{fs, path::Path};

    use serde_json::json;

    use super::{
        super::{Protection, file},
        *,
    };
    use crate::client::{
        events::{Progress, Reporter},
        secret::Secret,
        tokens::{Secrets, details, summary},
    };

    const ISSUER: Option<&str> = Some("http://localhost:9000");

    fn server() -> Url {
        Url::parse("http://localhost:8000/mcp").unwrap()
    }

    fn unencrypted(directory: &Path) -> Slot {
        TokenStore::in_directory(directory, Protection::Unencrypted).slot(&server(), ISSUER)
    }

    fn encrypted(directory: &Path, passphrase: &str) -> Slot {
        let protection = Protection::passphrase(Secret::new(passphrase.into())).unwrap();
        TokenStore::in_directory(directory, protection).slot(&server(), ISSUER)
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

    fn client() -> RegisteredClient {
        RegisteredClient {
            client_id: "client-1".into(),
            client_secret: Some("secret-of-the-test".into()),
            redirect_uri: "http://localhost:8000/auth/callback".into(),
            issuer: ISSUER.map(Into::into),
        }
    }

    fn stored_refresh_token(slot: &Slot) -> Option<String> {
        slot.read().unwrap()?.tokens()?.refresh_token
    }

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn what_is_saved_is_there_after_a_restart() {
        let open: [fn(&Path) -> Slot; 2] = [unencrypted, |directory| {
            encrypted(directory, "correct horse")
        }];
        for open in open {
            let directory = tempfile::tempdir().unwrap();
            let slot = open(directory.path());
            assert!(slot.load().await.unwrap().is_none());
            slot.expect_login(Some(client()));
            slot.save(credentials("refresh-1")).await.unwrap();
            slot.save(credentials("refresh-2")).await.unwrap();

            let record = open(directory.path()).read().unwrap().unwrap();
            assert_eq!(
                record.tokens().unwrap().refresh_token.as_deref(),
                Some("refresh-2")
            );
            assert_eq!(record.client_of_tokens(), Some(&client()));
            let credentials = record.credentials.unwrap();
            assert_eq!(credentials.issuer.as_deref(), ISSUER);
            assert_eq!(credentials.token_received_at, Some(1));
            assert_eq!(names(directory.path()).len(), 1, "no temporary file stays");
        }
    }

    #[tokio::test]
    async fn each_issuer_of_a_server_has_tokens_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let store = TokenStore::in_directory(directory.path(), Protection::Unencrypted);
        let issuers = [ISSUER, Some("http://localhost:9001"), None];
        for (row, issuer) in issuers.into_iter().enumerate() {
            let slot = store.slot(&server(), issuer);
            slot.save(credentials(&format!("refresh-{row}")))
                .await
                .unwrap();
        }
        for (row, issuer) in issuers.into_iter().enumerate() {
            let found = stored_refresh_token(&store.slot(&server(), issuer));
            assert_eq!(found, Some(format!("refresh-{row}")));
        }
        assert_eq!(store.of_server(&server()).unwrap().len(), 3);
        store.slot(&server(), ISSUER).remove().unwrap();
        assert_eq!(store.records().unwrap().len(), 2);
        let other = Url::parse("http://localhost:8000/").unwrap();
        assert_eq!(store.remove(&other).unwrap(), 0);
        assert_eq!(store.remove(&server()).unwrap(), 2);
        assert!(store.records().unwrap().is_empty());
    }

    #[tokio::test]
    async fn an_encrypted_file_shows_nothing_and_opens_with_its_passphrase_alone() {
        let directory = tempfile::tempdir().unwrap();
        let slot = encrypted(directory.path(), "correct horse");
        slot.expect_login(Some(client()));
        slot.save(credentials("refresh-token-of-the-test"))
            .await
            .unwrap();
        let path = slot.path().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        for hidden in ["access-token", "refresh-token", "secret-of", "localhost"] {
            assert!(!text.contains(hidden), "{hidden}");
        }

        let refused = encrypted(directory.path(), "wrong horse")
            .read()
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
                .unwrap()
                .is_some()
        );
        // Another kind of protection has files of its own, and removes all.
        assert!(unencrypted(directory.path()).read().unwrap().is_none());
        let all = TokenStore::in_directory(directory.path(), Protection::Unencrypted);
        assert_eq!(all.remove(&server()).unwrap(), 1);
        assert!(!path.exists());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_the_owner_can_read_anything() {
        use std::os::unix::fs::PermissionsExt as _;
        let base = tempfile::tempdir().unwrap();
        let directory = base.path().join("a/b");
        let slot = unencrypted(&directory);
        slot.save(credentials("r")).await.unwrap();
        let guard = slot.acquire_refresh_guard().await.unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&directory), 0o700);
        for name in names(&directory) {
            assert_eq!(mode(&directory.join(&name)), 0o600, "{name}");
        }
        // A file that somebody opened up is private again after the next write.
        let path = slot.path().unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        slot.save(credentials("r")).await.unwrap();
        assert_eq!(mode(&path), 0o600);
        drop(guard);
    }

    #[tokio::test]
    async fn a_reader_never_sees_half_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let slot = unencrypted(directory.path());
        slot.save(credentials("r")).await.unwrap();
        let reader = slot.clone();
        let reading = std::thread::spawn(move || {
            (0..300).all(|_| matches!(reader.read(), Ok(Some(record)) if record.tokens().is_some()))
        });
        for _ in 0..30 {
            slot.save(credentials(&"r".repeat(10_000))).await.unwrap();
        }
        assert!(reading.join().unwrap());
        assert_eq!(names(directory.path()).len(), 1);
    }

    #[tokio::test]
    async fn what_cannot_be_understood_is_kept_under_another_name() {
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
                .watched_by(reporter);
            let slot = store.slot(&server(), ISSUER);
            fs::write(slot.path().unwrap(), &bytes).unwrap();
            assert!(slot.load().await.unwrap().is_none(), "{row}");
            let Ok(Progress::SetAside { path, .. }) = events.try_recv() else {
                unreachable!("{row}")
            };
            assert_eq!(fs::read(path).unwrap(), bytes, "{row}");
            slot.save(credentials("r")).await.unwrap();
            assert!(slot.load().await.unwrap().is_some(), "{row}");
        }
    }

    #[tokio::test]
    async fn a_file_that_was_changed_or_moved_is_not_believed() {
        let directory = tempfile::tempdir().unwrap();
        let (reporter, mut events) = Reporter::channel();
        let protection = Protection::passphrase(Secret::new("correct horse".into())).unwrap();
        let store = TokenStore::in_directory(directory.path(), protection).watched_by(reporter);
        let slot = store.slot(&server(), ISSUER);
        slot.save(credentials("r")).await.unwrap();
        let elsewhere = store.slot(&server(), None);
        fs::copy(slot.path().unwrap(), elsewhere.path().unwrap()).unwrap();
        assert!(slot.read().unwrap().is_some(), "the control");
        assert!(elsewhere.read().unwrap().is_none());
        let Ok(Progress::SetAside { reason, .. }) = events.try_recv() else {
            unreachable!()
        };
        assert_eq!(reason, "it was changed after it was encrypted");
    }

    #[test]
    fn a_file_of_a_newer_version_stays_where_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let slot = unencrypted(directory.path());
        let path = slot.path().unwrap();
        fs::write(&path, r#"{"version":3,"new":true}"#).unwrap();
        let error = slot.read().unwrap_err();
        assert!(error.to_string().contains("newer version"), "{error}");
        assert!(path.exists());
    }

    #[tokio::test]
    async fn refused_tokens_go_unless_they_were_replaced() {
        let slot = TokenStore::in_memory().slot(&server(), ISSUER);
        slot.expect_login(Some(client()));
        slot.save(credentials("new")).await.unwrap();
        slot.on_refresh_token_rejected(&credentials("old"))
            .await
            .unwrap();
        assert!(slot.load().await.unwrap().is_some());
        slot.on_refresh_token_rejected(&credentials("new"))
            .await
            .unwrap();
        assert!(slot.load().await.unwrap().is_none());
        assert!(
            slot.read().unwrap().unwrap().client.is_some(),
            "the registration stays"
        );
        slot.clear().await.unwrap();
        assert!(slot.read().unwrap().is_none());
    }

    #[tokio::test]
    async fn one_refresh_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let first = unencrypted(directory.path()).acquire_refresh_guard().await;
        // Another process has a file of its own, so a lock of its own.
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
    async fn what_another_has_renewed_is_not_renewed_again() {
        let directory = tempfile::tempdir().unwrap();
        let slot = unencrypted(directory.path());
        slot.save(credentials("refresh-1")).await.unwrap();
        slot.load().await.unwrap();
        assert!(slot.acquire_refresh_guard().await.unwrap().is_some());

        unencrypted(directory.path())
            .save(credentials("refresh-2"))
            .await
            .unwrap();
        let refused = slot.acquire_refresh_guard().await.map(|_| ()).unwrap_err();
        assert!(
            refused.to_string().contains("has renewed the tokens"),
            "{refused}"
        );
        slot.load().await.unwrap();
        assert!(slot.acquire_refresh_guard().await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_refresh_does_not_undo_the_login_of_another_client() {
        let directory = tempfile::tempdir().unwrap();
        let slot = unencrypted(directory.path());
        slot.save(credentials_of("client-1", "refresh-1"))
            .await
            .unwrap();
        let login = unencrypted(directory.path());
        login.expect_login(None);
        login
            .save(credentials_of("client-2", "refresh-2"))
            .await
            .unwrap();
        slot.save(credentials_of("client-1", "refresh-3"))
            .await
            .unwrap();
        assert_eq!(stored_refresh_token(&slot).as_deref(), Some("refresh-2"));
        slot.save(credentials_of("client-2", "refresh-4"))
            .await
            .unwrap();
        assert_eq!(stored_refresh_token(&slot).as_deref(), Some("refresh-4"));
    }

    #[tokio::test]
    async fn files_that_a_killed_process_left_are_removed_once_they_are_old() {
        let directory = tempfile::tempdir().unwrap();
        let slot = unencrypted(directory.path());
        let old = directory.path().join(".tokens-old");
        let new = directory.path().join(".tokens-new");
        fs::write(&new, b"half").unwrap();
        let long_ago = std::time::SystemTime::now() - Duration::from_secs(3_600);
        let file = fs::File::create(&old).unwrap();
        file.set_modified(long_ago).unwrap();
        slot.save(credentials("r")).await.unwrap();
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
    async fn debug_and_errors_hold_no_secret() {
        let directory = tempfile::tempdir().unwrap();
        let slot = encrypted(directory.path(), "passphrase-of-the-test");
        slot.expect_login(Some(client()));
        slot.save(credentials("refresh-token-of-the-test"))
            .await
            .unwrap();
        let record = slot.read().unwrap().unwrap();
        let shown = format!(
            "{slot:?} {:?} {record:?} {} {}",
            slot.store,
            summary(&record),
            details(&record, Secrets::Hidden)
        );
        let revealed = details(&record, Secrets::Revealed);
        for secret in [
            "access-token-of-the-test",
            "refresh-token-of-the-test",
            "secret-of-the-test",
        ] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
            assert!(revealed.contains(secret), "{secret}");
        }
        assert!(!format!("{shown}{revealed}").contains("passphrase-of-the-test"));
    }

    #[test]
    fn a_layout_is_read_as_it_was_written() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.unencrypted.json");
        let record = Record::empty("http://localhost/", None);
        file::write(&path, &record, &Protection::Unencrypted).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"version\": 2"), "{text}");
        assert!(matches!(
            file::read(&path, &Protection::Unencrypted),
            Ok(file::Stored::Record(read)) if read.server == record.server
        ));
    }
}
