//! [`Share`]: the part of one file that events without a verified caller may use.

use super::line::Record;
use crate::audit::summary::Tally;
use crate::audit::{AuditSummary, Omission};

/// The fraction of a file.
const PART: u64 = 8;

#[derive(Debug)]
pub(super) struct Share {
    limit: u64,
    /// For lines of events, and of summaries of the sampler.
    left: u64,
    /// For summaries of events that did not fit, while the file is written.
    left_for_sums: u64,
    /// Events that did not fit and are in no summary yet.
    withheld: Tally,
    /// How many events the summaries of this file count.
    summed_up: u64,
}

impl Share {
    /// For files of at most `max_bytes`.
    pub(super) fn of(max_bytes: u64) -> Self {
        let limit = max_bytes / PART;
        Self {
            limit,
            left: limit,
            left_for_sums: limit,
            withheld: Tally::default(),
            summed_up: 0,
        }
    }

    /// Uses `bytes`, if that many are left. The first line that does not fit ends the share:
    /// otherwise short lines would still be written where long ones are not.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        self.left = self.left.saturating_sub(bytes as u64);
        self.left > 0
    }

    /// Counts an event that did not fit. Returns a summary if one is due: when the number has
    /// doubled, and the summaries have not used their share.
    pub(super) fn withhold(&mut self, record: Record<'_>) -> Option<AuditSummary> {
        record.add_to(&mut self.withheld, Omission::FileShare);
        let waiting = self.withheld.sum().map_or(0, AuditSummary::unverified);
        let is_due = waiting > self.summed_up && self.left_for_sums > 0;
        is_due.then(|| self.take_sum()).flatten()
    }

    /// Counts the bytes of a summary.
    pub(super) fn spend_on_sums(&mut self, bytes: usize) {
        self.left_for_sums = self.left_for_sums.saturating_sub(bytes as u64);
    }

    /// The events that are in no summary yet.
    pub(super) fn take_sum(&mut self) -> Option<AuditSummary> {
        let sum = self.withheld.take()?;
        self.summed_up = self.summed_up.saturating_add(sum.unverified());
        Some(sum)
    }

    /// Resets the share for a new file.
    pub(super) fn renew(&mut self) {
        self.left = self.limit;
        self.left_for_sums = self.limit;
        self.summed_up = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::tests::refused;

    /// How many events each summary counts while `events` do not fit.
    fn sums(share: &mut Share, events: usize) -> Vec<u64> {
        let event = refused();
        let sums = (0..events).filter_map(|_| share.withhold(Record::Event(&event)));
        sums.map(|sum| sum.unverified()).collect()
    }

    #[test]
    fn a_summary_is_due_when_the_number_has_doubled() {
        let mut share = Share::of(800);
        assert_eq!(sums(&mut share, 15), [1, 2, 4, 8]);
        assert_eq!(sums(&mut share, 16), [16]);
        share.renew();
        assert_eq!(sums(&mut share, 3), [1, 2], "in a new file");
    }

    #[test]
    fn summaries_use_no_more_than_their_share() {
        for (spent, expected) in [(99, vec![1, 2]), (100, vec![]), (101, vec![])] {
            let mut share = Share::of(800);
            share.spend_on_sums(spent);
            assert_eq!(sums(&mut share, 3), expected, "{spent}");
            let left = share.take_sum().map(|sum| sum.unverified());
            assert_eq!(left, expected.is_empty().then_some(3), "{spent}");
        }
    }
}
