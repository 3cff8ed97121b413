//! [`JsonLines`]: events as lines of JSON in a file that is rotated by size and by age.
//!
//! No rolling appender of a logging library: rotation follows the time of the events, and requests
//! of strangers must not be able to cause it.

mod builder;
mod encode;
mod file;
mod line;
mod share;
#[cfg(test)]
mod tests;
mod writer;

use std::io;
use std::path::PathBuf;

use super::{AuditSink, AuditSummary, AuthEvent, Sampled};
pub use builder::JsonLinesBuilder;
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
///   lines. It is the first line of the next file.
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
