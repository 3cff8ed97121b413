//! The formats of a directory, and the limits of a file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::error::DirectoryError;
use super::node::Lines;
#[cfg(feature = "cli")]
use super::node::Node;
use super::{content, json, toml};
use crate::settings::Directory;

/// The bytes that a directory has at most.
const MAX_BYTES: u64 = 1024 * 1024;

/// How a directory is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DirectoryFormat {
    /// [TOML](https://toml.io).
    Toml,
    /// JSON (RFC 8259). Duplicate members are refused.
    Json,
}

impl DirectoryFormat {
    /// By the extension of a file, `toml` or `json`; `None` for others.
    #[must_use]
    pub fn of_file(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "toml" => Some(Self::Toml),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

impl Directory {
    /// Reads a file, which is TOML or JSON by its extension and has 1 MiB at most. `docs/directory.md` of this package
    /// describes how to write one.
    ///
    /// # Errors
    ///
    /// When the file has another extension, cannot be read or is too long, and as [`parse`](Self::parse). The error
    /// names the file.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, DirectoryError> {
        let path = path.as_ref();
        let read = || {
            let format = DirectoryFormat::of_file(path).ok_or_else(|| {
                DirectoryError::new("the extension is unknown; name the file *.toml or *.json")
            })?;
            let mut text = String::new();
            let file = File::open(path).map_err(DirectoryError::unreadable)?;
            // One more than allowed shows that the file is too long.
            let read = file.take(MAX_BYTES + 1).read_to_string(&mut text);
            read.map_err(DirectoryError::unreadable)?;
            Self::parse(&text, format)
        };
        read().map_err(|error: DirectoryError| error.in_file(path))
    }

    /// Reads the text of a directory.
    ///
    /// # Errors
    ///
    /// When the text is longer than 1 MiB, does not follow its format, has a member that no directory has or a value
    /// of another type, an id that is malformed or taken twice, a role or an organization that it does not define,
    /// or an empty list that can only be a mistake. The error names the line and the place. Nothing of the text is
    /// used then.
    pub fn parse(text: &str, format: DirectoryFormat) -> Result<Self, DirectoryError> {
        if text.len() as u64 > MAX_BYTES {
            return Err(DirectoryError::new(format!(
                "longer than {MAX_BYTES} bytes; leave out what the test does not need"
            )));
        }
        let lines = Lines::of(text);
        let node = match format {
            DirectoryFormat::Toml => toml::read(text, &lines)?,
            DirectoryFormat::Json => json::read(text, &lines)?,
        };
        content::directory(&node)
    }

    /// A directory inside of another JSON document, without lines.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    #[cfg(feature = "cli")]
    pub(crate) fn of_value(value: &serde_json::Value) -> Result<Self, DirectoryError> {
        content::directory(&Node::of_value(value))
    }
}
