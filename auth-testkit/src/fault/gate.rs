//! Holding requests until a test releases them, so that what happens in between is certain and not a matter of
//! timing.

use std::sync::Arc;

use super::Plan;
use super::latch::Latch;
use crate::endpoint::Endpoint;

/// Holds the requests to an endpoint until [`release`](Self::release); returned by
/// [`MockScalekit::hold`](crate::MockScalekit::hold). Dropping it releases them too.
///
/// A request is recorded when it arrives, and handled when it is released.
#[derive(Debug)]
#[must_use = "requests are released when this is dropped"]
pub struct Gate {
    plan: Arc<Plan>,
    latch: Arc<Latch>,
}

impl Gate {
    pub(crate) fn new(plan: &Arc<Plan>, endpoint: Endpoint) -> Self {
        let latch = Arc::new(Latch::new());
        plan.hold(endpoint, Arc::clone(&latch));
        Self {
            plan: Arc::clone(plan),
            latch,
        }
    }

    /// Returns when at least `requests` requests are waiting.
    pub async fn reached_by(&self, requests: usize) {
        self.latch.reached_by(requests).await;
    }

    /// How many requests are waiting now.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.latch.waiting()
    }

    /// Releases the waiting requests; later ones are not held.
    pub fn release(self) {}
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.plan.release(&self.latch);
        self.latch.open();
    }
}
