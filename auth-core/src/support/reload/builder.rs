//! [`ReloadedBuilder`]: the settings of a reloaded file, and its first reading.

use std::fmt;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::contents::Contents;
use super::file_error::{FileError, FileProblem, FileProblems};
use super::reloaded::Reloaded;
use super::settings::Settings;
use crate::support::{Clock, SystemClock};

/// How a file is read and watched.
#[must_use = "call open() to read the file"]
pub struct ReloadedBuilder<T>(Settings, PhantomData<fn() -> T>);

impl<T: Send + Sync + 'static> Reloaded<T> {
    /// The settings of a file, which is not read yet.
    pub fn builder(path: impl AsRef<Path>) -> ReloadedBuilder<T> {
        let settings = Settings {
            path: path.as_ref().to_owned(),
            max_bytes: 1024 * 1024,
            interval: Duration::from_secs(5),
            clock: Arc::new(SystemClock::new()),
        };
        ReloadedBuilder(settings, PhantomData)
    }
}

impl<T: Send + Sync + 'static> ReloadedBuilder<T> {
    /// Sets the longest file that is read, in bytes. Default: 1 MiB.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.0.max_bytes = bytes;
        self
    }

    /// Sets how long [`watch`](Reloaded::watch) waits between two readings. Default: 5 seconds.
    pub fn poll_every(mut self, interval: Duration) -> Self {
        self.0.interval = interval;
        self
    }

    /// Sets the clock that [`watch`](Reloaded::watch) waits by. Default: that of the system.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.0.clock = Arc::new(clock);
        self
    }

    /// Reads the file, blocking this thread; `load` makes the value of its contents, now and of each
    /// later version.
    ///
    /// # Errors
    ///
    /// [`FileError`] if the file cannot be read, is too long or not UTF-8, `load` refuses it, or a
    /// setting is zero.
    pub fn open<L>(self, load: L) -> Result<Reloaded<T>, FileError>
    where
        L: Fn(&str) -> Result<T, FileProblems> + Send + Sync + 'static,
    {
        let settings = self.0;
        if settings.interval.is_zero() {
            let problem = "has a poll_every of zero: give the time between two readings";
            return Err(FileError::new(&settings.path, FileProblem::new(problem)));
        }
        let contents = Contents::read(&settings.path, settings.max_bytes)?;
        let value = contents.load(&settings.path, &load)?;
        Ok(Reloaded::new(settings, Box::new(load), &contents, value))
    }
}

impl<T> fmt::Debug for ReloadedBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
