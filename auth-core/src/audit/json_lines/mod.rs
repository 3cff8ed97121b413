//! [`JsonLines`]: events as lines of JSON in a file that is rotated by size and by age.

mod builder;
mod file;
mod line;
mod share;
#[cfg(test)]
mod tests;
mod writer;

use std::io;
use std::path::PathBuf;

use super::{AuditSink, AuditSummary, AuthEvent, Sampled};
pub use crate::audit::json_lines::builder::JsonLinesBuilder;
use crate::audit::json_lines::writer::Writer;

/// Writes events as lines of JSON to a file.
///
/// When the file would grow past its limit, or is older than it may be, it becomes `<name>.1`, the
/// one that had that name becomes `<name>.2`, and so on; the oldest is removed. It waits for the
/// disk, so put it behind a [`Queued`](super::Queued):
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
/// An event: `time` (seconds since 1970), `outcome`, `reason`, `resource`, `method`, `path`,
/// `rejected` (the `Host` or `Origin` that was refused), `issuer`, `subject`, `client_id`,
/// `organization`, `operations`, `token_id_hash`, `request_id`, `latency_us`, `late`; those
/// without a value are left out.
///
/// What is not an event has a member `record`:
///
/// * `summary`: events were left out, between `since` and `until`; `verified` and `unverified` of
///   them, with and without a verified caller; `counts` has each kind with its `omission`
///   ([`Omission`](super::Omission)). Summaries do not overlap: lines and counts add up to all
///   events.
/// * `file_removed`: the oldest file went; `file` is its name, `lines` how many lines it had. It is
///   the first line of the next file.
///
/// # Events without a verified caller
///
/// They can be caused by anybody, as often as they like, so they are written as [`Sampled`] passes
/// them on, and get an eighth of each file. When that is used up, the file gets lines with sums
/// alone, each when the number has doubled, which take up another eighth at most, and a last one
/// when it is rotated or closed. They never make the file rotate: whatever others do, the lines of
/// verified callers have three quarters of each file. The sums can make a file a little longer
/// than its limit.
///
/// # The files
///
/// Regular files with mode 0600, of the user that the process runs as; no links
/// ([`private_file`](crate::support::private_file)). When the file cannot be rotated it grows past its
/// limit, and when a line cannot be written, the next one that can is followed by a summary. Both
/// are logged, once.
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

    /// Settings for a file at `path`.
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
