//! [`ChainVerifier`]: finds every change, removal and reordering of lines.

use std::io::{self, BufRead};

use super::broken::{ChainBreak, ChainBreakKind, ChainReport};
use super::head::{ChainHead, Hash};
use super::key::ChainKey;
use super::line_reader::{Line, LineReader};
use super::record::{Record, TornLine};
use super::seal::{NOTHING, next};

/// Verifies the chain of an audit file, and of the rotated files before it.
///
/// It reads each file once, and holds nothing of it in memory. It continues after a broken place, so that one changed
/// line is one finding.
///
/// The end of a file can be removed without a trace in the file. To find that too, keep the
/// [head](ChainReport::head) of an earlier report, or of the log of the server, in another place, and
/// [expect](Self::expect) it: the line is still there when the file has grown, and absent when its end was removed, also
/// if the server has continued since.
///
/// ```
/// use auth_core::audit::{ChainKey, ChainVerifier};
///
/// # fn demo(older: &[u8], current: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
/// let key = ChainKey::new(b"32 random bytes from a secret file")?;
/// let mut verifier = ChainVerifier::new(&key);
/// for file in [older, current] {
///     verifier.read(file, |found| println!("file {}, line {}: {}", found.file, found.line, found.kind))?;
/// }
/// let report = verifier.finish();
/// println!("{} of {} lines are verified", report.verified, report.lines);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct ChainVerifier {
    key: ChainKey,
    expected: Option<ChainHead>,
    report: ChainReport,
    file: usize,
    /// A line after the last verified one, whose hash is wrong or cannot be checked: the next
    /// line may follow it, by its written or its computed hash.
    unverified: Option<Unverified>,
    /// Nothing has been verified since a record of another key.
    other_key: bool,
    /// The last line, if it has no hash: the next one may report it as torn.
    unchained: Option<(u64, TornLine)>,
    /// The end of the last file, if it is neither a whole line nor part of the chain.
    unfinished: Option<TornLine>,
}

/// A line whose hash is not the one that was computed.
#[derive(Debug, Clone, Copy)]
struct Unverified {
    head: ChainHead,
    computed: Option<Hash>,
    /// An earlier line has come after it, which was reported.
    overtaken: bool,
}

impl ChainVerifier {
    /// A verifier for lines that were written with this key.
    #[must_use]
    pub fn new(key: &ChainKey) -> Self {
        Self {
            key: key.clone(),
            expected: None,
            report: ChainReport::default(),
            file: 0,
            unverified: None,
            other_key: false,
            unchained: None,
            unfinished: None,
        }
    }

    /// Expects this line: [`ChainReport::expected_found`].
    #[must_use]
    pub fn expect(mut self, head: ChainHead) -> Self {
        self.expected = Some(head);
        self.report.expected_found = Some(false);
        self
    }

    /// Reads the next file, the oldest first, and calls `found` with each broken place in the order of the lines.
    ///
    /// # Errors
    ///
    /// Those of the file. What was found before remains valid.
    pub fn read(
        &mut self,
        mut file: impl BufRead,
        mut found: impl FnMut(ChainBreak),
    ) -> io::Result<()> {
        self.file = self.file.saturating_add(1);
        self.unfinished = None;
        let mut reader = LineReader::default();
        let mut number = 0_u64;
        while let Some(line) = reader.next_line(&mut file)? {
            number = number.saturating_add(1);
            self.report.lines = self.report.lines.saturating_add(1);
            let kind = match line.head {
                None => {
                    self.flush_unchained(None, &mut found);
                    self.unchained = Some((number, line.as_torn()));
                    None
                }
                Some(head) => {
                    let kind = self.check(head, &line);
                    self.flush_unchained(Some(&line).filter(|_| kind.is_none()), &mut found);
                    kind
                }
            };
            if let Some(kind) = kind {
                self.found(number, kind, &mut found);
            }
            if !line.ended {
                self.unfinished = self.unchained.take().map(|(_, torn)| torn);
                self.found(number, ChainBreakKind::Torn { recorded: false }, &mut found);
            }
        }
        self.flush_unchained(None, &mut found);
        Ok(())
    }

    /// The result of all files.
    #[must_use]
    pub fn finish(self) -> ChainReport {
        self.report
    }

    /// The end of the last file, if it is neither a whole line nor part of the chain.
    pub(super) fn unfinished(&self) -> Option<TornLine> {
        self.unfinished
    }

    fn found(&mut self, line: u64, kind: ChainBreakKind, found: &mut impl FnMut(ChainBreak)) {
        self.report.breaks = self.report.breaks.saturating_add(1);
        if matches!(kind, ChainBreakKind::Torn { recorded: true }) {
            self.report.recorded_torn = self.report.recorded_torn.saturating_add(1);
        }
        found(ChainBreak {
            file: self.file,
            line,
            kind,
        });
    }

    /// Reports a line without a hash, once the verified line after it is known, if there is one.
    fn flush_unchained(&mut self, next: Option<&Line<'_>>, found: &mut impl FnMut(ChainBreak)) {
        let Some((line, torn)) = self.unchained.take() else {
            return;
        };
        let record = next.and_then(Line::record);
        let kind = match record == Some(Record::Torn(torn)) {
            true => ChainBreakKind::Torn { recorded: true },
            false => ChainBreakKind::Unchained,
        };
        self.found(line, kind, found);
    }

    /// Checks a line with a hash.
    fn check(&mut self, head: ChainHead, line: &Line<'_>) -> Option<ChainBreakKind> {
        if self.follows(self.report.head, head, line) {
            return self.check_follower(head);
        }
        if let Some(last) = self.unverified {
            let computed = last.computed.map(|hash| ChainHead { hash, ..last.head });
            let mut candidates = [Some(last.head), computed].into_iter();
            if candidates.any(|before| before.is_some() && self.follows(before, head, line)) {
                self.verified(head);
                self.unverified = None;
                return None;
            }
        }
        let record = line.record();
        if let Some(kind) = self.check_record(record.as_ref(), head, line) {
            return kind;
        }
        Some(self.mismatch(record.as_ref(), head, line))
    }

    /// Whether the line is the one after `before`; the first one of a chain, if there is none.
    fn follows(&self, before: Option<ChainHead>, head: ChainHead, line: &Line<'_>) -> bool {
        let previous = before.map_or(NOTHING, |before| before.hash);
        head.seq == next(before) && self.key.link(&previous, head.seq, &line.sha256) == head.hash
    }

    /// A line that follows the last verified one. Lines in between were reported.
    fn check_follower(&mut self, head: ChainHead) -> Option<ChainBreakKind> {
        self.verified(head);
        match self.unverified {
            // A later line came before it. It is kept for one more line: if two were swapped, the next follows it.
            Some(later) if later.head.seq > head.seq && !later.overtaken => {
                let overtaken = true;
                self.unverified = Some(Unverified { overtaken, ..later });
                Some(ChainBreakKind::OutOfOrder { seq: head.seq })
            }
            // What was in between is no line of the chain, or a copy.
            _ => {
                self.unverified = None;
                None
            }
        }
    }

    /// A record by which a chain begins or continues is verified by itself: it names the hash before it.
    fn check_record(
        &mut self,
        record: Option<&Record>,
        head: ChainHead,
        line: &Line<'_>,
    ) -> Option<Option<ChainBreakKind>> {
        let previous = match record? {
            Record::Start { .. } if head.seq == 0 => NOTHING,
            Record::Continued { previous, .. } => *previous,
            _ => return None,
        };
        if self.key.link(&previous, head.seq, &line.sha256) != head.hash {
            return None;
        }
        let expected = self.expected_seq();
        self.verified(head);
        self.unverified = None;
        Some(match expected {
            None => None,
            Some(_) if head.seq == 0 => Some(ChainBreakKind::OtherChain),
            Some(expected) if expected < head.seq => Some(ChainBreakKind::Missing {
                first: expected,
                last: head.seq.saturating_sub(1),
            }),
            Some(expected) if expected > head.seq => {
                Some(ChainBreakKind::OutOfOrder { seq: head.seq })
            }
            Some(_) => Some(ChainBreakKind::OtherChain),
        })
    }

    /// A line that follows nothing that is known.
    fn mismatch(
        &mut self,
        record: Option<&Record>,
        head: ChainHead,
        line: &Line<'_>,
    ) -> ChainBreakKind {
        let seq = head.seq;
        let before = self.unverified.map(|last| last.head).or(self.report.head);
        let expected = self.expected_seq();
        let is_next = expected == Some(seq);
        let computed = before.filter(|_| is_next);
        let computed = computed.map(|before| self.key.link(&before.hash, seq, &line.sha256));
        if record
            .and_then(Record::key)
            .is_some_and(|key| key != self.key.id())
        {
            self.other_key = true;
        }
        if expected.is_none_or(|expected| seq >= expected) {
            self.unverified = Some(Unverified {
                head,
                computed,
                overtaken: false,
            });
        }
        match expected {
            _ if self.other_key => ChainBreakKind::OtherKey,
            None => ChainBreakKind::NoStart,
            Some(expected) if seq > expected => ChainBreakKind::Missing {
                first: expected,
                last: seq.saturating_sub(1),
            },
            Some(expected) if seq < expected => ChainBreakKind::OutOfOrder { seq },
            Some(_) => ChainBreakKind::Changed { seq },
        }
    }

    /// The number of the next line; `None` before the first one.
    fn expected_seq(&self) -> Option<u64> {
        let before = self.unverified.map(|last| last.head).or(self.report.head);
        before.map(|before| next(Some(before)))
    }

    fn verified(&mut self, head: ChainHead) {
        self.other_key = false;
        self.report.verified = self.report.verified.saturating_add(1);
        self.report.first_seq.get_or_insert(head.seq);
        self.report.head = Some(head);
        if self.expected == Some(head) {
            self.report.expected_found = Some(true);
        }
    }
}
