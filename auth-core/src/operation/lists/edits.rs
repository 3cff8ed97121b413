//! [`Edits`]: replacements of parts of a text.

use std::ops::Range;

/// Parts of a text, and the bytes that replace each.
#[derive(Default)]
pub(super) struct Edits(Vec<(Range<usize>, Vec<u8>)>);

impl Edits {
    pub(super) fn replace(&mut self, part: Range<usize>, by: Vec<u8>) {
        self.0.push((part, by));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Moves all edits of `other` into this.
    pub(super) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// The text with its replacements; `None` when there are none.
    pub(super) fn applied_to(mut self, text: &[u8]) -> Option<Vec<u8>> {
        if self.0.is_empty() {
            return None;
        }
        self.0.sort_by_key(|(part, _)| part.start);
        let mut out = Vec::with_capacity(text.len());
        let mut at = 0;
        for (part, by) in self.0 {
            out.extend_from_slice(text.get(at..part.start).unwrap_or_default());
            out.extend_from_slice(&by);
            at = part.end;
        }
        out.extend_from_slice(text.get(at..).unwrap_or_default());
        Some(out)
    }
}
