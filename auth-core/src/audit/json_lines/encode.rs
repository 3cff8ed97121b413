//! How every line is encoded.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

/// One object as a line; `None` only for an error of serde, which the types of lines do not cause.
pub(super) fn line(value: &impl Serialize) -> Option<Vec<u8>> {
    let mut line = serde_json::to_vec(value).ok()?;
    line.push(b'\n');
    Some(line)
}

/// A time in seconds since 1970.
pub(super) fn seconds(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}
