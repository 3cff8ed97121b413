//! Holding requests until a test lets them go: what comes in between is then certain, not timed.

use std::sync::Arc;

use tokio::sync::watch;

use super::Plan;
use crate::endpoint::Endpoint;

/// What requests wait at.
#[derive(Debug)]
pub(crate) struct Door {
    open: watch::Sender<bool>,
    waiting: watch::Sender<usize>,
}

impl Door {
    /// Waits until the door is open.
    pub(crate) async fn pass(&self) {
        let mut open = self.open.subscribe();
        self.waiting.send_modify(|waiting| *waiting += 1);
        let leaves = Leaves(&self.waiting);
        // The sender is borrowed, so it cannot be gone.
        let _ = open.wait_for(|open| *open).await;
        drop(leaves);
    }
}

/// Counts a request out, also one whose client has gone away.
struct Leaves<'a>(&'a watch::Sender<usize>);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting -= 1);
    }
}

/// Requests to an endpoint wait here until [`release`](Self::release); set by
/// [`MockScalekit::hold`](crate::MockScalekit::hold). Dropping it releases them too.
///
/// Each is recorded when it comes, and handled when it is let go.
#[derive(Debug)]
#[must_use = "requests are let go when this is dropped"]
pub struct Gate {
    plan: Arc<Plan>,
    door: Arc<Door>,
}

impl Gate {
    pub(crate) fn new(plan: &Arc<Plan>, endpoint: Endpoint) -> Self {
        let door = Arc::new(Door {
            open: watch::Sender::new(false),
            waiting: watch::Sender::new(0),
        });
        plan.close(endpoint, Arc::clone(&door));
        Self {
            plan: Arc::clone(plan),
            door,
        }
    }

    /// Waits until so many requests are waiting.
    pub async fn reached_by(&self, requests: usize) {
        let mut waiting = self.door.waiting.subscribe();
        let _ = waiting.wait_for(|waiting| *waiting >= requests).await;
    }

    /// How many requests are waiting now.
    #[must_use]
    pub fn waiting(&self) -> usize {
        *self.door.waiting.borrow()
    }

    /// Lets them go, and all that come after.
    pub fn release(self) {}
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.plan.open(&self.door);
        self.door.open.send_replace(true);
    }
}
