//! [`LineReader`]: the lines of a file, each read once and in constant memory, however long it is.

use std::io::{self, BufRead, ErrorKind};

use sha2::{Digest, Sha256};

use super::head::{ChainHead, Hash};
use super::record::{MAX_BYTES, Record, TornLine};
use super::seal::{LONGEST, Members};

/// How many bytes are taken at once.
const PART: usize = 4096;

/// One line.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// Its number and hash, if it has them.
    pub(super) head: Option<ChainHead>,
    /// Of the bytes that the hash covers; of all bytes for a line without a hash.
    pub(super) sha256: Hash,
    /// Its length without the line end.
    pub(super) bytes: u64,
    /// Whether it has a line end.
    pub(super) ended: bool,
    start: &'a [u8],
}

impl Line<'_> {
    /// The record that it is, if it is one.
    pub(super) fn record(&self) -> Option<Record> {
        let is_whole = self.start.len() as u64 == self.bytes;
        is_whole.then(|| Record::read(self.start)).flatten()
    }

    /// The line as one that was torn.
    pub(super) fn as_torn(&self) -> TornLine {
        TornLine {
            bytes: self.bytes,
            sha256: self.sha256,
        }
    }
}

/// Buffers for one line after the other.
#[derive(Debug, Default)]
pub(super) struct LineReader {
    digest: Sha256,
    length: u64,
    /// The first bytes of the line.
    start: Vec<u8>,
    /// The last bytes of the line, which are not in the digest yet.
    end: Vec<u8>,
}

impl LineReader {
    /// The next line; `None` at the end of the file.
    ///
    /// # Errors
    ///
    /// Those of the file.
    pub(super) fn next_line(&mut self, file: &mut impl BufRead) -> io::Result<Option<Line<'_>>> {
        self.digest = Sha256::new();
        self.length = 0;
        self.start.clear();
        self.end.clear();
        let ended = loop {
            let available = match file.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let mut parts = available.splitn(2, |byte| *byte == b'\n');
            let part = parts.next().unwrap_or_default();
            let (used, has_end) = match parts.next() {
                Some(_) => (part.len().saturating_add(1), true),
                None => (part.len(), false),
            };
            part.chunks(PART).for_each(|part| self.push(part));
            file.consume(used);
            if has_end || used == 0 {
                break has_end;
            }
        };
        Ok((ended || self.length > 0).then(|| self.finish(ended)))
    }

    fn push(&mut self, part: &[u8]) {
        self.length = self.length.saturating_add(part.len() as u64);
        let room = MAX_BYTES.saturating_sub(self.start.len());
        self.start.extend(part.iter().take(room));
        self.end.extend_from_slice(part);
        let ready = self.end.len().saturating_sub(LONGEST);
        self.digest
            .update(self.end.get(..ready).unwrap_or_default());
        self.end.drain(..ready);
    }

    fn finish(&mut self, ended: bool) -> Line<'_> {
        let members = Members::at_end_of(&self.end);
        let covered = members.map_or(self.end.len(), |members| members.hash_at);
        self.digest
            .update(self.end.get(..covered).unwrap_or_default());
        Line {
            head: members.map(|members| members.head),
            sha256: self.digest.finalize_reset().into(),
            bytes: self.length,
            ended,
            start: &self.start,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::json_lines::chain::key::ChainKey;
    use crate::audit::json_lines::chain::seal::seal;
    use std::io::BufReader;

    /// The hash, the length and the end of each line.
    fn lines(mut file: impl BufRead) -> Vec<(Option<ChainHead>, Hash, u64, bool)> {
        let mut reader = LineReader::default();
        let mut lines = Vec::new();
        while let Some(line) = reader.next_line(&mut file).unwrap() {
            lines.push((line.head, line.sha256, line.bytes, line.ended));
        }
        lines
    }

    #[test]
    fn lines_are_the_same_whatever_the_buffer() {
        let key = ChainKey::new(&[7; 32]).unwrap();
        let mut file = Vec::new();
        let mut head = None;
        for length in [1, 100, 500, 5000, 100_000] {
            let line = format!("{{\"a\":\"{}\"}}\n", "x".repeat(length));
            let (sealed, next) = seal(&key, head, line.as_bytes());
            file.extend(sealed);
            head = Some(next);
        }
        file.extend(b"\nno member\nno end");
        let expected = lines(&*file);
        assert_eq!(expected.len(), 8);
        let seqs = expected.iter().map(|line| line.0.map(|head| head.seq()));
        let seqs: Vec<_> = seqs.collect();
        assert_eq!(
            seqs,
            [
                Some(0),
                Some(1),
                Some(2),
                Some(3),
                Some(4),
                None,
                None,
                None
            ]
        );
        let (no_end, no_member) = (expected[7], expected[6]);
        assert_eq!(
            (no_member.2, no_member.3, no_end.2, no_end.3),
            (9, true, 6, false)
        );
        assert_eq!(no_end.1, <Hash>::from(Sha256::digest("no end")));
        for capacity in [1, 7, 64, 8192] {
            let found = lines(BufReader::with_capacity(capacity, &*file));
            assert_eq!(found, expected, "{capacity}");
        }
        assert_eq!(lines(&b""[..]), []);
    }

    #[test]
    fn a_long_line_takes_no_memory() {
        let mut reader = LineReader::default();
        let long = vec![b'x'; 10_000_000];
        let line = reader.next_line(&mut &*long).unwrap().unwrap();
        assert_eq!((line.bytes, line.ended), (10_000_000, false));
        assert!(reader.end.capacity() + reader.start.capacity() < 4 * PART);
    }
}
