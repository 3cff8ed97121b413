//! What changes while the server runs, and telling those who want to know.

use rmcp::service::SubscriptionContext;
use tokio::sync::broadcast::{self, Receiver, Sender, error::RecvError};

/// More than anyone lags behind who still listens.
const BACKLOG: usize = 64;

/// Something that clients may want to know.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Tools,
    Prompts,
    Resource(String),
}

/// Tells of changes.
#[derive(Debug)]
pub(super) struct Changes(Sender<Change>);

impl Changes {
    pub(super) fn new() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }

    pub(super) fn tell(&self, change: Change) {
        // Nobody listening is no failure.
        let _ = self.0.send(change);
    }

    pub(super) fn hear(&self) -> Receiver<Change> {
        self.0.subscribe()
    }

    /// Passes on to a subscription of 2026-07-28 what it has asked for, until the client ends it.
    pub(super) async fn pass_on(&self, subscription: &SubscriptionContext) {
        let mut changes = self.hear();
        let sink = subscription.sink();
        loop {
            let change = tokio::select! {
                () = subscription.cancelled() => return,
                change = next(&mut changes) => change,
            };
            let Some(change) = change else { return };
            let told = match change {
                Change::Tools => sink.notify_tool_list_changed().await,
                Change::Prompts => sink.notify_prompt_list_changed().await,
                Change::Resource(uri) => sink.notify_resource_updated(uri).await,
            };
            if let Err(error) = told {
                tracing::debug!(%error, "change not told");
            }
        }
    }
}

/// The next change, skipping those that came too fast; none when the server ends.
pub(super) async fn next(changes: &mut Receiver<Change>) -> Option<Change> {
    loop {
        match changes.recv().await {
            Ok(change) => return Some(change),
            Err(RecvError::Lagged(missed)) => tracing::debug!(missed, "too slow for the changes"),
            Err(RecvError::Closed) => return None,
        }
    }
}
