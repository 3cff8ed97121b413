//! Token files: where they are, how they are read, and how they are replaced.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
};

use aws_lc_rs::digest;
use url::Url;

use super::{
    error::ClientError,
    record::{Record, VERSION},
};

/// Environment variable that names the directory.
pub const DIRECTORY_VARIABLE: &str = "MCP_CLIENT_TOKEN_DIR";

/// The default directory: `$MCP_CLIENT_TOKEN_DIR`, else the user's data directory.
///
/// # Errors
///
/// [`ClientError::Usage`] when the environment names no home directory either.
pub fn default_directory() -> Result<PathBuf, ClientError> {
    directory_from(|name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    })
}

fn directory_from(variable: impl Fn(&str) -> Option<PathBuf>) -> Result<PathBuf, ClientError> {
    if let Some(directory) = variable(DIRECTORY_VARIABLE) {
        return Ok(directory);
    }
    // XDG says a relative path is to be ignored.
    let data = if let Some(data) = variable("XDG_DATA_HOME").filter(|path| path.is_absolute()) {
        Some(data)
    } else if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        variable("HOME").map(|home| home.join(".local/share"))
    };
    data.map(|data| data.join("auth-scalekit-client"))
        .ok_or_else(|| {
            ClientError::Usage(format!(
                "no directory for tokens; set --token-dir or {DIRECTORY_VARIABLE}"
            ))
        })
}

/// All readable token files of a directory, in the order of their URLs.
///
/// # Errors
///
/// [`ClientError::Store`] when the directory exists and cannot be read.
pub fn list(directory: &Path) -> Result<Vec<Record>, ClientError> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(store_error(directory, &error)),
    };
    let mut records = Vec::new();
    for entry in entries {
        let path = entry
            .map_err(|error| store_error(directory, &error))?
            .path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
            && let Stored::Record(record) = read_record(&path)?
        {
            records.push(*record);
        }
    }
    records.sort_by(|a, b| a.server.cmp(&b.server));
    Ok(records)
}

pub(crate) enum Stored {
    Nothing,
    Record(Box<Record>),
    Corrupt(String),
}

pub(crate) fn read_record(path: &Path) -> Result<Stored, ClientError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Stored::Nothing),
        Err(error) => return Err(store_error(path, &error)),
    };
    // The message of serde names a place and a type, but can quote a value: only the place is kept.
    let corrupt = |error: serde_json::Error| {
        Stored::Corrupt(format!(
            "not a token file at line {}, column {}",
            error.line(),
            error.column()
        ))
    };
    let value: serde_json::Value = match serde_json::from_slice(&bytes) {
        Ok(value) => value,
        Err(error) => return Ok(corrupt(error)),
    };
    if let Some(version) = value.get("version").and_then(serde_json::Value::as_u64)
        && version > u64::from(VERSION)
    {
        return Err(ClientError::Store {
            path: path.to_owned(),
            reason: format!("written by a newer version of this client (layout {version})"),
        });
    }
    Ok(serde_json::from_value(value)
        .map_or_else(corrupt, |record| Stored::Record(Box::new(record))))
}

/// Written next to the target and renamed over it: a reader sees the old file or the new one.
pub(crate) fn write_record(path: &Path, record: &Record) -> std::io::Result<()> {
    let directory = path.parent().unwrap_or_else(|| Path::new("."));
    create_private_directory(directory)?;
    // tempfile creates with mode 0600.
    let mut file = tempfile::Builder::new()
        .prefix(".tokens-")
        .tempfile_in(directory)?;
    file.write_all(&serde_json::to_vec_pretty(record)?)?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn create_private_directory(directory: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

pub(crate) fn open_private(path: &Path) -> std::io::Result<File> {
    if let Some(directory) = path.parent() {
        create_private_directory(directory)?;
    }
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A hash, because a URL has characters no file name may have; the URL itself is in the file.
pub(crate) fn file_name(server: &Url) -> String {
    let hash = digest::digest(&digest::SHA256, server.as_str().as_bytes());
    let hex: String = hash
        .as_ref()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{hex}.json")
}

pub(crate) fn store_error(path: &Path, error: &std::io::Error) -> ClientError {
    ClientError::Store {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::collections::HashMap;

    use super::*;

    #[test]
    fn servers_do_not_share_files() {
        let name = |url: &str| file_name(&Url::parse(url).unwrap());
        assert_ne!(
            name("http://localhost:8000/mcp"),
            name("http://localhost:8000/mcp/")
        );
        assert_ne!(
            name("http://localhost:8000/mcp"),
            name("http://localhost:8001/mcp")
        );
        assert_eq!(
            name("http://LOCALHOST:8000/mcp"),
            name("http://localhost:8000/mcp")
        );
        assert!(
            name("http://localhost/../../etc")
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '.')
        );
    }

    #[test]
    fn directories() {
        // variables set, directory chosen
        type Variables = &'static [(&'static str, &'static str)];
        let rows: [(Variables, Option<&str>); 6] = [
            (
                &[
                    ("MCP_CLIENT_TOKEN_DIR", "/t"),
                    ("XDG_DATA_HOME", "/x"),
                    ("HOME", "/h"),
                ],
                Some("/t"),
            ),
            (
                &[("XDG_DATA_HOME", "/x"), ("HOME", "/h")],
                Some("/x/auth-scalekit-client"),
            ),
            (
                &[("XDG_DATA_HOME", "relative"), ("HOME", "/h")],
                Some("/h/.local/share/auth-scalekit-client"),
            ),
            (
                &[("HOME", "/h")],
                Some("/h/.local/share/auth-scalekit-client"),
            ),
            (&[("XDG_DATA_HOME", "/x")], Some("/x/auth-scalekit-client")),
            (&[], None),
        ];
        for (variables, expected) in rows {
            if cfg!(any(windows, target_os = "macos"))
                && !variables
                    .iter()
                    .any(|(name, _)| *name == "MCP_CLIENT_TOKEN_DIR")
            {
                continue;
            }
            let variables: HashMap<&str, &str> = variables.iter().copied().collect();
            let got = directory_from(|name| variables.get(name).map(PathBuf::from)).ok();
            assert_eq!(got, expected.map(PathBuf::from), "{variables:?}");
        }
    }
}
