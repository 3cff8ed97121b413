//! [`ListingReport`]: what a full listing has found.

use super::mirror::{Changes, RecordChange, RecordCounts};

/// What a full listing has found. Names ids only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ListingReport {
    /// What there is now.
    pub existing: RecordCounts,
    /// What was not known.
    pub added: RecordCounts,
    /// What was known otherwise.
    pub changed: RecordCounts,
    /// What was known and does not exist.
    pub removed: RecordCounts,
    /// The first 1,000 of the things that were added, changed or removed.
    pub changes: Vec<RecordChange>,
}

impl ListingReport {
    pub(super) fn new(existing: RecordCounts, changes: Changes) -> Self {
        Self {
            existing,
            added: changes.added,
            changed: changes.changed,
            removed: changes.removed,
            changes: changes.named,
        }
    }

    /// Whether the listing agrees with what was known.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.added.total() + self.changed.total() + self.removed.total() == 0
    }

    /// Logs what the listing has changed, if it has. The first one finds everything.
    pub(super) fn log(&self, is_first: bool) {
        let (added, changed) = (self.added.total(), self.changed.total());
        let (removed, records) = (self.removed.total(), self.existing.total());
        match self.changes.first() {
            Some(first) if !is_first => {
                tracing::warn!(
                    added, changed, removed, records, %first,
                    "the directory differed from a full listing, and was corrected"
                );
            }
            _ => tracing::info!(records, "the directory was listed"),
        }
    }
}
