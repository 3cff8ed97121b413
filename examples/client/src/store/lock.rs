//! A lock that processes share.

use std::{
    fs::File,
    io,
    path::Path,
    time::{Duration, Instant},
};

use super::disk::open_private;

/// Longer than any process needs to read a file and to replace it.
const WAIT_LIMIT: Duration = Duration::from_secs(5);

/// Held until it is dropped, or the process ends.
#[derive(Debug)]
pub(super) struct Lock(#[allow(dead_code, reason = "held, not used")] File);

impl Lock {
    /// Waits until the lock is free. It blocks the thread, so it is for locks that are held for milliseconds.
    ///
    /// # Errors
    ///
    /// Those of the system, and [`io::ErrorKind::TimedOut`] after 5 seconds.
    pub(super) fn wait(path: &Path) -> io::Result<Self> {
        let began = Instant::now();
        loop {
            if let Some(lock) = Self::try_now(path)? {
                return Ok(lock);
            }
            if began.elapsed() > WAIT_LIMIT {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!(
                        "another process has held it for {} s; end it",
                        WAIT_LIMIT.as_secs()
                    ),
                ));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Takes the lock if it is free.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub(super) fn try_now(path: &Path) -> io::Result<Option<Self>> {
        let file = open_private(path)?;
        match fs4::FileExt::try_lock(&file) {
            Ok(()) => Ok(Some(Self(file))),
            Err(fs4::TryLockError::WouldBlock) => Ok(None),
            Err(fs4::TryLockError::Error(error)) => Err(error),
        }
    }
}
