//! The log of a test, whose tasks all run on its thread. Also for the tests of the other crates.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test binary uses a part of it, and a failure here is the test's failure"
)]

use std::cell::RefCell;
use std::io::Write;
use std::sync::Once;

use tracing_subscriber::filter::LevelFilter;

thread_local! {
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.with_borrow_mut(|log| log.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Begins to log at level info and above, in each test that reads the log.
pub(crate) fn begin() {
    begin_at(LevelFilter::INFO);
}

/// Begins to log at this level and above. The first call of the process decides the level.
pub(crate) fn begin_at(level: LevelFilter) {
    static ONCE: Once = Once::new();
    // For the whole process: a call site that another test reaches first on a thread without a
    // subscriber would be disabled for all tests.
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(level)
            .with_ansi(false)
            .without_time()
            .with_writer(|| Log)
            .init();
    });
    LOG.take();
}

/// What was logged on this thread since the last time.
pub(crate) fn text() -> String {
    String::from_utf8(LOG.take()).unwrap()
}

/// The same, line by line.
pub(crate) fn lines() -> Vec<String> {
    text().lines().map(str::to_owned).collect()
}
