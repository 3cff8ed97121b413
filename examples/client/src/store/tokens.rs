//! All tokens of a client: where they are, which there are, and that they go.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use url::Url;

use crate::store::{
    file::{self, Lock, Stored, store_error},
    names,
    protection::Protection,
    record::Record,
    token_entry::Slot,
};
use crate::{
    error::ClientError,
    events::{Progress, Reporter},
};

/// Where the tokens for all servers are. Cloning it is cheap.
#[derive(Clone)]
pub struct TokenStore {
    place: Arc<Place>,
    reporter: Reporter,
}

enum Place {
    Directory(PathBuf, Protection),
    Memory {
        records: Mutex<BTreeMap<(String, String), Record>>,
        why: Option<String>,
        told: AtomicBool,
        /// Held while tokens are refreshed.
        refreshing: Arc<tokio::sync::Mutex<()>>,
    },
}

impl TokenStore {
    /// A store that ends with the process.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::new(Place::Memory {
            records: Mutex::default(),
            why: None,
            told: AtomicBool::default(),
            refreshing: Arc::default(),
        })
    }

    /// The same in place of files, and why there are none: the first login says so.
    #[must_use]
    pub fn in_memory_because(why: impl Into<String>) -> Self {
        Self::new(Place::Memory {
            records: Mutex::default(),
            why: Some(why.into()),
            told: AtomicBool::default(),
            refreshing: Arc::default(),
        })
    }

    /// Files in a directory, which is made at the first login.
    #[must_use]
    pub fn in_directory(directory: &Path, protection: Protection) -> Self {
        Self::new(Place::Directory(directory.to_owned(), protection))
    }

    fn new(place: Place) -> Self {
        Self {
            place: Arc::new(place),
            reporter: Reporter::default(),
        }
    }

    pub(crate) fn watched_by(mut self, reporter: Reporter) -> Self {
        self.reporter = reporter;
        self
    }

    /// The place for the tokens of a server from an issuer.
    #[must_use]
    pub fn slot(&self, server: &Url, issuer: Option<&str>) -> Slot {
        Slot::new(self.clone(), server, issuer)
    }

    /// What is stored for all servers, in the order of their URLs. A file that is of no use is set aside
    /// under another name; those of another [`Protection`] are left alone.
    ///
    /// # Errors
    ///
    /// [`ClientError::Store`] when a file cannot be read or a newer version wrote it,
    /// [`ClientError::Usage`] when the passphrase is another than that of a file.
    pub fn records(&self) -> Result<Vec<Record>, ClientError> {
        self.find(|_| true, |_| true)
    }

    /// What is stored for a server: more than one record when its issuer has changed.
    ///
    /// # Errors
    ///
    /// As [`records`](Self::records).
    pub fn of_server(&self, server: &Url) -> Result<Vec<Record>, ClientError> {
        let beginning = names::beginning(server.as_str());
        self.find(
            |name| name.starts_with(&beginning),
            |record| record.server == server.as_str(),
        )
    }

    fn find(
        &self,
        named: impl Fn(&str) -> bool,
        wanted: impl Fn(&Record) -> bool,
    ) -> Result<Vec<Record>, ClientError> {
        let mut found = Vec::new();
        match self.place.as_ref() {
            Place::Memory { records, .. } => {
                let records = records.lock().unwrap_or_else(PoisonError::into_inner);
                found.extend(records.values().filter(|record| wanted(record)).cloned());
            }
            Place::Directory(directory, protection) => {
                let ending = names::ending(protection.kind());
                let files = names::files(directory, |name| name.ends_with(&ending) && named(name))?;
                for path in files {
                    found.extend(
                        self.open(&path, protection)?
                            .filter(|record| wanted(record)),
                    );
                }
            }
        }
        found.sort_by(|a, b| (&a.server, &a.issuer).cmp(&(&b.server, &b.issuer)));
        Ok(found)
    }

    /// Removes what is stored for a server, also what this [`Protection`] could not open. How many logins
    /// that were.
    ///
    /// # Errors
    ///
    /// [`ClientError::Store`] when a file cannot be removed.
    pub fn remove(&self, server: &Url) -> Result<usize, ClientError> {
        let beginning = names::beginning(server.as_str());
        self.remove_those(
            |name| name.starts_with(&beginning),
            |(known, _)| known == server.as_str(),
        )
    }

    /// Removes what is stored for all servers. How many logins that were.
    ///
    /// # Errors
    ///
    /// [`ClientError::Store`] when a file cannot be removed.
    pub fn remove_all(&self) -> Result<usize, ClientError> {
        self.remove_those(|_| true, |_| true)
    }

    fn remove_those(
        &self,
        named: impl Fn(&str) -> bool,
        wanted: impl Fn(&(String, String)) -> bool,
    ) -> Result<usize, ClientError> {
        match self.place.as_ref() {
            Place::Memory { records, .. } => {
                let mut records = records.lock().unwrap_or_else(PoisonError::into_inner);
                let before = records.len();
                records.retain(|key, _| !wanted(key));
                Ok(before - records.len())
            }
            Place::Directory(directory, _) => {
                let files = names::files(directory, named)?;
                for path in &files {
                    file::remove(path)?;
                }
                file::remove_abandoned(directory);
                // A login may be there once for each protection, and set aside as well.
                let names: Vec<_> = files.iter().map(|path| names::name_of(path)).collect();
                let logins: BTreeSet<_> = names
                    .iter()
                    .filter_map(|name| names::login_of(name))
                    .collect();
                Ok(logins.len())
            }
        }
    }

    /// The path of one slot's file.
    pub(super) fn path(&self, server: &str, issuer: &str) -> Option<PathBuf> {
        match self.place.as_ref() {
            Place::Memory { .. } => None,
            Place::Directory(directory, protection) => {
                Some(directory.join(names::file_name(server, issuer, protection.kind())))
            }
        }
    }

    pub(super) fn read(&self, server: &str, issuer: &str) -> Result<Option<Record>, ClientError> {
        match self.place.as_ref() {
            Place::Memory { records, .. } => {
                let records = records.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(records
                    .get(&(server.to_owned(), issuer.to_owned()))
                    .cloned())
            }
            Place::Directory(directory, protection) => {
                let name = names::file_name(server, issuer, protection.kind());
                self.open(&directory.join(name), protection)
            }
        }
    }

    /// Changes what is stored, while no other task or process can.
    ///
    /// # Errors
    ///
    /// Those of `change`, of [`read`](Self::read), and [`ClientError::Store`] when it cannot be written.
    pub(super) fn update(
        &self,
        server: &str,
        issuer: &str,
        change: impl FnOnce(Option<Record>) -> Result<Change, ClientError>,
    ) -> Result<(), ClientError> {
        match self.place.as_ref() {
            Place::Memory {
                records, why, told, ..
            } => {
                let at = (server.to_owned(), issuer.to_owned());
                let mut records = records.lock().unwrap_or_else(PoisonError::into_inner);
                match change(records.get(&at).cloned())? {
                    Change::Nothing => {}
                    Change::Remove => drop(records.remove(&at)),
                    Change::Write(record) => {
                        if let Some(why) = why
                            && !told.swap(true, Ordering::Relaxed)
                        {
                            self.reporter.report(&Progress::NotKept(why.clone()));
                        }
                        records.insert(at, *record);
                    }
                }
                Ok(())
            }
            Place::Directory(directory, protection) => {
                let path = directory.join(names::file_name(server, issuer, protection.kind()));
                let _held = held(&path)?;
                match change(self.open_held(&path, protection)?)? {
                    Change::Nothing => Ok(()),
                    Change::Remove => file::remove(&path),
                    Change::Write(record) => file::write(&path, &record, protection),
                }
            }
        }
    }

    /// The lock of who refreshes tokens that are in memory.
    pub(super) fn refreshing(&self) -> Option<Arc<tokio::sync::Mutex<()>>> {
        match self.place.as_ref() {
            Place::Memory { refreshing, .. } => Some(Arc::clone(refreshing)),
            Place::Directory(..) => None,
        }
    }

    /// The record of a file that others may be about to replace.
    fn open(&self, path: &Path, protection: &Protection) -> Result<Option<Record>, ClientError> {
        if let Ok(record) = read_own(path, protection)? {
            return Ok(record);
        }
        let _held = held(path)?;
        self.open_held(path, protection)
    }

    /// The same while nobody else can change the file: one that is of no use is set aside.
    fn open_held(
        &self,
        path: &Path,
        protection: &Protection,
    ) -> Result<Option<Record>, ClientError> {
        let reason = match read_own(path, protection)? {
            Ok(record) => return Ok(record),
            Err(reason) => reason,
        };
        let aside = file::set_aside(path)?;
        tracing::warn!(file = %aside.display(), reason, "unreadable token file set aside");
        self.reporter.report(&Progress::SetAside {
            path: aside,
            reason,
        });
        Ok(None)
    }
}

/// What [`TokenStore::update`] is to do.
pub(super) enum Change {
    Nothing,
    Write(Box<Record>),
    Remove,
}

/// The lock of who changes a file. It is not that of a refresh, during which others may read and write.
fn held(path: &Path) -> Result<Lock, ClientError> {
    let lock = path.with_extension("write.lock");
    Lock::wait(&lock).map_err(|error| store_error(&lock, &error))
}

/// The record of a file, when its name is the right one for it; else why it is of no use.
fn read_own(
    path: &Path,
    protection: &Protection,
) -> Result<Result<Option<Record>, String>, ClientError> {
    Ok(match file::read(path, protection)? {
        Stored::Nothing => Ok(None),
        Stored::Corrupt(reason) => Err(reason),
        Stored::Record(record) => {
            let issuer = record.issuer.as_deref().unwrap_or_default();
            let name = names::file_name(&record.server, issuer, protection.kind());
            match names::name_of(path) == name {
                true => Ok(Some(*record)),
                false => Err("it belongs to another server".into()),
            }
        }
    })
}

impl fmt::Debug for TokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_ref() {
            Place::Directory(directory, protection) => f
                .debug_tuple("TokenStore")
                .field(directory)
                .field(protection)
                .finish(),
            Place::Memory { .. } => f.write_str("TokenStore(in memory)"),
        }
    }
}
