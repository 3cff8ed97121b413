//! The log of a test, whose tasks all run on its thread.

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

/// Begins to log, in each test that reads the log.
pub(crate) fn begin() {
    static ONCE: Once = Once::new();
    // For the whole process: a call site that another test reaches first on a thread without a
    // subscriber would be disabled for all tests.
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(LevelFilter::INFO)
            .with_ansi(false)
            .without_time()
            .with_writer(|| Log)
            .init();
    });
    LOG.take();
}

/// What was logged on this thread since the last time, line by line.
pub(crate) fn lines() -> Vec<String> {
    let log = String::from_utf8(LOG.take()).unwrap();
    log.lines().map(str::to_owned).collect()
}
