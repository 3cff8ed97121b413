//! Files that only their owner can read: audit files, and files that hold a secret.
//!
//! A file that exists must follow these rules: it is a regular file, belongs to the user that the
//! process runs as, has a single name and is no symbolic link (so that no other user can choose which
//! file is written to, or keep it open under another name). Its mode becomes 0600. Only the last
//! component of a path is checked; who may change its folder is the caller's choice. On platforms
//! without Unix permissions, links and irregular files are refused, and the folder's permissions
//! determine who can read the file.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, remove_file, rename, symlink_metadata};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Opens the file at `path` for appending and reading; creates it if it does not exist.
///
/// # Errors
///
/// [`ErrorKind::InvalidInput`], with the rule, for a file that breaks one of the rules above; else
/// the error of the operating system.
pub fn append(path: &Path) -> io::Result<File> {
    open(
        path,
        OpenOptions::new().read(true).append(true).create(true),
    )
}

/// Opens an existing file at `path` for reading, and sets its mode to 0600.
///
/// # Errors
///
/// As [`append`]; [`ErrorKind::NotFound`] if the file does not exist.
pub fn read(path: &Path) -> io::Result<File> {
    open(path, OpenOptions::new().read(true))
}

/// Replaces the file at `path` by one with these `contents`, atomically: a reader sees the old file or
/// the new one. A process that has the old file open does not see the new contents.
///
/// # Errors
///
/// As [`append`], and [`ErrorKind::InvalidInput`] for a path without a file name.
pub fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    if let Ok(found) = symlink_metadata(path) {
        check_regular(&found)?;
    }
    let Some(name) = path.file_name() else {
        return Err(refused("has no file name: name a file in a folder"));
    };
    let mut new_name = OsString::from(".");
    new_name.push(name);
    new_name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(new_name);
    // An earlier process with the same id can have ended before the rename. If its file cannot be
    // removed, opening the new one fails.
    let _ = remove_file(&new);
    let mut file = open(&new, OpenOptions::new().write(true).create_new(true))?;
    let written = file.write_all(contents).and_then(|()| rename(&new, path));
    if written.is_err() {
        // The first error is reported, not one of the clean-up.
        let _ = remove_file(&new);
    }
    written
}

fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // NONBLOCK: opening a pipe without a reader must not block.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    #[cfg(not(unix))]
    if let Ok(found) = symlink_metadata(path) {
        check_regular(&found)?;
    }
    let file = options.open(path).map_err(|error| {
        // The system's error for a link (too many levels of symbolic links) does not help the user.
        let found = symlink_metadata(path).ok();
        let refused = found.and_then(|found| check_regular(&found).err());
        refused.unwrap_or(error)
    })?;
    restrict_to_owner(&file)?;
    Ok(file)
}

/// Refuses an open file that another user owns or can reach by another name; sets its mode to 0600.
fn restrict_to_owner(file: &File) -> io::Result<()> {
    let found = file.metadata()?;
    check_regular(&found)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        if found.uid() != rustix::process::geteuid().as_raw() {
            return Err(refused(
                "belongs to another user: remove it, or name another file",
            ));
        }
        if found.nlink() > 1 {
            return Err(refused(
                "has a second name (a hard link): remove one of the two",
            ));
        }
        let mut permissions = found.permissions();
        if permissions.mode() & 0o7777 != 0o600 {
            permissions.set_mode(0o600);
            file.set_permissions(permissions)?;
        }
    }
    Ok(())
}

fn check_regular(found: &std::fs::Metadata) -> io::Result<()> {
    if found.is_symlink() {
        return Err(refused("is a symbolic link: name its target"));
    }
    if !found.is_file() {
        return Err(refused(
            "is not a regular file: name a regular file, or one that does not exist",
        ));
    }
    Ok(())
}

fn refused(rule: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, rule)
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
