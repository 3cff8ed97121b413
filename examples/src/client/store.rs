//! Keeps tokens: one JSON file per MCP server, readable by its owner only.

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use aws_lc_rs::digest;
use rmcp::transport::auth::{
    AuthError, CredentialRefreshGuard, CredentialStore, StoredCredentials,
};
use url::Url;

use super::{
    error::ClientError,
    events::{Progress, Reporter},
    record::{Record, RegisteredClient, Tokens, VERSION},
};

/// Environment variable that names the directory.
pub const DIRECTORY_VARIABLE: &str = "MCP_CLIENT_TOKEN_DIR";

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

/// The default directory: `$MCP_CLIENT_TOKEN_DIR`, else the user's data directory.
///
/// # Errors
///
/// [`ClientError::Usage`] when the environment names no home directory either.
pub fn default_directory() -> Result<PathBuf, ClientError> {
    directory_from(|name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    })
}

fn directory_from(variable: impl Fn(&str) -> Option<PathBuf>) -> Result<PathBuf, ClientError> {
    if let Some(directory) = variable(DIRECTORY_VARIABLE) {
        return Ok(directory);
    }
    // XDG says a relative path is to be ignored.
    let data = if let Some(data) = variable("XDG_DATA_HOME").filter(|path| path.is_absolute()) {
        Some(data)
    } else if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        variable("HOME").map(|home| home.join(".local/share"))
    };
    data.map(|data| data.join("auth-scalekit-client"))
        .ok_or_else(|| {
            ClientError::Usage(format!(
                "no directory for tokens; set --token-dir or {DIRECTORY_VARIABLE}"
            ))
        })
}

/// All readable token files of a directory, in the order of their URLs.
///
/// # Errors
///
/// [`ClientError::Store`] when the directory exists and cannot be read.
pub fn list(directory: &Path) -> Result<Vec<Record>, ClientError> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(store_error(directory, &error)),
    };
    let mut records = Vec::new();
    for entry in entries {
        let path = entry
            .map_err(|error| store_error(directory, &error))?
            .path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
            && let Stored::Record(record) = read_record(&path)?
        {
            records.push(*record);
        }
    }
    records.sort_by(|a, b| a.server.cmp(&b.server));
    Ok(records)
}

enum Stored {
    Nothing,
    Record(Box<Record>),
    Corrupt(String),
}

fn read_record(path: &Path) -> Result<Stored, ClientError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Stored::Nothing),
        Err(error) => return Err(store_error(path, &error)),
    };
    // The message of serde names a place and a type, but can quote a value: only the place is kept.
    let corrupt = |error: serde_json::Error| {
        Stored::Corrupt(format!(
            "not a token file at line {}, column {}",
            error.line(),
            error.column()
        ))
    };
    let value: serde_json::Value = match serde_json::from_slice(&bytes) {
        Ok(value) => value,
        Err(error) => return Ok(corrupt(error)),
    };
    if let Some(version) = value.get("version").and_then(serde_json::Value::as_u64)
        && version > u64::from(VERSION)
    {
        return Err(ClientError::Store {
            path: path.to_owned(),
            reason: format!("written by a newer version of this client (layout {version})"),
        });
    }
    Ok(serde_json::from_value(value)
        .map_or_else(corrupt, |record| Stored::Record(Box::new(record))))
}

/// Written next to the target and renamed over it: a reader sees the old file or the new one.
fn write_record(path: &Path, record: &Record) -> std::io::Result<()> {
    let directory = path.parent().unwrap_or_else(|| Path::new("."));
    create_private_directory(directory)?;
    // tempfile creates with mode 0600.
    let mut file = tempfile::Builder::new()
        .prefix(".tokens-")
        .tempfile_in(directory)?;
    file.write_all(&serde_json::to_vec_pretty(record)?)?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn create_private_directory(directory: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

fn open_private(path: &Path) -> std::io::Result<File> {
    if let Some(directory) = path.parent() {
        create_private_directory(directory)?;
    }
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A hash, because a URL has characters no file name may have; the URL itself is in the file.
fn file_name(server: &Url) -> String {
    let hash = digest::digest(&digest::SHA256, server.as_str().as_bytes());
    let hex: String = hash
        .as_ref()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{hex}.json")
}

fn refresh_token(credentials: &StoredCredentials) -> Option<String> {
    Tokens::of(&serde_json::to_value(credentials.token_response.as_ref()?).ok()?)?.refresh_token
}

fn store_error(path: &Path, error: &std::io::Error) -> ClientError {
    ClientError::Store {
        path: path.to_owned(),
        reason: error.to_string(),
    }
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

    use std::collections::HashMap;

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

    #[test]
    fn servers_do_not_share_files() {
        let name = |url: &str| file_name(&Url::parse(url).unwrap());
        assert_ne!(
            name("http://localhost:8000/mcp"),
            name("http://localhost:8000/mcp/")
        );
        assert_ne!(
            name("http://localhost:8000/mcp"),
            name("http://localhost:8001/mcp")
        );
        assert_eq!(
            name("http://LOCALHOST:8000/mcp"),
            name("http://localhost:8000/mcp")
        );
        assert!(
            name("http://localhost/../../etc")
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '.')
        );
    }

    #[test]
    fn directories() {
        // variables set, directory chosen
        type Variables = &'static [(&'static str, &'static str)];
        let rows: [(Variables, Option<&str>); 6] = [
            (
                &[
                    ("MCP_CLIENT_TOKEN_DIR", "/t"),
                    ("XDG_DATA_HOME", "/x"),
                    ("HOME", "/h"),
                ],
                Some("/t"),
            ),
            (
                &[("XDG_DATA_HOME", "/x"), ("HOME", "/h")],
                Some("/x/auth-scalekit-client"),
            ),
            (
                &[("XDG_DATA_HOME", "relative"), ("HOME", "/h")],
                Some("/h/.local/share/auth-scalekit-client"),
            ),
            (
                &[("HOME", "/h")],
                Some("/h/.local/share/auth-scalekit-client"),
            ),
            (&[("XDG_DATA_HOME", "/x")], Some("/x/auth-scalekit-client")),
            (&[], None),
        ];
        for (variables, expected) in rows {
            if cfg!(any(windows, target_os = "macos"))
                && !variables
                    .iter()
                    .any(|(name, _)| *name == "MCP_CLIENT_TOKEN_DIR")
            {
                continue;
            }
            let variables: HashMap<&str, &str> = variables.iter().copied().collect();
            let got = directory_from(|name| variables.get(name).map(PathBuf::from)).ok();
            assert_eq!(got, expected.map(PathBuf::from), "{variables:?}");
        }
    }
}
