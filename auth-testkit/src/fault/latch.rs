//! What held requests wait at.

use tokio::sync::watch;

/// Requests wait here until it is opened; the other side sees how many do.
#[derive(Debug)]
pub(crate) struct Latch {
    open: watch::Sender<bool>,
    waiting: watch::Sender<usize>,
}

impl Latch {
    /// One that is closed.
    pub(super) fn new() -> Self {
        Self {
            open: watch::Sender::new(false),
            waiting: watch::Sender::new(0),
        }
    }

    /// Waits until it is open.
    pub(crate) async fn pass(&self) {
        let mut open = self.open.subscribe();
        self.waiting.send_modify(|waiting| *waiting += 1);
        let counted = Counted(&self.waiting);
        // The sender is borrowed, so it cannot be gone.
        let _ = open.wait_for(|open| *open).await;
        drop(counted);
    }

    /// Lets every request pass, from now on.
    pub(super) fn open(&self) {
        self.open.send_replace(true);
    }

    /// How many requests are waiting.
    pub(super) fn waiting(&self) -> usize {
        *self.waiting.borrow()
    }

    /// Returns when at least `requests` are waiting.
    pub(super) async fn reached_by(&self, requests: usize) {
        let mut waiting = self.waiting.subscribe();
        let _ = waiting.wait_for(|waiting| *waiting >= requests).await;
    }
}

/// A waiting request; dropped when it passes, or when its client has gone away.
struct Counted<'a>(&'a watch::Sender<usize>);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting -= 1);
    }
}
