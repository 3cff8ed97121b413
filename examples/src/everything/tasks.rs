//! Work that goes on after the answer, the tasks extension (SEP-2663). Each caller finds their own.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rmcp::model::{CallToolResponse, ClientCapabilities, CreateTaskResult};
use rmcp::service::RequestContext;
use rmcp::task_manager::{TaskContext, TaskFuture, TaskManager, TaskOptions};
use rmcp::{ErrorData, RoleServer};

use super::caller::subject;

/// How often clients may ask how a task is.
const POLL_INTERVAL_MS: u64 = 100;

/// The tasks of each caller.
#[derive(Default)]
pub(super) struct Tasks(Mutex<HashMap<Option<String>, TaskManager>>);

impl Tasks {
    /// The caller's.
    pub(super) fn of(&self, context: &RequestContext<RoleServer>) -> TaskManager {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(subject(context)).or_default().clone()
    }

    /// Starts work for the caller and answers with its id.
    pub(super) fn start(
        &self,
        context: &RequestContext<RoleServer>,
        work: impl FnOnce(TaskContext) -> TaskFuture,
    ) -> CallToolResponse {
        let options = TaskOptions::new().with_poll_interval_ms(POLL_INTERVAL_MS);
        CreateTaskResult::new(self.of(context).spawn(options, work)).into()
    }
}

/// Whether the client knows what to do with a task.
pub(super) fn client_knows_tasks(context: &RequestContext<RoleServer>) -> bool {
    let capabilities = context.client_capabilities();
    capabilities.is_some_and(|capabilities| capabilities.supports_tasks())
}

/// Goes on if it does.
pub(super) fn require_tasks(context: &RequestContext<RoleServer>) -> Result<(), ErrorData> {
    if client_knows_tasks(context) {
        return Ok(());
    }
    let needed = ClientCapabilities::builder().enable_tasks().build();
    Err(ErrorData::missing_required_client_capability(needed))
}
