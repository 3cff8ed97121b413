//! Records in a directory of token files. The methods block: files are read and written, locks are waited for, keys
//! derived.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
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

/// A directory of token files, and how they are protected.
pub(super) struct Files {
    directory: PathBuf,
    protection: Protection,
    /// Whether a file with an outdated key could not be written again: it is logged once.
    stays_outdated: AtomicBool,
    #[cfg(test)]
    pub(super) counts: Counts,
}

/// How often files were read and written, and the directory was listed.
#[cfg(test)]
#[derive(Debug, Default)]
pub(super) struct Counts {
    reads: std::sync::atomic::AtomicUsize,
    writes: std::sync::atomic::AtomicUsize,
    listings: std::sync::atomic::AtomicUsize,
}

#[cfg(test)]
impl Counts {
    pub(super) fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    pub(super) fn writes(&self) -> usize {
        self.writes.load(Ordering::SeqCst)
    }

    pub(super) fn listings(&self) -> usize {
        self.listings.load(Ordering::SeqCst)
    }
}

/// What an update is to do with a record.
pub(super) enum Change {
    Nothing,
    Write(Box<Record>),
    Remove,
}

/// A file that can be used.
struct Opened {
    record: Box<Record>,
    /// Whether its key was derived as it is no longer done.
    outdated: bool,
}

impl Files {
    pub(super) fn new(directory: &Path, protection: Protection) -> Self {
        Self {
            directory: directory.to_owned(),
            protection,
            stays_outdated: AtomicBool::default(),
            #[cfg(test)]
            counts: Counts::default(),
        }
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(super) const fn protection(&self) -> &Protection {
        &self.protection
    }

    /// The path of the record of a server and an issuer.
    pub(super) fn path(&self, server: &str, issuer: &str) -> PathBuf {
        let name = names::file_name(server, issuer, self.protection.kind());
        self.directory.join(name)
    }

    /// The records of the files whose names are `named`.
    ///
    /// # Errors
    ///
    /// Those of [`file::read`], and [`ClientError::Store`] when the directory cannot be read.
    pub(super) fn find(
        &self,
        named: impl Fn(&str) -> bool,
        reporter: &Reporter,
    ) -> Result<Vec<Record>, ClientError> {
        let ending = names::ending(self.protection.kind());
        let mut found = Vec::new();
        for path in self.list(|name| name.ends_with(&ending) && named(name))? {
            found.extend(self.read(&path, reporter)?);
        }
        Ok(found)
    }

    /// Removes the files whose names are `named`, under every protection, and returns the number of logins.
    ///
    /// # Errors
    ///
    /// [`ClientError::Store`] when a file cannot be removed.
    pub(super) fn remove(&self, named: impl Fn(&str) -> bool) -> Result<usize, ClientError> {
        let files = self.list(named)?;
        for path in &files {
            disk::remove(path)?;
        }
        disk::remove_abandoned(&self.directory);
        // A login can have a file for each protection, and others that were set aside.
        let names: Vec<_> = files.iter().map(|path| names::name_of(path)).collect();
        let logins: BTreeSet<_> = names
            .iter()
            .filter_map(|name| names::login_of(name))
            .collect();
        Ok(logins.len())
    }

    fn list(&self, named: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>, ClientError> {
        #[cfg(test)]
        self.counts.listings.fetch_add(1, Ordering::SeqCst);
        names::files(&self.directory, named)
    }

    /// Reads a file that another process may be replacing. One whose key is outdated is written again.
    ///
    /// # Errors
    ///
    /// Those of [`file::read`].
    pub(super) fn read(
        &self,
        path: &Path,
        reporter: &Reporter,
    ) -> Result<Option<Record>, ClientError> {
        match self.open(path)? {
            Ok(Some(Opened { record, outdated })) => {
                if outdated {
                    self.write_again(path, reporter);
                }
                Ok(Some(*record))
            }
            Ok(None) => Ok(None),
            // Once more: the process that holds the lock may have repaired it.
            Err(_) => {
                let _lock = write_lock(path)?;
                let opened = self.open_locked(path, reporter)?;
                Ok(opened.map(|opened| *opened.record))
            }
        }
    }

    /// Changes a file, while no other task or process can change it.
    ///
    /// # Errors
    ///
    /// Those of `change`, of [`file::read`] and of [`file::write`].
    pub(super) fn update(
        &self,
        path: &Path,
        reporter: &Reporter,
        change: impl FnOnce(Option<Record>) -> Result<Change, ClientError>,
    ) -> Result<(), ClientError> {
        let _lock = write_lock(path)?;
        let stored = self.open_locked(path, reporter)?;
        match change(stored.map(|opened| *opened.record))? {
            Change::Nothing => Ok(()),
            Change::Remove => disk::remove(path),
            Change::Write(record) => self.write(path, &record),
        }
    }

    /// Writes a file again, so that its key is derived as it is now done. The record was read: where this fails, such as
    /// in a directory that cannot be written to, the tokens can be used all the same.
    fn write_again(&self, path: &Path, reporter: &Reporter) {
        if let Err(error) = self.try_to_write_again(path, reporter)
            && !self.stays_outdated.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(%error, "a token file keeps its outdated key derivation");
        }
    }

    fn try_to_write_again(&self, path: &Path, reporter: &Reporter) -> Result<(), ClientError> {
        let lock = write_lock_path(path);
        // A process that holds it is about to write the file as well.
        let Some(_lock) = Lock::try_now(&lock).map_err(|error| store_error(&lock, &error))? else {
            return Ok(());
        };
        match self.open_locked(path, reporter)? {
            Some(Opened {
                record,
                outdated: true,
            }) => self.write(path, &record),
            _ => Ok(()),
        }
    }

    fn write(&self, path: &Path, record: &Record) -> Result<(), ClientError> {
        #[cfg(test)]
        self.counts.writes.fetch_add(1, Ordering::SeqCst);
        file::write(path, record, &self.protection)
    }

    /// Reads a file that no other process can replace, and sets it aside if it cannot be used.
    fn open_locked(&self, path: &Path, reporter: &Reporter) -> Result<Option<Opened>, ClientError> {
        let reason = match self.open(path)? {
            Ok(opened) => return Ok(opened),
            Err(reason) => reason,
        };
        let aside = file::set_aside(path)?;
        tracing::warn!(file = %aside.display(), reason, "unreadable token file set aside");
        reporter.report(&Progress::SetAside {
            path: aside,
            reason,
        });
        Ok(None)
    }

    /// The content of a file whose name matches it; the inner error says why the file cannot be used.
    fn open(&self, path: &Path) -> Result<Result<Option<Opened>, String>, ClientError> {
        #[cfg(test)]
        self.counts.reads.fetch_add(1, Ordering::SeqCst);
        Ok(match file::read(path, &self.protection)? {
            FileContent::Missing => Ok(None),
            FileContent::Corrupt(reason) => Err(reason),
            FileContent::Record { record, outdated } => {
                let expected = self.path(&record.server, &record.owner());
                match names::name_of(path) == names::name_of(&expected) {
                    true => Ok(Some(Opened { record, outdated })),
                    false => Err("it belongs to another server".into()),
                }
            }
        })
    }
}

/// The lock of a process that changes a file. It is not the lock of a refresh, during which other processes may read
/// and write.
fn write_lock(path: &Path) -> Result<Lock, ClientError> {
    let lock = write_lock_path(path);
    Lock::wait(&lock).map_err(|error| store_error(&lock, &error))
}

fn write_lock_path(path: &Path) -> PathBuf {
    path.with_extension("write.lock")
}
