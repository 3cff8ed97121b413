//! Tools that report while they run.
#![expect(deprecated, reason = "clients of 2025-11-25 log")]

use std::time::Duration;

use rmcp::model::{LoggingLevel, ProgressNotificationParam};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, tool, tool_router};
use tokio::time::sleep;

use crate::everything::Everything;

/// Between two reports, so that clients can see that they come one by one.
const PAUSE: Duration = Duration::from_millis(50);

#[tool_router(router = reporting, vis = "pub(super)")]
impl Everything {
    /// Log three lines.
    #[tool]
    async fn test_tool_with_logging(&self, context: RequestContext<RoleServer>) -> String {
        let lines = [
            "Tool execution started",
            "Tool processing data",
            "Tool execution completed",
        ];
        for line in lines {
            self.session.log(&context, LoggingLevel::Info, line).await;
            sleep(PAUSE).await;
        }
        "logged three lines".into()
    }

    /// Log a line, if the request says that it wants lines.
    #[tool]
    async fn test_logging_tool(&self, context: RequestContext<RoleServer>) -> String {
        let line = "the tool was called";
        self.session.log(&context, LoggingLevel::Info, line).await;
        "logged a line, if you want lines".into()
    }

    /// Report progress three times, if the request has a token for it.
    #[tool]
    async fn test_tool_with_progress(&self, context: RequestContext<RoleServer>) -> String {
        for progress in [0.0, 50.0, 100.0] {
            if let Some(token) = context.meta.get_progress_token() {
                let report = ProgressNotificationParam::new(token, progress).with_total(100.0);
                if let Err(error) = context.peer.notify_progress(report).await {
                    tracing::debug!(%error, "progress not reported");
                }
            }
            sleep(PAUSE).await;
        }
        "done".into()
    }

    /// Take a while, so that the client can lose the connection and come back.
    #[tool]
    async fn test_reconnection(&self) -> String {
        sleep(PAUSE).await;
        "still here".into()
    }
}
