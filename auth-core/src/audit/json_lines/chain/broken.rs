//! [`ChainBreak`]: one place at which the chain is broken, and [`ChainReport`]: the result of all files.

use std::fmt;

use super::head::ChainHead;

/// One place at which a chain is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChainBreak {
    /// The file, counted from 1 in the order in which they were read.
    pub file: usize,
    /// The line of that file, counted from 1.
    pub line: u64,
    /// What is wrong with it.
    pub kind: ChainBreakKind,
}

/// What is wrong at one place of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChainBreakKind {
    /// The line is not the one that was written with this number: it was changed, or inserted.
    Changed {
        /// The number that the line has.
        seq: u64,
    },
    /// Lines before this one are missing: they were removed, or are further down. Since the hash of the line before it
    /// is unknown, this line itself is verified by nothing but the line after it, which covers its hash.
    Missing {
        /// The number of the first that is missing.
        first: u64,
        /// The number of the last that is missing.
        last: u64,
    },
    /// The line was moved here, or is a copy of an earlier one.
    OutOfOrder {
        /// The number that the line has.
        seq: u64,
    },
    /// The line was not written to its end.
    Torn {
        /// Whether the next line reports it, as the writer does after a failure. What the torn line contains is not
        /// vouched for.
        recorded: bool,
    },
    /// The line is not part of any chain: it was inserted, or changed at its end.
    Unchained,
    /// The line belongs to a chain with another key.
    OtherKey,
    /// Another chain with the same key begins here, although the one before has not been continued.
    OtherChain,
    /// The first file does not begin with the record of its chain: its first lines are missing, or changed.
    NoStart,
}

impl ChainBreakKind {
    /// A short, stable label.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed { .. } => "changed",
            Self::Missing { .. } => "missing",
            Self::OutOfOrder { .. } => "out_of_order",
            Self::Torn { .. } => "torn",
            Self::Unchained => "unchained",
            Self::OtherKey => "other_key",
            Self::OtherChain => "other_chain",
            Self::NoStart => "no_start",
        }
    }
}

/// A sentence about the line, without its place.
impl fmt::Display for ChainBreakKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { seq } => write!(
                f,
                "changed or inserted: it is not the line {seq} that was written"
            ),
            Self::Missing { first, last } if first == last => {
                write!(f, "line {first} of the chain is missing before this one")
            }
            Self::Missing { first, last } => {
                write!(
                    f,
                    "lines {first} to {last} of the chain are missing before this one"
                )
            }
            Self::OutOfOrder { seq } => write!(f, "moved or repeated: it has the number {seq}"),
            Self::Torn { recorded: true } => {
                f.write_str("torn: a write was interrupted, as the next line reports")
            }
            Self::Torn { recorded: false } => f.write_str("torn: the file ends within it"),
            Self::Unchained => f.write_str("not part of a chain: inserted, or changed at its end"),
            Self::OtherKey => {
                f.write_str("of a chain with another key: give the key that it was written with")
            }
            Self::OtherChain => {
                f.write_str("another chain begins, and the one before has no end in these files")
            }
            Self::NoStart => f.write_str("the record of the chain is missing before this line"),
        }
    }
}

/// What a [`ChainVerifier`](super::ChainVerifier) has found in all files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChainReport {
    /// How many lines were read.
    pub lines: u64,
    /// How many of them are verified: written by the owner of the key, and in their place.
    pub verified: u64,
    /// How many broken places there are.
    pub breaks: u64,
    /// How many of these are torn lines that the next line reports.
    pub recorded_torn: u64,
    /// The number of the first verified line: 0, or that of the first line of the oldest file that was kept.
    pub first_seq: Option<u64>,
    /// The last verified line. Keep it elsewhere: only with it a later verification finds that the end was removed.
    pub head: Option<ChainHead>,
    /// Whether the expected line is there; `None` if none was expected.
    pub expected_found: Option<bool>,
}

impl ChainReport {
    /// Whether there is a verified line, no broken place, and the expected line.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.verified > 0 && self.breaks == 0 && self.expected_found != Some(false)
    }
}
