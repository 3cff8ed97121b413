//! Reads a directory from a file. Nothing of a file is used unless all of it is right.
//!
//! | file | what it does |
//! |---|---|
//! | `format` | TOML or JSON, and the limits of a file |
//! | `node`, `toml`, `json` | the values of a file, with their lines, whatever its format is |
//! | `field` | one value, and its place for errors |
//! | `content` | the organizations, roles, users and clients that these values describe |
//! | `directories` | the directories of organizations (SCIM) |
//! | `ids` | how ids and names are written, and that none is taken twice |
//! | `error` | why a file is refused |

mod content;
mod directories;
mod error;
mod field;
mod format;
mod ids;
mod json;
mod node;
#[cfg(test)]
mod tests;
mod toml;

pub use error::DirectoryError;
pub use format::DirectoryFormat;
