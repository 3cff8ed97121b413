//! Keeps tokens: a file for each MCP server and authorization server, which only its owner can read.
//!
//! | module | job |
//! |---|---|
//! | [`TokenStore`] | all tokens: finds, lists and removes them |
//! | [`Slot`] | the tokens of one server at one issuer; what rmcp stores through |
//! | [`Record`] | what is kept of them |
//! | [`Protection`] | by what the files are encrypted |
//! | [`directory`] | where the files are, and how they are named |
//!
//! The request's way: a command opens a [`TokenStore`]; once discovery has found the issuer, it takes the
//! [`Slot`] of server and issuer; that one reads and writes a file through its [`Protection`].

pub mod directory;
mod file;
mod keyring;
mod names;
pub(crate) mod passphrase;
mod protection;
mod record;
mod seal;
mod token_entry;
mod tokens;

pub use protection::Protection;
pub use record::Record;
pub(crate) use record::{RegisteredClient, Tokens};
pub use token_entry::Slot;
pub use tokens::TokenStore;
