//! Where records are: in a directory of token files, or in memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{
    disk::{self, store_error},
    file::{self, FileContent},
    lock::Lock,
    names,
    protection::Protection,
    record::Record,
};
use crate::{
    error::ClientError,
    events::{Progress, Reporter},
};

/// The records of all servers. Cloning it is cheap.
#[derive(Clone)]
pub(super) struct Storage {
    place: Arc<Place>,
    pub(super) reporter: Reporter,
}

enum Place {
    Directory(PathBuf, Protection),
    Memory {
        records: Mutex<BTreeMap<(String, String), Record>>,
        /// Why the records are not in files, to be reported at the first login.
        reason: Option<String>,
        reported: AtomicBool,
        /// Held while tokens are refreshed.
        refresh: Arc<tokio::sync::Mutex<()>>,
    },
}

/// What [`Storage::update`] is to do with a record.
pub(super) enum Change {
    Nothing,
    Write(Box<Record>),
    Remove,
}

impl Storage {
    pub(super) fn memory(reason: Option<String>) -> Self {
        Self::new(Place::Memory {
            records: Mutex::default(),
            reason,
            reported: AtomicBool::default(),
            refresh: Arc::default(),
        })
    }

    pub(super) fn directory(directory: &Path, protection: Protection) -> Self {
        Self::new(Place::Directory(directory.to_owned(), protection))
    }

    fn new(place: Place) -> Self {
        Self {
            place: Arc::new(place),
            reporter: Reporter::default(),
        }
    }

    /// The records that match: `named` is applied to the names of files, `wanted` to records.
    ///
    /// # Errors
    ///
    /// Those of [`file::read`], and [`ClientError::Store`] when the directory cannot be read.
    pub(super) fn find(
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

    /// Removes the records that match, and returns the number of logins they belonged to. `named` is applied to the
    /// names of files, `wanted` to the server and issuer of records in memory.
    ///
    /// # Errors
    ///
    /// [`ClientError::Store`] when a file cannot be removed.
    pub(super) fn remove(
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
                    disk::remove(path)?;
                }
                disk::remove_abandoned(directory);
                // A login can have a file for each protection, and others that were set aside.
                let names: Vec<_> = files.iter().map(|path| names::name_of(path)).collect();
                let logins: BTreeSet<_> = names
                    .iter()
                    .filter_map(|name| names::login_of(name))
                    .collect();
                Ok(logins.len())
            }
        }
    }

    /// The path of one record, unless it is in memory.
    pub(super) fn path(&self, server: &str, issuer: &str) -> Option<PathBuf> {
        match self.place.as_ref() {
            Place::Memory { .. } => None,
            Place::Directory(directory, protection) => {
                Some(directory.join(names::file_name(server, issuer, protection.kind())))
            }
        }
    }

    /// Reads one record.
    ///
    /// # Errors
    ///
    /// Those of [`file::read`].
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

    /// Changes one record, while no other task or process can change it.
    ///
    /// # Errors
    ///
    /// Those of `change`, of [`read`](Self::read), and [`ClientError::Store`] when the record cannot be written.
    pub(super) fn update(
        &self,
        server: &str,
        issuer: &str,
        change: impl FnOnce(Option<Record>) -> Result<Change, ClientError>,
    ) -> Result<(), ClientError> {
        match self.place.as_ref() {
            Place::Memory {
                records,
                reason,
                reported,
                ..
            } => {
                let key = (server.to_owned(), issuer.to_owned());
                let mut records = records.lock().unwrap_or_else(PoisonError::into_inner);
                match change(records.get(&key).cloned())? {
                    Change::Nothing => {}
                    Change::Remove => drop(records.remove(&key)),
                    Change::Write(record) => {
                        if let Some(reason) = reason
                            && !reported.swap(true, Ordering::Relaxed)
                        {
                            self.reporter.report(&Progress::NotKept(reason.clone()));
                        }
                        records.insert(key, *record);
                    }
                }
                Ok(())
            }
            Place::Directory(directory, protection) => {
                let path = directory.join(names::file_name(server, issuer, protection.kind()));
                let _lock = write_lock(&path)?;
                match change(self.open_locked(&path, protection)?)? {
                    Change::Nothing => Ok(()),
                    Change::Remove => disk::remove(&path),
                    Change::Write(record) => file::write(&path, &record, protection),
                }
            }
        }
    }

    /// The lock of the refresh of tokens in memory; tokens in files have one that processes share.
    pub(super) fn memory_refresh_lock(&self) -> Option<Arc<tokio::sync::Mutex<()>>> {
        match self.place.as_ref() {
            Place::Memory { refresh, .. } => Some(Arc::clone(refresh)),
            Place::Directory(..) => None,
        }
    }

    /// Reads a file that another process may be replacing.
    fn open(&self, path: &Path, protection: &Protection) -> Result<Option<Record>, ClientError> {
        if let Ok(record) = read_checked(path, protection)? {
            return Ok(record);
        }
        let _lock = write_lock(path)?;
        self.open_locked(path, protection)
    }

    /// Reads a file that no other process can replace, and sets it aside if it cannot be used.
    fn open_locked(
        &self,
        path: &Path,
        protection: &Protection,
    ) -> Result<Option<Record>, ClientError> {
        let reason = match read_checked(path, protection)? {
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

/// The lock of a process that changes a file. It is not the lock of a refresh, during which other processes may read
/// and write.
fn write_lock(path: &Path) -> Result<Lock, ClientError> {
    let lock = path.with_extension("write.lock");
    Lock::wait(&lock).map_err(|error| store_error(&lock, &error))
}

/// The record of a file whose name matches it; else why the file cannot be used.
fn read_checked(
    path: &Path,
    protection: &Protection,
) -> Result<Result<Option<Record>, String>, ClientError> {
    Ok(match file::read(path, protection)? {
        FileContent::Missing => Ok(None),
        FileContent::Corrupt(reason) => Err(reason),
        FileContent::Record(record) => {
            let issuer = record.issuer.as_deref().unwrap_or_default();
            let name = names::file_name(&record.server, issuer, protection.kind());
            match names::name_of(path) == name {
                true => Ok(Some(*record)),
                false => Err("it belongs to another server".into()),
            }
        }
    })
}

impl fmt::Debug for Storage {
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
