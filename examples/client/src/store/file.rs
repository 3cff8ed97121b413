//! One token file: read, written whole or not at all, locked, set aside.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ClientError;
use crate::store::{
    names::{self, name_of},
    passphrase,
    protection::Protection,
    record::Record,
    seal::{Sealed, Unsealable},
};

/// The layout this version writes.
const VERSION: u32 = 2;

/// Begins the name of a file that is being written.
const UNFINISHED: &str = ".tokens-";

/// Longer than anybody needs to read a file and to replace it.
const MOMENT: Duration = Duration::from_secs(5);

/// Older than any write takes.
const ABANDONED: Duration = Duration::from_secs(600);

#[derive(Serialize, Deserialize)]
struct Layout {
    version: u32,
    #[serde(flatten)]
    content: Content,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Content {
    Sealed(Sealed),
    Unencrypted { unencrypted: Box<Record> },
}

/// What is at a path.
pub(super) enum Stored {
    Nothing,
    Record(Box<Record>),
    /// It is no token file, or not one that can ever be opened again, and why.
    Corrupt(String),
}

/// # Errors
///
/// [`ClientError::Store`] when the file cannot be read or a newer version wrote it,
/// [`ClientError::Usage`] when the passphrase is another than that of the file.
pub(super) fn read(path: &Path, protection: &Protection) -> Result<Stored, ClientError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Stored::Nothing),
        Err(error) => return Err(store_error(path, &error)),
    };
    let value: Value = match serde_json::from_slice(&bytes) {
        Ok(value) => value,
        Err(error) => return Ok(not_ours(&error)),
    };
    if let Some(version) = value.get("version").and_then(Value::as_u64)
        && version > u64::from(VERSION)
    {
        return Err(ClientError::Store {
            path: path.to_owned(),
            reason: format!("written by a newer version of this client (layout {version})"),
        });
    }
    let sealed = match serde_json::from_value(value) {
        // Who can write to the directory must not get around the key.
        Ok(Layout {
            content: Content::Unencrypted { unencrypted },
            ..
        }) => {
            return Ok(match protection {
                Protection::Unencrypted => Stored::Record(unencrypted),
                _ => Stored::Corrupt("it is not encrypted".into()),
            });
        }
        Ok(Layout {
            content: Content::Sealed(sealed),
            ..
        }) => sealed,
        Err(error) => return Ok(not_ours(&error)),
    };
    let Some(key) = protection.key(&sealed)? else {
        return Ok(Stored::Corrupt("the key that it needs is gone".into()));
    };
    match key.open(&name_of(path), &sealed) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).map_or_else(
            |error| not_ours(&error),
            |record| Stored::Record(Box::new(record)),
        )),
        Err(Unsealable::OtherKey) if matches!(protection, Protection::Passphrase(_)) => {
            Err(ClientError::Usage(format!(
                "{} is not the passphrase of {}; give that one, or forget the tokens with `client tokens clear`",
                passphrase::VARIABLE,
                path.display()
            )))
        }
        Err(Unsealable::OtherKey) => Ok(Stored::Corrupt(
            "it was encrypted with another key than the keyring has".into(),
        )),
        Err(Unsealable::Changed) => Ok(Stored::Corrupt(
            "it was changed after it was encrypted".into(),
        )),
    }
}

/// The message of serde names a place and a type, but can quote a value: only the place is kept.
fn not_ours(error: &serde_json::Error) -> Stored {
    Stored::Corrupt(format!(
        "not a token file at line {}, column {}",
        error.line(),
        error.column()
    ))
}

/// Written next to the target and renamed over it: whenever this stops, a reader sees the old file or
/// the new one.
///
/// # Errors
///
/// [`ClientError::Store`] when the system does not let it be written, [`ClientError::Keyring`] when there
/// is no key for it.
pub(super) fn write(
    path: &Path,
    record: &Record,
    protection: &Protection,
) -> Result<(), ClientError> {
    let failed = |error: &io::Error| store_error(path, error);
    let directory = path.parent().unwrap_or_else(|| Path::new("."));
    create_private_directory(directory).map_err(|error| failed(&error))?;
    let content = match protection.key_to_write(directory)? {
        None => Content::Unencrypted {
            unencrypted: Box::new(record.clone()),
        },
        Some((salt, key)) => {
            let bytes = serde_json::to_vec(record).map_err(|error| failed(&error.into()))?;
            let sealed = key.seal(&name_of(path), &salt, bytes);
            Content::Sealed(
                sealed.map_err(|_| failed(&io::Error::other("it cannot be encrypted")))?,
            )
        }
    };
    let layout = Layout {
        version: VERSION,
        content,
    };
    replace(path, directory, &layout).map_err(|error| failed(&error))
}

fn replace(path: &Path, directory: &Path, layout: &Layout) -> io::Result<()> {
    // tempfile creates with mode 0600.
    let mut file = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempfile_in(directory)?;
    file.write_all(&serde_json::to_vec_pretty(layout)?)?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The name is on disk only when its directory is.
    #[cfg(unix)]
    File::open(directory)?.sync_all()?;
    remove_abandoned(directory);
    Ok(())
}

/// A process that was killed while it wrote could not clean up. Failing to do so for it harms nobody.
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

/// Renames a file that is of no use: somebody may want to look at it, and it may be all they have.
pub(super) fn set_aside(path: &Path) -> Result<PathBuf, ClientError> {
    let stamp = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_nanos();
    let mut name = path.as_os_str().to_owned();
    name.push(format!("{}{stamp}", names::SET_ASIDE));
    let aside = PathBuf::from(name);
    fs::rename(path, &aside).map_err(|error| store_error(path, &error))?;
    Ok(aside)
}

/// # Errors
///
/// [`ClientError::Store`] when it is there and cannot be removed.
pub(super) fn remove(path: &Path) -> Result<(), ClientError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(store_error(path, &error)),
        _ => Ok(()),
    }
}

/// A lock that processes share; it ends when this is dropped, or the process.
#[derive(Debug)]
pub(super) struct Lock(#[allow(dead_code, reason = "held, not used")] File);

impl Lock {
    /// Waits until nobody else has it, for what takes others a moment: this blocks the thread, and not for
    /// long.
    ///
    /// # Errors
    ///
    /// Those of the system, and [`io::ErrorKind::TimedOut`].
    pub(super) fn wait(path: &Path) -> io::Result<Self> {
        let began = Instant::now();
        loop {
            if let Some(lock) = Self::try_now(path)? {
                return Ok(lock);
            }
            if began.elapsed() > MOMENT {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!(
                        "another process has held it for {} s; end it",
                        MOMENT.as_secs()
                    ),
                ));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// None when another has it.
    pub(super) fn try_now(path: &Path) -> io::Result<Option<Self>> {
        let file = open_private(path)?;
        match fs4::FileExt::try_lock(&file) {
            Ok(()) => Ok(Some(Self(file))),
            Err(fs4::TryLockError::WouldBlock) => Ok(None),
            Err(fs4::TryLockError::Error(error)) => Err(error),
        }
    }
}

fn create_private_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

fn open_private(path: &Path) -> io::Result<File> {
    if let Some(directory) = path.parent() {
        create_private_directory(directory)?;
    }
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

pub(super) fn store_error(path: &Path, error: &io::Error) -> ClientError {
    ClientError::Store {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}
