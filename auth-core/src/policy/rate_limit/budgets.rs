//! [`Budgets`]: the budgets in use, bounded in number.
//!
//! A budget that is full again is the same as one that was never used, so it is dropped. If all
//! are in use and there is no place for another, the request that needs one is refused as unavailable:
//! to drop a budget in use would let a caller with many identities reset its own, and to share one
//! between those who come late would let one of them use up what another has.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use smallvec::SmallVec;

use super::cell_rate;
use super::key::BudgetKey;
use super::quota::Rate;

/// Most full budgets that are dropped for one request, so that none pays for many.
const MAX_DROPPED: usize = 8;

#[derive(Debug)]
pub(in crate::policy) struct Budgets {
    max: usize,
    in_use: Mutex<InUse>,
}

#[derive(Debug, Default)]
struct InUse {
    /// When each is full again.
    full_at: HashMap<BudgetKey, Duration>,
    /// The same, in the order of time.
    by_time: BTreeSet<(Duration, BudgetKey)>,
}

/// A request that is to be taken out of a budget.
#[derive(Debug, Clone, Copy)]
pub(in crate::policy) struct Wanted {
    pub(in crate::policy) budget: BudgetKey,
    pub(in crate::policy) rate: Rate,
}

/// Why a request was taken out of no budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::policy) enum Refused {
    /// These budgets, by their place in the question, are used up for this time.
    UsedUp(SmallVec<[usize; 2]>, Duration),
    /// There is no place for a budget until this time has passed.
    Full(Duration),
}

impl Budgets {
    pub(in crate::policy) fn new(max: usize) -> Self {
        Self {
            max,
            in_use: Mutex::default(),
        }
    }

    /// Takes one request out of each budget, or out of none. Each must be asked for once.
    pub(in crate::policy) fn take(&self, wanted: &[Wanted], now: Duration) -> Result<(), Refused> {
        let mut in_use = self.in_use.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken: SmallVec<[(BudgetKey, Duration); 4]> = SmallVec::new();
        let (mut used_up, mut wait) = (SmallVec::new(), Duration::ZERO);
        for (place, Wanted { budget, rate }) in wanted.iter().enumerate() {
            match cell_rate::take(*rate, in_use.full_at.get(budget).copied(), now) {
                Ok(full_at) => taken.push((*budget, full_at)),
                Err(until) => {
                    used_up.push(place);
                    wait = wait.max(until);
                }
            }
        }
        if !used_up.is_empty() {
            return Err(Refused::UsedUp(used_up, wait));
        }
        for _ in 0..MAX_DROPPED.max(wanted.len()) {
            in_use.drop_first_full(now);
        }
        let known = |(budget, _): &&(BudgetKey, Duration)| in_use.full_at.contains_key(budget);
        let new = taken.len() - taken.iter().filter(known).count();
        if in_use.full_at.len() + new > self.max {
            let first = in_use.by_time.first();
            let free_at = first.map_or(now, |(full_at, _)| *full_at);
            return Err(Refused::Full(free_at.saturating_sub(now)));
        }
        for (budget, full_at) in taken {
            in_use.set(budget, full_at);
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let in_use = self.in_use.lock().unwrap();
        assert_eq!(in_use.full_at.len(), in_use.by_time.len());
        in_use.full_at.len()
    }
}

impl InUse {
    fn drop_first_full(&mut self, now: Duration) {
        if let Some(first) = self.by_time.first().copied()
            && first.0 <= now
        {
            self.by_time.remove(&first);
            self.full_at.remove(&first.1);
        }
    }

    fn set(&mut self, budget: BudgetKey, full_at: Duration) {
        if let Some(before) = self.full_at.insert(budget, full_at) {
            self.by_time.remove(&(before, budget));
        }
        self.by_time.insert((full_at, budget));
    }
}
