//! The layout of a token file: read, written, set aside.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    disk::{create_private_directory, replace, store_error},
    names::{self, name_of},
    passphrase::PASSPHRASE_VARIABLE,
    protection::{FoundKey, Protection},
    record::Record,
    seal::{Sealed, Unsealable},
};
use crate::error::ClientError;

/// The version of the layout. Since 3, files with a passphrase state how their key is derived.
const VERSION: u32 = 3;

/// Larger than any token file. Others than this client may be able to write into the directory.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

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

/// The content of a path.
pub(super) enum FileContent {
    Missing,
    Record {
        record: Box<Record>,
        /// Whether its key was derived as it is no longer done.
        outdated: bool,
    },
    /// No token file, or one that can never be opened again; and why.
    Corrupt(String),
}

/// Reads a token file.
///
/// # Errors
///
/// [`ClientError::Store`] when the file cannot be read or a newer version wrote it,
/// [`ClientError::Usage`] when the passphrase is not that of the file.
pub(super) fn read(path: &Path, protection: &Protection) -> Result<FileContent, ClientError> {
    let bytes = match read_bounded(path) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(FileContent::Corrupt("it is too large".into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(FileContent::Missing),
        Err(error) => return Err(store_error(path, &error)),
    };
    let value: Value = match serde_json::from_slice(&bytes) {
        Ok(value) => value,
        Err(error) => return Ok(not_a_token_file(&error)),
    };
    if let Some(version) = value.get("version").and_then(Value::as_u64)
        && version > u64::from(VERSION)
    {
        return Err(ClientError::Store {
            path: path.to_owned(),
            reason: format!("written by a newer version of this client (layout {version})"),
        });
    }
    let (version, sealed) = match serde_json::from_value(value) {
        // Otherwise any program that can write to the directory could bypass the key.
        Ok(Layout {
            content: Content::Unencrypted { unencrypted },
            ..
        }) => {
            return Ok(match protection {
                Protection::Unencrypted => FileContent::Record {
                    record: unencrypted,
                    outdated: false,
                },
                _ => FileContent::Corrupt("it is not encrypted".into()),
            });
        }
        Ok(Layout {
            version,
            content: Content::Sealed(sealed),
        }) => (version, sealed),
        Err(error) => return Ok(not_a_token_file(&error)),
    };
    let FoundKey { key, outdated } = match protection.key(version, &sealed)? {
        Ok(found) => found,
        Err(reason) => return Ok(FileContent::Corrupt(reason.into())),
    };
    match key.open(&name_of(path), &sealed) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).map_or_else(
            |error| not_a_token_file(&error),
            |record| FileContent::Record { record, outdated },
        )),
        Err(Unsealable::OtherKey) if matches!(protection, Protection::Passphrase(_)) => {
            Err(ClientError::Usage(format!(
                "{} is not the passphrase of {}; give that one, or forget the tokens with `client tokens clear`",
                PASSPHRASE_VARIABLE,
                path.display()
            )))
        }
        Err(Unsealable::OtherKey) => Ok(FileContent::Corrupt(
            "it was encrypted with another key than the keyring has".into(),
        )),
        Err(Unsealable::Changed) => Ok(FileContent::Corrupt(
            "it was changed after it was encrypted".into(),
        )),
    }
}

/// The bytes of a file; none when they are more than those of any token file.
fn read_bounded(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)?;
    let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_BYTES);
    Ok(fits.then_some(bytes))
}

/// Only the position is kept of an error of serde: its message can quote a value.
fn not_a_token_file(error: &serde_json::Error) -> FileContent {
    FileContent::Corrupt(format!(
        "not a token file at line {}, column {}",
        error.line(),
        error.column()
    ))
}

/// Encrypts the record as `protection` says, and writes it.
///
/// # Errors
///
/// [`ClientError::Store`] when the file cannot be written, and those of [`Protection::seal`].
pub(super) fn write(
    path: &Path,
    record: &Record,
    protection: &Protection,
) -> Result<(), ClientError> {
    let failed = |error: &io::Error| store_error(path, error);
    let directory = path.parent().unwrap_or_else(|| Path::new("."));
    create_private_directory(directory).map_err(|error| failed(&error))?;
    let bytes = serde_json::to_vec(record).map_err(|error| failed(&error.into()))?;
    let content = match protection.seal(directory, &name_of(path), bytes)? {
        Some(sealed) => Content::Sealed(sealed),
        None => Content::Unencrypted {
            unencrypted: Box::new(record.clone()),
        },
    };
    let layout = Layout {
        version: VERSION,
        content,
    };
    let mut bytes = serde_json::to_vec_pretty(&layout).map_err(|error| failed(&error.into()))?;
    bytes.push(b'\n');
    replace(path, &bytes).map_err(|error| failed(&error))
}

/// Renames a file that cannot be used. It is not removed, since its owner may want to look into it.
///
/// # Errors
///
/// [`ClientError::Store`] when it cannot be renamed.
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
