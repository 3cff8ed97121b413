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
    Memory(Mutex<Option<Record>>),
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
                return Ok(record
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone());
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
                *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(record.clone());
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
                        tokio::time::sleep(Duration::from_millis(50)).await
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
