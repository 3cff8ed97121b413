//! What a session remembers. Since 2026-07-28 there are none, and each request says for itself what
//! it wants.
#![expect(deprecated, reason = "clients of 2025-11-25 log")]

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::RoleServer;
use rmcp::model::{
    LoggingLevel, LoggingMessageNotificationParam, ResourceUpdatedNotificationParam,
};
use rmcp::service::{Peer, RequestContext};
use tokio::sync::broadcast::Receiver;
use tokio::task::JoinSet;

use super::changes::{Change, next};

/// One session.
#[derive(Debug, Default)]
pub(super) struct Session {
    level: Mutex<Option<LoggingLevel>>,
    watched: Arc<Mutex<HashSet<String>>>,
    /// Ends with the session.
    forwarding: Mutex<JoinSet<()>>,
}

impl Session {
    /// From which level on the client wants to be told.
    pub(super) fn set_level(&self, level: LoggingLevel) {
        *lock(&self.level) = Some(level);
    }

    pub(super) fn watch(&self, uri: String) {
        lock(&self.watched).insert(uri);
    }

    pub(super) fn unwatch(&self, uri: &str) {
        lock(&self.watched).remove(uri);
    }

    /// Tells the client of changes from now on.
    pub(super) fn forward(&self, mut changes: Receiver<Change>, peer: Peer<RoleServer>) {
        let watched = Arc::clone(&self.watched);
        lock(&self.forwarding).spawn(async move {
            while let Some(change) = next(&mut changes).await {
                let told = match change {
                    Change::Tools => peer.notify_tool_list_changed().await,
                    Change::Prompts => peer.notify_prompt_list_changed().await,
                    Change::Resource(uri) => {
                        if !lock(&watched).contains(&uri) {
                            continue;
                        }
                        let update = ResourceUpdatedNotificationParam::new(uri);
                        peer.notify_resource_updated(update).await
                    }
                };
                if told.is_err() {
                    return;
                }
            }
        });
    }

    /// Sends the client a line of the log, if it wants such lines: of the level that the request
    /// names, or else the session. A request without a session that names none wants none.
    pub(super) async fn log(
        &self,
        context: &RequestContext<RoleServer>,
        level: LoggingLevel,
        text: &str,
    ) {
        let wanted = context.meta.log_level().or(*lock(&self.level));
        if wanted.is_none_or(|wanted| (level as u8) < (wanted as u8)) {
            return;
        }
        let line =
            LoggingMessageNotificationParam::new(level, text.into()).with_logger("everything");
        if let Err(error) = context.peer.notify_logging_message(line).await {
            tracing::debug!(%error, "log line not sent");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
