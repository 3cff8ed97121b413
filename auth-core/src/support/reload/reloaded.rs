//! [`Reloaded`]: the version of a file that is in force.

use std::fmt::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::contents::{Contents, FileId, Hash};
use super::file_error::{FileError, FileProblem, FileProblems};
use super::settings::Settings;
use crate::error::ErrorChain;

/// A value that is made of a file, and made anew when the file changes. Clones share it.
///
/// Nothing is read on its own: [`watch`](Self::watch) is a future that reads periodically, and
/// [`reload_now`](Self::reload_now) is for the handler of a signal.
///
/// ```
/// use auth_core::support::reload::{FileProblem, FileProblems, Reloaded};
///
/// fn load(text: &str) -> Result<u32, FileProblems> {
///     let number = text.trim().parse();
///     number.map_err(|_| FileProblem::at(text, 0, "is not a number: write one").into())
/// }
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("limit");
/// # std::fs::write(&path, "7\n")?;
///
/// let limit = Reloaded::builder(&path).open(load)?;
/// assert_eq!(*limit.current(), 7);
/// // On a tokio runtime: `tokio::spawn(limit.watch());`
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Reloaded<T>(pub(super) Arc<Shared<T>>);

/// Makes a value of the contents of a file.
pub(super) type Load<T> = Box<dyn Fn(&str) -> Result<T, FileProblems> + Send + Sync>;

pub(super) struct Shared<T> {
    settings: Settings,
    load: Load<T>,
    in_force: RwLock<Version<T>>,
    /// Locked while the file is read, so that an older reading never replaces a newer one.
    last: Mutex<LastReading>,
}

struct Version<T> {
    value: Arc<T>,
    hash: Hash,
}

/// The last reading of the file.
struct LastReading {
    /// Which file it was and what it held; `None` if it was unreadable.
    found: Option<(FileId, Hash)>,
    /// Why these contents, or the file, cannot be used; reported once.
    error: Option<FileError>,
}

/// The result of reading the file again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    /// The contents are those of the version in force.
    Unchanged,
    /// A new version is in force.
    Replaced,
    /// The contents have changed in place since the last reading, so they may still be being written.
    /// They come into force when the next reading finds the same.
    Changing,
}

impl<T: Send + Sync + 'static> Reloaded<T> {
    pub(super) fn new(settings: Settings, load: Load<T>, contents: &Contents, value: T) -> Self {
        let hash = contents.hash;
        Self(Arc::new(Shared {
            settings,
            load,
            in_force: RwLock::new(Version {
                value: Arc::new(value),
                hash,
            }),
            last: Mutex::new(LastReading {
                found: Some((contents.file, hash)),
                error: None,
            }),
        }))
    }

    /// The version in force. A request takes it once, so that one version decides it.
    #[must_use]
    pub fn current(&self) -> Arc<T> {
        let in_force = self.0.in_force.read();
        Arc::clone(&in_force.unwrap_or_else(PoisonError::into_inner).value)
    }

    /// The name of the version in force: the first twelve digits that `sha256sum` prints for the file.
    #[must_use]
    pub fn version(&self) -> String {
        let in_force = self.0.in_force.read();
        name_of(&in_force.unwrap_or_else(PoisonError::into_inner).hash)
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.settings.path
    }

    /// Reads the file now, on a thread for blocking work. Contents that have changed come into force at
    /// once: the caller vouches that they are written to the end. Call this on a tokio runtime.
    ///
    /// # Errors
    ///
    /// [`FileError`] if the file cannot be used; then the old version stays in force.
    pub async fn reload_now(&self) -> Result<Reload, FileError> {
        self.read(false).await
    }

    /// Reads the file once, as [`watch`](Self::watch) does after each interval: contents that replaced
    /// the file by renaming come into force at once, and contents that were written in place when two
    /// readings in a row find the same. A file that is cut off or half written is so never in force.
    ///
    /// # Errors
    ///
    /// As [`reload_now`](Self::reload_now).
    pub async fn poll_once(&self) -> Result<Reload, FileError> {
        self.read(true).await
    }

    /// Reads the file after each [interval](super::ReloadedBuilder::poll_every), until all handles are dropped.
    /// What it finds is logged. Call this, and spawn it, on a tokio runtime.
    ///
    /// The contents are compared, and not only the time of the last change: a file can change twice
    /// within the resolution of that time.
    pub fn watch(&self) -> impl Future<Output = ()> + Send + use<T> {
        let weak = Arc::downgrade(&self.0);
        async move {
            loop {
                let Some(pause) = weak.upgrade().map(|shared| {
                    let settings = &shared.settings;
                    settings.clock.sleep(settings.interval)
                }) else {
                    return;
                };
                pause.await;
                let Some(shared) = weak.upgrade() else {
                    return;
                };
                // It was logged.
                let _ = Self(shared).poll_once().await;
            }
        }
    }

    async fn read(&self, settles: bool) -> Result<Reload, FileError> {
        let shared = Arc::clone(&self.0);
        let reading = tokio::task::spawn_blocking(move || shared.read(settles));
        reading.await.unwrap_or_else(|_| {
            let problem = "was not read to its end: the reader panicked or the runtime stopped";
            Err(FileError::new(self.path(), FileProblem::new(problem)))
        })
    }
}

impl<T> Shared<T> {
    pub(super) fn read(&self, settles: bool) -> Result<Reload, FileError> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let settings = &self.settings;
        let contents = match Contents::read(&settings.path, settings.max_bytes) {
            Ok(contents) => contents,
            Err(error) => {
                last.found = None;
                return Err(last.report(error));
            }
        };
        let (file, hash) = (contents.file, contents.hash);
        let is_stable = match last.found.replace((file, hash)) {
            Some((last_file, last_hash)) => last_file != file || last_hash == hash,
            None => false,
        };
        if hash == self.hash_in_force() {
            last.error = None;
            return Ok(Reload::Unchanged);
        }
        if settles && !is_stable {
            return Ok(Reload::Changing);
        }
        match contents.load(&settings.path, &self.load) {
            Ok(value) => {
                self.replace(value, hash);
                last.error = None;
                Ok(Reload::Replaced)
            }
            Err(error) => Err(last.report(error)),
        }
    }

    fn hash_in_force(&self) -> Hash {
        let in_force = self.in_force.read();
        in_force.unwrap_or_else(PoisonError::into_inner).hash
    }

    fn replace(&self, value: T, hash: Hash) {
        let value = Arc::new(value);
        let version = Version { value, hash };
        let old = match self.in_force.write() {
            Ok(mut in_force) => std::mem::replace(&mut *in_force, version),
            Err(poisoned) => std::mem::replace(&mut *poisoned.into_inner(), version),
        };
        let path = self.settings.path.display();
        let version = name_of(&hash);
        tracing::info!(%path, version, "a new version of the file is in force");
        // Dropped outside of the lock, since a large value takes a while.
        drop(old);
    }
}

impl LastReading {
    /// Logs an error unless it is the one that was logged last.
    fn report(&mut self, error: FileError) -> FileError {
        let line = |error: &FileError| ErrorChain(error).to_string();
        let new = line(&error);
        if self.error.as_ref().map(line).as_deref() != Some(&new) {
            tracing::warn!(error = new, "the old version of the file stays in force");
        }
        self.error = Some(error.clone());
        error
    }
}

fn name_of(hash: &Hash) -> String {
    hash.iter().take(6).fold(String::new(), |mut name, byte| {
        // Writing to a string does not fail.
        let _ = write!(name, "{byte:02x}");
        name
    })
}

impl<T> Clone for Reloaded<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Reloaded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reloaded")
            .field("path", &self.0.settings.path)
            .finish_non_exhaustive()
    }
}
