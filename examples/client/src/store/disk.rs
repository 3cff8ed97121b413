//! Files on disk that only their owner can read: replaced whole or not at all, removed.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::Path,
    time::Duration,
};

use crate::error::ClientError;

/// How the name of a file that is being written begins.
const UNFINISHED: &str = ".tokens-";

/// A file that is older than this is not being written any more.
const ABANDONED: Duration = Duration::from_secs(600);

/// Writes a file next to the target and renames it over the target: whenever the process stops, a reader sees the old
/// content or the new.
///
/// # Errors
///
/// Those of the system.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or_else(|| Path::new("."));
    create_private_directory(directory)?;
    // tempfile creates with mode 0600.
    let mut file = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempfile_in(directory)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The new name is on disk only once the directory is.
    #[cfg(unix)]
    File::open(directory)?.sync_all()?;
    remove_abandoned(directory);
    Ok(())
}

/// Removes the unfinished files of processes that were killed. It does no harm when one cannot be removed.
pub(super) fn remove_abandoned(directory: &Path) {
    let abandoned = |entry: &fs::DirEntry| {
        let age = entry.metadata().and_then(|about| about.modified());
        entry.file_name().to_string_lossy().starts_with(UNFINISHED)
            && age.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > ABANDONED))
    };
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if abandoned(&entry) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Removes a file; one that does not exist is no error.
///
/// # Errors
///
/// [`ClientError::Store`] when it is there and cannot be removed.
pub(super) fn remove(path: &Path) -> Result<(), ClientError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(store_error(path, &error)),
        _ => Ok(()),
    }
}

/// Creates a directory that only its owner can enter.
pub(super) fn create_private_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Opens a file that only its owner can read, and creates it if needed.
pub(super) fn open_private(path: &Path) -> io::Result<File> {
    if let Some(directory) = path.parent() {
        create_private_directory(directory)?;
    }
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The error for a path.
pub(super) fn store_error(path: &Path, error: &io::Error) -> ClientError {
    ClientError::Store {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}
