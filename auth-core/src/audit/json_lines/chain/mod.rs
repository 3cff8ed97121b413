//! The hash chain of an audit file: each line vouches for all lines before it.
//!
//! | file | job |
//! |---|---|
//! | `key` | [`ChainKey`]: the secret without which no valid line can be written |
//! | `head` | [`ChainHead`]: the number and the hash of one line |
//! | `seal` | the two members that are added to a line, and what they cover |
//! | `record` | the lines by which a chain begins, continues in the next file, and reports a torn line |
//! | `chain_writer` | what the writer of the file knows of its chain, also after a restart |
//! | `line_reader` | reads a file line by line in constant memory |
//! | `broken` | [`ChainBreak`]: one place at which the chain is broken, and [`ChainReport`] |
//! | `verifier` | [`ChainVerifier`]: finds all of them |

mod broken;
mod chain_writer;
mod head;
mod key;
mod line_reader;
mod record;
mod seal;
#[cfg(test)]
mod tests;
mod verifier;

pub use broken::{ChainBreak, ChainBreakKind, ChainReport};
pub(super) use chain_writer::ChainWriter;
pub use head::{ChainHead, InvalidChainHead};
pub use key::{ChainKey, InvalidChainKey};
pub(super) use record::TornLine;
pub use verifier::ChainVerifier;
