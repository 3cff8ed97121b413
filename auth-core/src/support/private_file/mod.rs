//! Files that their owner alone may read: audit files, and files that hold a secret.
//!
//! The rules, for a path that exists already too: the file is a regular one, belongs to the user
//! that the process runs as, has one name and is no symbolic link (so that no other user can
//! choose which file is written to, or keep it open under another name), and its mode is 0600.
//! Only the last component of a path is looked at: the folder is the caller's choice. Where there
//! are no Unix permissions, links and irregular files are refused, and the folder's own rules
//! decide who may read.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, remove_file, rename, symlink_metadata};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Opens the file at `path` for appending and for reading; creates it where there is none.
///
/// # Errors
///
/// [`ErrorKind::InvalidInput`] for a file that breaks one of the rules above, with the rule; else
/// what the operating system says.
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
/// As [`append`]; [`ErrorKind::NotFound`] where there is none.
pub fn read(path: &Path) -> io::Result<File> {
    open(path, OpenOptions::new().read(true))
}

/// Makes `contents` the whole of the file at `path`: a reader sees the old file or the new one,
/// and one that has the old file open does not see the new contents.
///
/// # Errors
///
/// As [`append`], and [`ErrorKind::InvalidInput`] for a path without a file name.
pub fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    if let Ok(found) = symlink_metadata(path) {
        regular(&found)?;
    }
    let Some(name) = path.file_name() else {
        return Err(refused("has no file name: name a file in a folder"));
    };
    let mut new_name = OsString::from(".");
    new_name.push(name);
    new_name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(new_name);
    // Left by a process that had the same id and ended here. What cannot be removed is an error of
    // the next step.
    let _ = remove_file(&new);
    let mut file = open(&new, OpenOptions::new().write(true).create_new(true))?;
    let written = file.write_all(contents).and_then(|()| rename(&new, path));
    if written.is_err() {
        // The first error is the one to report.
        let _ = remove_file(&new);
    }
    written
}

fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // A pipe without a reader must not hold up the process.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    #[cfg(not(unix))]
    if let Ok(found) = symlink_metadata(path) {
        regular(&found)?;
    }
    let file = options.open(path).map_err(|error| {
        // What the operating system says of a link is that there are too many of them.
        let found = symlink_metadata(path).ok();
        let refused = found.and_then(|found| regular(&found).err());
        refused.unwrap_or(error)
    })?;
    own(&file)?;
    Ok(file)
}

/// Refuses an open file that is not this user's alone, and makes it readable for its owner alone.
fn own(file: &File) -> io::Result<()> {
    let found = file.metadata()?;
    regular(&found)?;
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
                "has another name too (a hard link): remove one of the two",
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

fn regular(found: &std::fs::Metadata) -> io::Result<()> {
    if found.is_symlink() {
        return Err(refused(
            "is a symbolic link: name the file that it leads to",
        ));
    }
    if !found.is_file() {
        return Err(refused(
            "is not a regular file: name one, or a name that is free",
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
