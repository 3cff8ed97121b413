//! [`ReloadedBuilder`]: the settings of a reloaded file, and its first reading.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::contents::Contents;
use super::file_error::{FileError, FileProblem, FileProblems};
use super::reloaded::Reloaded;
use crate::support::{Clock, SystemClock};

/// How a file is read and watched.
#[derive(Debug)]
#[must_use = "call open() to read the file"]
pub struct ReloadedBuilder {
    pub(super) path: PathBuf,
    pub(super) max_bytes: usize,
    pub(super) interval: Duration,
    pub(super) clock: Arc<dyn Clock>,
}

impl ReloadedBuilder {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            max_bytes: 1024 * 1024,
            interval: Duration::from_secs(5),
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Sets the longest file that is read, in bytes. Default: 1 MiB.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Sets how long [`watch`](Reloaded::watch) waits between two readings. Default: 5 seconds.
    pub fn poll_every(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Sets the clock that [`watch`](Reloaded::watch) waits by. Default: that of the system.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Reads the file, blocking this thread; `load` makes the value of its contents, now and of each
    /// later version.
    ///
    /// # Errors
    ///
    /// [`FileError`] if the file cannot be read, is too long or not UTF-8, `load` refuses it, or a
    /// setting is zero.
    pub fn open<T, L>(self, load: L) -> Result<Reloaded<T>, FileError>
    where
        T: Send + Sync + 'static,
        L: Fn(&str) -> Result<T, FileProblems> + Send + Sync + 'static,
    {
        if self.interval.is_zero() {
            let problem = "has a poll_every of zero: give the time between two readings";
            return Err(FileError::new(&self.path, FileProblem::new(problem)));
        }
        let contents = Contents::read(&self.path, self.max_bytes)?;
        let value = contents.load(&self.path, &load)?;
        Ok(Reloaded::new(self, Box::new(load), &contents, value))
    }
}
