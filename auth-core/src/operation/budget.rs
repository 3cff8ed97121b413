//! [`BodyBudget`]: how many bytes the bodies of all requests without a token may take together.
//!
//! Such a body is read only where something is public. Each may be short, and still anybody can open
//! ten thousand connections and leave each a byte short of its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that are shared by requests without a token. Those with a token have none of it.
#[derive(Debug)]
pub(crate) struct BodyBudget {
    left: AtomicUsize,
}

/// The bytes that one body takes, until it is dropped.
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

    /// A share for one body, which takes nothing yet.
    pub(crate) fn share(self: &Arc<Self>) -> Share {
        Share {
            budget: Arc::clone(self),
            bytes: 0,
        }
    }
}

impl Share {
    /// Takes more bytes; `false` when there are not as many left.
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
    fn what_one_takes_the_others_lack_until_it_is_dropped() {
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
