//! The layout of a token file: read, written, set aside.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    disk::{create_private_directory, replace, store_error},
    names::{self, name_of},
    passphrase::PASSPHRASE_VARIABLE,
    protection::Protection,
    record::Record,
    seal::{Sealed, Unsealable},
};
use crate::error::ClientError;

/// The version of the layout.
const VERSION: u32 = 2;

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
    Record(Box<Record>),
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
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
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
    let sealed = match serde_json::from_value(value) {
        // Otherwise any program that can write to the directory could bypass the key.
        Ok(Layout {
            content: Content::Unencrypted { unencrypted },
            ..
        }) => {
            return Ok(match protection {
                Protection::Unencrypted => FileContent::Record(unencrypted),
                _ => FileContent::Corrupt("it is not encrypted".into()),
            });
        }
        Ok(Layout {
            content: Content::Sealed(sealed),
            ..
        }) => sealed,
        Err(error) => return Ok(not_a_token_file(&error)),
    };
    let Some(key) = protection.key(&sealed)? else {
        return Ok(FileContent::Corrupt("the key that it needs is gone".into()));
    };
    match key.open(&name_of(path), &sealed) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).map_or_else(
            |error| not_a_token_file(&error),
            |record| FileContent::Record(Box::new(record)),
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
/// [`ClientError::Store`] when the file cannot be written, [`ClientError::Keyring`] when there is no key for it.
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
