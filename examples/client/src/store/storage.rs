//! Where records are: in a directory of token files, or in memory.

use std::{
    collections::BTreeMap,
    fmt, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{
    disk::store_error,
    files::{Change, Files},
    protection::Protection,
    record::Record,
};
use crate::{
    error::ClientError,
    events::{Progress, Reporter},
};

/// The records of all servers. Cloning it is cheap.
///
/// Its methods block where the records are in files, so asynchronous code calls them in [`run`](Self::run).
#[derive(Clone)]
pub(super) struct Storage {
    place: Arc<Place>,
    pub(super) reporter: Reporter,
}

enum Place {
    Files(Files),
    Memory {
        records: Mutex<BTreeMap<(String, String), Record>>,
        /// Why the records are not in files, to be reported at the first login.
        reason: Option<String>,
        reported: AtomicBool,
        /// Held while tokens are refreshed.
        refresh: Arc<tokio::sync::Mutex<()>>,
    },
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
        Self::new(Place::Files(Files::new(directory, protection)))
    }

    fn new(place: Place) -> Self {
        Self {
            place: Arc::new(place),
            reporter: Reporter::default(),
        }
    }

    /// Does blocking work: where the records are in files, on a thread for such work, since a key may have to be derived
    /// and a lock to be waited for. The work is finished even if its caller stops waiting for it.
    ///
    /// # Errors
    ///
    /// Those of `work`, and [`ClientError::Store`] when the runtime ends before the work begins.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ClientError> + Send + 'static,
    ) -> Result<T, ClientError> {
        let files = match self.place.as_ref() {
            Place::Memory { .. } => return work(self),
            Place::Files(files) => files,
        };
        let storage = self.clone();
        match tokio::task::spawn_blocking(move || work(&storage)).await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => {
                    let ended = io::Error::other("the runtime ended before the store was used");
                    Err(store_error(files.directory(), &ended))
                }
            },
        }
    }

    /// The records that match: `named` is applied to the names of files, `wanted` to records.
    ///
    /// # Errors
    ///
    /// Those of [`file::read`](super::file::read), and [`ClientError::Store`] when the directory cannot be read.
    pub(super) fn find(
        &self,
        named: impl Fn(&str) -> bool,
        wanted: impl Fn(&Record) -> bool,
    ) -> Result<Vec<Record>, ClientError> {
        let mut found = match self.place.as_ref() {
            Place::Memory { records, .. } => {
                let records = records.lock().unwrap_or_else(PoisonError::into_inner);
                records.values().cloned().collect()
            }
            Place::Files(files) => files.find(named, &self.reporter)?,
        };
        found.retain(wanted);
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
            Place::Files(files) => files.remove(named),
        }
    }

    /// The path of one record, unless it is in memory.
    pub(super) fn path(&self, server: &str, issuer: &str) -> Option<PathBuf> {
        match self.place.as_ref() {
            Place::Memory { .. } => None,
            Place::Files(files) => Some(files.path(server, issuer)),
        }
    }

    /// Reads one record.
    ///
    /// # Errors
    ///
    /// Those of [`file::read`](super::file::read).
    pub(super) fn read(&self, server: &str, issuer: &str) -> Result<Option<Record>, ClientError> {
        match self.place.as_ref() {
            Place::Memory { records, .. } => {
                let records = records.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(records
                    .get(&(server.to_owned(), issuer.to_owned()))
                    .cloned())
            }
            Place::Files(files) => files.read(&files.path(server, issuer), &self.reporter),
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
        let (records, reason, reported) = match self.place.as_ref() {
            Place::Files(files) => {
                return files.update(&files.path(server, issuer), &self.reporter, change);
            }
            Place::Memory {
                records,
                reason,
                reported,
                ..
            } => (records, reason, reported),
        };
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

    /// The lock of the refresh of tokens in memory; tokens in files have one that processes share.
    pub(super) fn memory_refresh_lock(&self) -> Option<Arc<tokio::sync::Mutex<()>>> {
        match self.place.as_ref() {
            Place::Memory { refresh, .. } => Some(Arc::clone(refresh)),
            Place::Files(_) => None,
        }
    }

    /// How often files were touched.
    #[cfg(test)]
    pub(super) fn counts(&self) -> &super::files::Counts {
        match self.place.as_ref() {
            Place::Memory { .. } => unreachable!("in memory"),
            Place::Files(files) => &files.counts,
        }
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_ref() {
            Place::Files(files) => f
                .debug_tuple("TokenStore")
                .field(&files.directory())
                .field(files.protection())
                .finish(),
            Place::Memory { .. } => f.write_str("TokenStore(in memory)"),
        }
    }
}
