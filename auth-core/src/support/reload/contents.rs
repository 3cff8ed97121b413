//! [`Contents`]: one reading of a file, with limits.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::file_error::{FileError, FileProblem, FileProblems};

/// SHA-256 of the contents.
pub(super) type Hash = [u8; 32];

/// Which file a path names: a file that replaced another one by renaming is another file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileId(Option<(u64, u64)>);

/// The contents of a file at one time.
pub(super) struct Contents {
    /// The text, or why it is refused.
    pub(super) text: Result<String, FileProblem>,
    pub(super) hash: Hash,
    pub(super) file: FileId,
}

impl Contents {
    /// Reads a regular file of at most `max_bytes` bytes of UTF-8. Symbolic links are followed, since
    /// that is how orchestrators replace configuration atomically.
    pub(super) fn read(path: &Path, max_bytes: usize) -> Result<Self, FileError> {
        let (bytes, file) =
            read(path, max_bytes).map_err(|error| FileError::unreadable(path, error))?;
        Ok(Self {
            hash: Sha256::digest(&bytes).into(),
            text: text(bytes, max_bytes),
            file,
        })
    }

    /// Makes a value of the text.
    pub(super) fn load<T>(
        &self,
        path: &Path,
        load: impl Fn(&str) -> Result<T, FileProblems>,
    ) -> Result<T, FileError> {
        let text = self.text.as_deref();
        let loaded = text.map_err(|it| it.clone().into()).and_then(load);
        loaded.map_err(|problems| FileError::new(path, problems))
    }
}

fn text(bytes: Vec<u8>, max_bytes: usize) -> Result<String, FileProblem> {
    if bytes.len() > max_bytes {
        return Err(FileProblem::new(format!(
            "is longer than {max_bytes} bytes: shorten it, or raise max_bytes of the reader"
        )));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        // The valid part is the same in both.
        let text = String::from_utf8_lossy(error.as_bytes());
        FileProblem::at(&text, valid, "is not utf-8: save the file as utf-8")
    })
}

/// At most a byte more than `max_bytes`.
fn read(path: &Path, max_bytes: usize) -> io::Result<(Vec<u8>, FileId)> {
    let file = open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        let rule = "is not a regular file: name a regular file";
        return Err(io::Error::new(ErrorKind::InvalidInput, rule));
    }
    let limit = u64::try_from(max_bytes).map_or(u64::MAX, |max| max.saturating_add(1));
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes)?;
    Ok((bytes, FileId::of(&metadata)))
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // NONBLOCK: opening a pipe without a writer must not block.
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    options.open(path)
}

impl FileId {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(Some((metadata.dev(), metadata.ino())))
    }

    /// Unknown: every change looks like one in place.
    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Self {
        Self(None)
    }
}
