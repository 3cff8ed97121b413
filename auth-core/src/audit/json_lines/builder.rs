//! [`JsonLinesBuilder`]: the size and the age of audit files, and how many are kept.

use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::time::Duration;

use super::JsonLines;
use super::chain::ChainKey;
use super::file::AuditFile;
use super::writer::Writer;
use crate::audit::Sampled;
use crate::audit::sampler::DEFAULT_LIMIT;

/// Settings of a [`JsonLines`].
#[derive(Debug, Clone)]
#[must_use = "call open() to get the sink"]
pub struct JsonLinesBuilder {
    path: PathBuf,
    max_bytes: u64,
    max_age: Option<Duration>,
    keep: usize,
    unverified_per_minute: u32,
    chain: Option<ChainKey>,
}

impl JsonLinesBuilder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            max_bytes: 10 * 1024 * 1024,
            max_age: None,
            keep: 5,
            unverified_per_minute: DEFAULT_LIMIT,
            chain: None,
        }
    }

    /// Sets the maximum size of a file in bytes; a file is rotated before it would exceed it.
    /// Default: 10 MiB. A longer line is written to a file without other lines.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Sets the maximum age of the first line of a file, by the time of the events. Default:
    /// unlimited. The file is rotated when the next event with a verified caller is written, not by
    /// a timer and not by other events.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Sets how many rotated files are kept beside the current one. Default: 5. Existing files with
    /// higher numbers are left alone.
    pub fn keep(mut self, files: usize) -> Self {
        self.keep = files;
        self
    }

    /// Sets how many refusals without a verified caller are written in full each minute. Default:
    /// 20; see [`Sampled::per_minute`].
    pub fn unverified_per_minute(mut self, events: u32) -> Self {
        self.unverified_per_minute = events;
        self
    }

    /// Chains the lines with this key, so that a [`ChainVerifier`](crate::audit::ChainVerifier)
    /// finds any change, removal and reordering of lines. Default: no chain. See [the
    /// chain](JsonLines#the-chain).
    pub fn chained(mut self, key: ChainKey) -> Self {
        self.chain = Some(key);
        self
    }

    /// Opens the file for appending, or creates it. A [chained](Self::chained) file is read first,
    /// to continue its chain.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] for a limit of zero, and if the file, or a rotated one, is a
    /// link or not a regular file of this user; [`ErrorKind::ResourceBusy`] if another writer has a
    /// chained file open; else the error of the operating system. The message names the file.
    pub fn open(self) -> io::Result<JsonLines> {
        let wrong = if self.max_bytes == 0 {
            Some("max_bytes is 0: set the maximum size of a file, in bytes")
        } else if self.max_age == Some(Duration::ZERO) {
            Some("max_age is 0: give the age that a file may have, or leave it out")
        } else {
            None
        };
        if let Some(wrong) = wrong {
            return Err(io::Error::new(ErrorKind::InvalidInput, wrong));
        }
        let file = AuditFile::open(
            self.path,
            self.max_bytes,
            self.max_age,
            self.keep,
            self.chain,
        )?;
        let writer = Writer::new(file, self.max_bytes);
        let sampled = Sampled::per_minute(writer, self.unverified_per_minute);
        Ok(JsonLines(sampled))
    }
}
