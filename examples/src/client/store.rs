//! Keeps tokens: one JSON file per MCP server, readable by its owner only.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use rmcp::transport::auth::{
    AuthError, CredentialRefreshGuard, CredentialStore, StoredCredentials,
};
use url::Url;

use super::{
    error::ClientError,
    events::{Progress, Reporter},
    files::{Stored, file_name, open_private, read_record, store_error, write_record},
    record::{Record, RegisteredClient, Tokens},
};

/// How long a refresh waits for another process that refreshes the same tokens.
const LOCK_PATIENCE: Duration = Duration::from_secs(30);

/// The tokens of one MCP server.
#[derive(Clone)]
pub struct TokenStore {
    server: Arc<str>,
    place: Arc<Place>,
    reporter: Reporter,
}

enum Place {
    File(PathBuf),
    Memory(Mutex<Option<Box<Record>>>),
}

impl TokenStore {
    /// A store that ends with the process.
    #[must_use]
    pub fn in_memory(server: &Url) -> Self {
        Self::new(server, Place::Memory(Mutex::default()))
    }

    /// The file for `server` in `directory`; it is written at the first login.
    #[must_use]
    pub fn in_directory(directory: &Path, server: &Url) -> Self {
        Self::new(server, Place::File(directory.join(file_name(server))))
    }

    fn new(server: &Url, place: Place) -> Self {
        Self {
            server: server.as_str().into(),
            place: Arc::new(place),
            reporter: Reporter::default(),
        }
    }

    pub(crate) fn watched_by(mut self, reporter: Reporter) -> Self {
        self.reporter = reporter;
        self
    }

    /// Where the tokens are, unless they are in memory.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self.place.as_ref() {
            Place::File(path) => Some(path),
            Place::Memory(_) => None,
        }
    }

    /// What is stored. A file that cannot be understood is set aside under another name.
    ///
    /// # Errors
    ///
    /// [`ClientError::Store`] when the file cannot be read, or a newer version wrote it.
    pub fn read(&self) -> Result<Option<Record>, ClientError> {
        let path = match self.place.as_ref() {
            Place::Memory(record) => {
                let record = record.lock().unwrap_or_else(PoisonError::into_inner);
                return Ok(record.as_deref().cloned());
            }
            Place::File(path) => path,
        };
        match read_record(path)? {
            Stored::Nothing => Ok(None),
            Stored::Record(record) if record.server == *self.server => Ok(Some(*record)),
            Stored::Record(_) => self.set_aside(path, "it belongs to another server"),
            Stored::Corrupt(reason) => self.set_aside(path, &reason),
        }
    }

    fn write(&self, record: &Record) -> Result<(), ClientError> {
        match self.place.as_ref() {
            Place::Memory(place) => {
                *place.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some(Box::new(record.clone()));
                Ok(())
            }
            Place::File(path) => {
                write_record(path, record).map_err(|error| store_error(path, &error))
            }
        }
    }

    /// Removes tokens and registration. Nothing to remove is no error.
    ///
    /// # Errors
    ///
    /// [`ClientError::Store`] when the file cannot be removed.
    pub fn remove(&self) -> Result<(), ClientError> {
        match self.place.as_ref() {
            Place::Memory(place) => {
                *place.lock().unwrap_or_else(PoisonError::into_inner) = None;
                Ok(())
            }
            Place::File(path) => match fs::remove_file(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(store_error(path, &error))
                }
                _ => Ok(()),
            },
        }
    }

    /// Notes the registration that the next tokens will belong to.
    pub(crate) fn remember_client(&self, client: RegisteredClient) -> Result<(), ClientError> {
        let mut record = self.read()?.unwrap_or_else(|| Record::empty(&self.server));
        record.client = Some(client);
        self.write(&record)
    }

    /// Notes the key that the next tokens will be bound to.
    pub(crate) fn remember_proof_key(&self, key: &str) -> Result<(), ClientError> {
        let mut record = self.read()?.unwrap_or_else(|| Record::empty(&self.server));
        record.proof_key = Some(key.to_owned());
        self.write(&record)
    }

    /// The file is kept: somebody may want to look at it, and it may be all they have.
    fn set_aside(&self, path: &Path, reason: &str) -> Result<Option<Record>, ClientError> {
        let stamp = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_nanos();
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".corrupt-{stamp}"));
        let aside = PathBuf::from(name);
        fs::rename(path, &aside).map_err(|error| store_error(path, &error))?;
        tracing::warn!(file = %aside.display(), reason, "unreadable token file set aside");
        self.reporter.report(&Progress::SetAside {
            path: aside,
            reason: reason.to_owned(),
        });
        Ok(None)
    }
}

#[async_trait]
impl CredentialStore for TokenStore {
    async fn load(&self) -> Result<Option<StoredCredentials>, AuthError> {
        Ok(self
            .read()
            .map_err(auth_error)?
            .and_then(|record| record.credentials))
    }

    async fn save(&self, credentials: StoredCredentials) -> Result<(), AuthError> {
        let mut record = self
            .read()
            .map_err(auth_error)?
            .unwrap_or_else(|| Record::empty(&self.server));
        record.credentials = Some(credentials);
        self.write(&record).map_err(auth_error)
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
            self.write(&record).map_err(auth_error)?;
        }
        Ok(())
    }

    /// Two processes must not spend the same refresh token: rotation would end both logins.
    async fn acquire_refresh_guard(&self) -> Result<Option<CredentialRefreshGuard>, AuthError> {
        let Place::File(path) = self.place.as_ref() else {
            return Ok(None);
        };
        let lock = path.with_extension("lock");
        let wait = async {
            let file = open_private(&lock)?;
            while let Err(error) = fs4::FileExt::try_lock(&file) {
                match error {
                    fs4::TryLockError::WouldBlock => {
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                    fs4::TryLockError::Error(error) => return Err(error),
                }
            }
            Ok(file)
        };
        match tokio::time::timeout(LOCK_PATIENCE, wait).await {
            Ok(Ok(file)) => Ok(Some(CredentialRefreshGuard::new(file))),
            Ok(Err(error)) => Err(auth_error(store_error(&lock, &error))),
            Err(_) => Err(AuthError::CredentialStoreError(format!(
                "another process has held {} for {} s; end it",
                lock.display(),
                LOCK_PATIENCE.as_secs()
            ))),
        }
    }
}

impl fmt::Debug for TokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenStore")
            .field("server", &self.server)
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}

fn refresh_token(credentials: &StoredCredentials) -> Option<String> {
    Tokens::of(&serde_json::to_value(credentials.token_response.as_ref()?).ok()?)?.refresh_token
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

    use serde_json::json;

    use super::*;

    fn server() -> Url {
        Url::parse("http://localhost:8000/mcp").unwrap()
    }

    fn credentials(refresh_token: &str) -> StoredCredentials {
        let response = json!({
            "access_token": "access-token-of-the-test", "token_type": "bearer",
            "refresh_token": refresh_token, "expires_in": 60,
        });
        StoredCredentials::new(
            "client-1".into(),
            Some(serde_json::from_value(response).unwrap()),
            vec!["read".into()],
            Some(1),
        )
        .with_issuer(Some("http://localhost:9000".into()))
    }

    fn client() -> RegisteredClient {
        RegisteredClient {
            client_id: "client-1".into(),
            client_secret: Some("secret-of-the-test".into()),
            redirect_uri: "http://localhost:8000/auth/callback".into(),
            issuer: Some("http://localhost:9000".into()),
        }
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
        let directory = tempfile::tempdir().unwrap();
        let store = TokenStore::in_directory(directory.path(), &server());
        assert!(store.load().await.unwrap().is_none());
        store.remember_client(client()).unwrap();
        store.save(credentials("refresh-1")).await.unwrap();
        store.save(credentials("refresh-2")).await.unwrap();

        let record = TokenStore::in_directory(directory.path(), &server())
            .read()
            .unwrap()
            .unwrap();
        assert_eq!(
            record.tokens().unwrap().refresh_token.as_deref(),
            Some("refresh-2")
        );
        assert_eq!(record.client_of_tokens(), Some(&client()));
        let credentials = record.credentials.unwrap();
        assert_eq!(credentials.issuer.as_deref(), Some("http://localhost:9000"));
        assert_eq!(credentials.token_received_at, Some(1));
        assert_eq!(names(directory.path()).len(), 1, "no temporary file stays");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_the_owner_can_read_anything() {
        use std::os::unix::fs::PermissionsExt as _;
        let base = tempfile::tempdir().unwrap();
        let directory = base.path().join("a/b");
        let store = TokenStore::in_directory(&directory, &server());
        store.save(credentials("r")).await.unwrap();
        let guard = store.acquire_refresh_guard().await.unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&directory), 0o700);
        for name in names(&directory) {
            assert_eq!(mode(&directory.join(&name)), 0o600, "{name}");
        }
        // A file that somebody opened up is private again after the next write.
        fs::set_permissions(store.path().unwrap(), fs::Permissions::from_mode(0o644)).unwrap();
        store.save(credentials("r")).await.unwrap();
        assert_eq!(mode(store.path().unwrap()), 0o600);
        drop(guard);
    }

    #[tokio::test]
    async fn a_reader_never_sees_half_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let store = TokenStore::in_directory(directory.path(), &server());
        store.save(credentials("r")).await.unwrap();
        let reader = store.clone();
        let reading = std::thread::spawn(move || {
            (0..300).all(|_| matches!(reader.read(), Ok(Some(record)) if record.tokens().is_some()))
        });
        for _ in 0..30 {
            store.save(credentials(&"r".repeat(10_000))).await.unwrap();
        }
        assert!(reading.join().unwrap());
        assert_eq!(names(directory.path()).len(), 1);
    }

    #[tokio::test]
    async fn what_cannot_be_understood_is_kept_under_another_name() {
        let other = Record::empty("http://localhost:1/other");
        let rows = [
            ("empty", Vec::new()),
            ("cut off", br#"{"version":1,"server":"#.to_vec()),
            ("not text", vec![0xff, 0xfe]),
            ("another layout", b"{}".to_vec()),
            ("an array", b"[]".to_vec()),
            ("of another server", serde_json::to_vec(&other).unwrap()),
        ];
        for (row, bytes) in rows {
            let directory = tempfile::tempdir().unwrap();
            let (reporter, mut events) = Reporter::channel();
            let store = TokenStore::in_directory(directory.path(), &server()).watched_by(reporter);
            fs::write(store.path().unwrap(), &bytes).unwrap();
            assert!(store.load().await.unwrap().is_none(), "{row}");
            let Ok(Progress::SetAside { path, .. }) = events.try_recv() else {
                unreachable!("{row}")
            };
            assert_eq!(fs::read(path).unwrap(), bytes, "{row}");
            store.save(credentials("r")).await.unwrap();
            assert!(store.load().await.unwrap().is_some(), "{row}");
        }
    }

    #[test]
    fn a_file_of_a_newer_version_stays_where_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let store = TokenStore::in_directory(directory.path(), &server());
        fs::write(store.path().unwrap(), r#"{"version":2,"new":true}"#).unwrap();
        let error = store.read().unwrap_err();
        assert!(error.to_string().contains("newer version"), "{error}");
        assert!(store.path().unwrap().exists());
    }

    #[tokio::test]
    async fn refused_tokens_go_unless_they_were_replaced() {
        let store = TokenStore::in_memory(&server());
        store.remember_client(client()).unwrap();
        store.save(credentials("new")).await.unwrap();
        store
            .on_refresh_token_rejected(&credentials("old"))
            .await
            .unwrap();
        assert!(store.load().await.unwrap().is_some());
        store
            .on_refresh_token_rejected(&credentials("new"))
            .await
            .unwrap();
        assert!(store.load().await.unwrap().is_none());
        assert!(
            store.read().unwrap().unwrap().client.is_some(),
            "the registration stays"
        );
        store.clear().await.unwrap();
        assert!(store.read().unwrap().is_none());
    }

    #[tokio::test]
    async fn one_refresh_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let store = TokenStore::in_directory(directory.path(), &server());
        let first = store.acquire_refresh_guard().await.unwrap();
        // Another process has a file of its own, so a lock of its own.
        let other = TokenStore::in_directory(directory.path(), &server());
        let mut second = Box::pin(other.acquire_refresh_guard());
        assert!(
            futures_poll(&mut second).await.is_none(),
            "held while the first one refreshes"
        );
        drop(first);
        assert!(second.await.unwrap().is_some());
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
        let store = TokenStore::in_directory(directory.path(), &server());
        store.remember_client(client()).unwrap();
        store
            .save(credentials("refresh-token-of-the-test"))
            .await
            .unwrap();
        let record = store.read().unwrap().unwrap();
        let shown = format!(
            "{store:?} {record:?} {} {}",
            super::super::tokens::summary(&record),
            super::super::tokens::details(&record)
        );
        for secret in [
            "access-token-of-the-test",
            "refresh-token-of-the-test",
            "secret-of-the-test",
        ] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}
