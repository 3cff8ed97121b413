//! [`JsonLines`]: events as lines of JSON in a file that is rotated by size and by age.
//!
//! No rolling appender of a logging library: rotation follows the time of the events, and requests
//! of strangers must not be able to cause it.
//!
//! | file | job |
//! |---|---|
//! | `builder` | [`JsonLinesBuilder`]: the settings |
//! | `writer` | what is written, and what is counted as omitted |
//! | `share` | the part of a file for events without a verified caller |
//! | `file`, `open_file` | the current file and the rotated ones |
//! | `line`, `encode` | the lines of JSON |
//! | `chain` | an optional hash chain through all lines, and its verification |

mod builder;
mod chain;
mod encode;
mod file;
mod line;
mod open_file;
mod share;
#[cfg(test)]
mod tests;
mod writer;

use std::io;
use std::path::PathBuf;

use super::{AuditSink, AuditSummary, AuthEvent, Sampled};
pub use builder::JsonLinesBuilder;
pub use chain::{
    ChainBreak, ChainBreakKind, ChainHead, ChainKey, ChainReport, ChainVerifier, InvalidChainHead,
    InvalidChainKey,
};
use writer::Writer;

/// Writes events as lines of JSON to a file.
///
/// When the file would exceed its maximum size or age, it is renamed to `<name>.1`, the previous
/// `<name>.1` to `<name>.2`, and so on; the oldest is removed. Writing blocks, so put it behind a
/// [`Queued`](super::Queued):
///
/// ```no_run
/// use std::time::Duration;
///
/// use auth_core::audit::{JsonLines, Queued};
///
/// let file = JsonLines::builder("audit.jsonl")
///     .max_bytes(64 * 1024 * 1024)
///     .max_age(Duration::from_secs(24 * 60 * 60))
///     .keep(30)
///     .open()?;
/// let sink = Queued::new(file, 10_000)?;
/// # let _ = sink;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Lines
///
/// An event: `time` (seconds since 1970), and the [fields](super#fields) that have a value.
///
/// Other lines have a member `record`:
///
/// * `summary`: events between `since` and `until` were omitted, `verified` of them with and
///   `unverified` without a verified caller. `counts` lists them by kind, each with its `omission`
///   ([`Omission`](super::Omission)). No event is counted in two summaries: lines and counts add up
///   to all events.
/// * `file_removed`: the oldest file was removed. `file` is its name, and `lines` the number of its
///   lines. It is the first line of the next file, after that of the chain.
/// * `chain_start`, `chain_continued`, `line_torn`: see [the chain](#the-chain).
///
/// # Events without a verified caller
///
/// They can be caused by anyone, at any rate, so they are sampled as by [`Sampled`], and limited to
/// an eighth of each file. When that eighth is full, only summaries are written, each when the
/// number of omitted events has doubled, in at most another eighth, and a last one when the file is
/// rotated or closed. They never cause a rotation: three quarters of each file are always available
/// for verified callers. The summaries can make a file slightly longer than its limit.
///
/// # The files
///
/// Regular files with mode 0600, owned by the user of the process; no links
/// ([`private_file`](crate::support::private_file)). If the file cannot be rotated it exceeds its
/// limit, and if a line cannot be written, a summary follows the next one that can. Both are
/// logged, once.
///
/// Two processes cannot share a file: each would rotate it without the other. With a chain, the
/// second one cannot open it (on Unix); without, that is not checked.
///
/// # The chain
///
/// With [`chained`](JsonLinesBuilder::chained), each line ends with two members more, and a
/// [`ChainVerifier`] finds any change, removal and reordering of lines:
///
/// * `chain.seq`: the number of the line, from 0, counted over all files.
/// * `chain.hash`: an HMAC-SHA256 over the hash of the line before, the number, and the SHA-256 of
///   the bytes of the line up to this member. Those who can write the file, but have no key,
///   cannot write a valid line.
///
/// `chain_start` is the first line of a chain, with a random `chain.id`. `chain_continued` is the
/// first line of each further file and names the hash of the last line of the file before
/// (`chain.previous`), so a file is verified also when older ones were removed. Both name the key by
/// `chain.key`, a hash of it.
///
/// After a restart the chain continues from the last valid line. If a crash has torn a line, the next
/// one is `line_torn`, with the number of its `bytes` and their `sha256`: a verifier reports such a
/// line as [torn](ChainBreakKind::Torn), and what it contains is not vouched for. A file without a
/// chain, or with that of another key, is rotated first. Omitted events are counted in summaries,
/// which are lines of the chain.
///
/// What it cannot find: lines that were removed from the end of the last file, since what remains is
/// a valid chain. The last line (number and hash) is logged when a file is opened, rotated and closed;
/// kept elsewhere than the file, it shows such a removal ([`ChainVerifier::expect`]). Nor can it find
/// what the owner of the key, such as the server itself, writes.
#[derive(Debug)]
pub struct JsonLines(Sampled<Writer>);

impl JsonLines {
    /// Appends to the file at `path`, with the defaults of [`JsonLinesBuilder`].
    ///
    /// # Errors
    ///
    /// As [`JsonLinesBuilder::open`].
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        Self::builder(path).open()
    }

    /// The same with a [chain](Self#the-chain).
    ///
    /// # Errors
    ///
    /// As [`JsonLinesBuilder::open`].
    pub fn chained(path: impl Into<PathBuf>, key: ChainKey) -> io::Result<Self> {
        Self::builder(path).chained(key).open()
    }

    /// A builder for a file at `path`.
    pub fn builder(path: impl Into<PathBuf>) -> JsonLinesBuilder {
        JsonLinesBuilder::new(path.into())
    }
}

impl AuditSink for JsonLines {
    fn record(&self, event: &AuthEvent) {
        self.0.record(event);
    }

    fn summarize(&self, summary: &AuditSummary) {
        self.0.summarize(summary);
    }
}
