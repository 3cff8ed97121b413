//! Stores tokens: a file for each MCP server and authorization server, which only its owner can read.
//!
//! A command opens a [`TokenStore`]; once discovery has found the issuer, a login takes the [`TokenEntry`] of server and
//! issuer, which rmcp reads and writes through. Files are encrypted as [`Protection`] says.
//!
//! | file | job |
//! |---|---|
//! | `tokens` | all tokens: opens, lists and removes them |
//! | `token_entry` | the tokens of one server from one issuer |
//! | `storage` | where the records are: in files or in memory |
//! | `files` | a directory of token files |
//! | `record` | what is stored of a login |
//! | `file`, `names`, `directory` | the layout of a token file, its name, its directory |
//! | `protection`, `keyring`, `passphrase`, `kdf`, `seal` | the key of a file, and the encryption |
//! | `disk`, `lock` | private files, replaced whole, and locks that processes share |

mod directory;
mod disk;
mod file;
mod files;
mod kdf;
mod keyring;
mod lock;
mod names;
mod passphrase;
mod protection;
mod record;
mod seal;
mod storage;
#[cfg(test)]
mod tests;
mod token_entry;
mod tokens;

pub(crate) use directory::default_directory;
pub(crate) use passphrase::PASSPHRASE_VARIABLE;
pub use protection::Protection;
pub use record::Record;
pub(crate) use record::{RegisteredClient, Tokens};
pub(crate) use token_entry::Binding;
pub use token_entry::TokenEntry;
pub use tokens::TokenStore;
