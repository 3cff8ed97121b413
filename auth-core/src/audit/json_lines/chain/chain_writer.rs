//! [`ChainWriter`]: what the writer of a file knows of its chain.

use std::io::{self, BufRead};
use std::time::SystemTime;

use super::head::ChainHead;
use super::key::ChainKey;
use super::record::{Record, TornLine};
use super::seal::{LONGEST, seal};
use super::verifier::ChainVerifier;
use crate::support::random;

/// The chain of the lines that are written.
#[derive(Debug)]
pub(in crate::audit::json_lines) struct ChainWriter {
    key: ChainKey,
    /// The last line that was written.
    head: Option<ChainHead>,
    /// Whether the current file has a line of the chain.
    begun: bool,
    /// The end of the file, which the next line must report.
    torn: Option<TornLine>,
}

impl ChainWriter {
    pub(in crate::audit::json_lines) fn new(key: ChainKey) -> Self {
        Self {
            key,
            head: None,
            begun: false,
            torn: None,
        }
    }

    /// The most bytes that a line gets longer.
    pub(in crate::audit::json_lines) const LONGEST: usize = LONGEST;

    /// Continues after the last verified line of a file: the current one, or the one before it. Returns how many broken
    /// places the file has; the end of a line that a crash has torn is none.
    pub(in crate::audit::json_lines) fn resume(
        &mut self,
        file: impl BufRead,
        is_current: bool,
    ) -> io::Result<u64> {
        let mut verifier = ChainVerifier::new(&self.key);
        verifier.read(file, |_| ())?;
        let unfinished = verifier.unfinished();
        let report = verifier.finish();
        self.head = report.head;
        self.begun = is_current;
        self.torn = unfinished.filter(|_| is_current && report.head.is_some());
        let torn = u64::from(unfinished.is_some()).saturating_add(report.recorded_torn);
        Ok(report.breaks.saturating_sub(torn))
    }

    pub(in crate::audit::json_lines) fn head(&self) -> Option<ChainHead> {
        self.head
    }

    /// The next line is the first one of a file.
    pub(in crate::audit::json_lines) fn begin_file(&mut self) {
        self.begun = false;
        self.torn = None;
    }

    /// The file ends with a line that was not written to its end.
    pub(in crate::audit::json_lines) fn end_torn(&mut self, torn: TornLine) {
        self.torn = Some(torn);
    }

    /// Whether a torn line is not reported yet.
    pub(in crate::audit::json_lines) fn is_torn(&self) -> bool {
        self.torn.is_some()
    }

    /// The record that must be written before the next line, with this time.
    pub(in crate::audit::json_lines) fn due(&self, at: SystemTime) -> io::Result<Option<Vec<u8>>> {
        let record = match (self.torn, self.begun, self.head) {
            (Some(torn), ..) => Record::Torn(torn),
            (None, true, _) => return Ok(None),
            (None, false, Some(head)) => Record::continued(&self.key, head.hash),
            (None, false, None) => {
                let id = random::bytes::<16>().map_err(io::Error::other)?;
                Record::start(&self.key, &id)
            }
        };
        Ok(record.line(at))
    }

    /// Adds the members of the chain to a line.
    pub(in crate::audit::json_lines) fn seal(&self, line: &[u8]) -> (Vec<u8>, ChainHead) {
        seal(&self.key, self.head, line)
    }

    /// The line with this head was written.
    pub(in crate::audit::json_lines) fn advance(&mut self, head: ChainHead) {
        self.head = Some(head);
        // The first line of a file, and the line after a torn one, are the records that were due.
        self.begun = true;
        self.torn = None;
    }
}
