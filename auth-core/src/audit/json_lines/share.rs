//! [`Share`]: what events without a verified caller may take up of one file.

use super::line::Record;
use crate::audit::summary::Tally;
use crate::audit::{AuditSummary, Omission};

/// Which part of a file's bytes it is.
const PART: u64 = 8;

#[derive(Debug)]
pub(super) struct Share {
    limit: u64,
    /// For lines of events, and of sums that a sampler made.
    left: u64,
    /// For lines that say what found no room, while the file is written.
    left_for_sums: u64,
    /// What found no room, and is in no sum yet.
    withheld: Tally,
    /// How many the sums of this file hold.
    summed_up: u64,
}

impl Share {
    /// Of files that may have that many bytes.
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

    /// Takes up that many bytes, if there are as many left. What does not fit once ends the share,
    /// or short lines would still be written where long ones are not.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        self.left = self.left.saturating_sub(bytes as u64);
        self.left > 0
    }

    /// Counts what found no room. The sum, if there is to be a line of it now: when the number has
    /// doubled, and the lines of sums have not used up as much themselves.
    pub(super) fn withhold(&mut self, record: Record<'_>) -> Option<AuditSummary> {
        record.add_to(&mut self.withheld, Omission::FileShare);
        let waiting = self.withheld.sum().map_or(0, AuditSummary::unverified);
        let is_due = waiting > self.summed_up && self.left_for_sums > 0;
        is_due.then(|| self.take_sum()).flatten()
    }

    /// Counts the bytes of the line of such a sum.
    pub(super) fn spend_on_sums(&mut self, bytes: usize) {
        self.left_for_sums = self.left_for_sums.saturating_sub(bytes as u64);
    }

    /// What is in no line yet.
    pub(super) fn take_sum(&mut self) -> Option<AuditSummary> {
        let sum = self.withheld.take()?;
        self.summed_up = self.summed_up.saturating_add(sum.unverified());
        Some(sum)
    }

    /// Begins anew, with a new file.
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

    /// How many events each of the sums holds that are due while so many find no room.
    fn sums(share: &mut Share, events: usize) -> Vec<u64> {
        let event = refused();
        let sums = (0..events).filter_map(|_| share.withhold(Record::Event(&event)));
        sums.map(|sum| sum.unverified()).collect()
    }

    #[test]
    fn a_sum_is_due_when_the_number_has_doubled() {
        let mut share = Share::of(800);
        assert_eq!(sums(&mut share, 15), [1, 2, 4, 8]);
        assert_eq!(sums(&mut share, 16), [16]);
        share.renew();
        assert_eq!(sums(&mut share, 3), [1, 2], "in a new file");
    }

    #[test]
    fn sums_take_up_no_more_than_their_share() {
        for (spent, expected) in [(99, vec![1, 2]), (100, vec![]), (101, vec![])] {
            let mut share = Share::of(800);
            share.spend_on_sums(spent);
            assert_eq!(sums(&mut share, 3), expected, "{spent}");
            let left = share.take_sum().map(|sum| sum.unverified());
            assert_eq!(left, expected.is_empty().then_some(3), "{spent}");
        }
    }
}
