//! [`BodyBudget`]: limits the memory that the bodies of all requests without a token take together.
//!
//! Such a body is read only if something is public. A limit for each body is not enough: a client
//! without a token could open thousands of connections, and leave each body incomplete.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The memory budget of requests without a token. Requests with a token do not use it.
#[derive(Debug)]
pub(crate) struct BodyBudget {
    left: AtomicUsize,
}

/// The bytes that one body has taken from the budget; returned on drop.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Arc<BodyBudget>,
    bytes: usize,
}

impl BodyBudget {
    pub(crate) fn new(bytes: usize) -> Arc<Self> {
        Arc::new(Self {
            left: AtomicUsize::new(bytes),
        })
    }

    /// An empty share, for one body.
    pub(crate) fn share(self: &Arc<Self>) -> Share {
        Share {
            budget: Arc::clone(self),
            bytes: 0,
        }
    }
}

impl Share {
    /// Takes more bytes; returns `false` if the budget has too few left.
    pub(super) fn grow(&mut self, bytes: usize) -> bool {
        let left = &self.budget.left;
        let taken = left.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| {
            left.checked_sub(bytes)
        });
        if taken.is_ok() {
            self.bytes = self.bytes.saturating_add(bytes);
        }
        taken.is_ok()
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.left.fetch_add(self.bytes, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_compete_for_the_budget_and_return_it_on_drop() {
        let budget = BodyBudget::new(10);
        let (mut one, mut other) = (budget.share(), budget.share());
        assert!(one.grow(6) && one.grow(1), "the control");
        assert!(!other.grow(4));
        assert!(other.grow(3));
        assert!(!other.grow(1));
        drop(one);
        assert!(other.grow(7));
        drop(other);
        assert!(budget.share().grow(10));
    }
}
