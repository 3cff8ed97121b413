//! The guard of a fault: the fault ends when it is dropped.

use std::fmt;
use std::sync::Arc;

use super::{Fault, Plan};
use crate::endpoint::Endpoint;

/// A fault that is set; returned by [`MockScalekit::fail`](crate::MockScalekit::fail). Dropping it ends the fault.
///
/// Several faults of one endpoint apply in the order in which they were set, each for its number of
/// [`times`](Self::times).
///
/// # Panics
///
/// When it is dropped before it has applied to the number of requests that [`times`](Self::times) set: a test
/// that passes without meeting its fault has tested nothing.
#[must_use = "the fault ends when this is dropped"]
pub struct FaultGuard {
    plan: Arc<Plan>,
    id: u64,
    endpoint: Endpoint,
    times: Option<usize>,
    kept: bool,
}

impl FaultGuard {
    pub(crate) fn new(plan: &Arc<Plan>, endpoint: Endpoint, fault: Fault) -> Self {
        Self {
            id: plan.add(endpoint, fault),
            plan: Arc::clone(plan),
            endpoint,
            times: None,
            kept: false,
        }
    }

    /// Applies to this number of requests, and no more; the guard checks when it is dropped that they came. Default:
    /// every request, and nothing is checked.
    pub fn times(mut self, times: usize) -> Self {
        self.plan.limit(self.id, times);
        self.times = Some(times);
        self
    }

    /// Applies to at most this number of requests, and nothing is checked.
    #[cfg(feature = "cli")]
    pub(crate) fn at_most(self, times: usize) -> Self {
        self.plan.limit(self.id, times);
        self
    }

    /// The number of requests that it has applied to.
    #[must_use]
    pub fn hits(&self) -> usize {
        self.plan.hits(self.id)
    }

    /// Keeps the fault until the issuer stops, without checking anything.
    pub fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for FaultGuard {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        let hits = self.hits();
        self.plan.remove(self.id);
        if let Some(times) = self.times.filter(|times| hits < *times)
            && !std::thread::panicking()
        {
            panic!(
                "a fault of {:?} was set for {times} requests, and {hits} came",
                self.endpoint
            );
        }
    }
}

impl fmt::Debug for FaultGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultGuard")
            .field("endpoint", &self.endpoint)
            .field("times", &self.times)
            .field("hits", &self.hits())
            .finish_non_exhaustive()
    }
}
