//! [`Settings`]: how a file is read and watched.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::support::Clock;

#[derive(Debug)]
pub(super) struct Settings {
    pub(super) path: PathBuf,
    pub(super) max_bytes: usize,
    pub(super) interval: Duration,
    pub(super) clock: Arc<dyn Clock>,
}
