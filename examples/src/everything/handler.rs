//! The MCP server: which module answers which request.
#![expect(
    deprecated,
    reason = "clients of 2025-11-25 log, and subscribe to resources"
)]

use std::fmt;
use std::sync::Arc;

use auth_core::{ConfigError, ConfigErrors, OperationPolicy, RequireScopes, ScopeHierarchy};
use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::model::{
    CancelTaskParams, CompleteRequestParams, CompleteResult, GetPromptRequestParams,
    GetPromptResponse, GetTaskParams, GetTaskResult, Implementation, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, PaginatedRequestParams,
    ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig,
    SetLevelRequestMethod, SetLevelRequestParams, SubscribeRequestParams, SubscriptionFilter,
    UnsubscribeRequestParams, UpdateTaskParams,
};
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler, tool_handler};

use super::ask::may_wait;
use super::changes::Changes;
use super::session::Session;
use super::state::States;
use super::tasks::Tasks;
use super::{completion, prompts, resources, tools};
use crate::server::Site;

/// The server of one session, or of one request where there are no sessions.
#[derive(Clone)]
pub struct Everything {
    pub(super) shared: Arc<Shared>,
    pub(super) session: Arc<Session>,
}

/// What all sessions have in common.
pub(super) struct Shared {
    tools: ToolRouter<Everything>,
    pub(super) changes: Changes,
    pub(super) states: States,
    pub(super) tasks: Tasks,
}

/// Everything, to be served. It needs no scope, and answers no ping where there is none: the suite
/// says what the specification says.
///
/// # Errors
///
/// [`ConfigErrors`] when the system has no random numbers for a key.
pub fn site() -> Result<Site<impl Fn() -> Everything + Clone + Send + Sync + 'static>, ConfigErrors>
{
    let states = States::new().map_err(|error| ConfigError::new("request_state", error))?;
    let everything = RequireScopes::new(["everything"])
        .map_err(|error| ConfigError::new("operations", error))?;
    let shared = Arc::new(Shared {
        tools: tools::router(),
        changes: Changes::new(),
        states,
        tasks: Tasks::default(),
    });
    Ok(Site {
        name: "Everything",
        scopes: &["everything"],
        hierarchy: ScopeHierarchy::flat(),
        // Everything asks for the same; what the suites show is that asking breaks nothing.
        operations: OperationPolicy::builder()
            .method("*", everything)
            .filter_lists()
            .build()?,
        answers_stray_pings: false,
        required: &[],
        server: move || Everything {
            shared: Arc::clone(&shared),
            session: Arc::default(),
        },
    })
}

#[tool_handler(router = self.shared.tools)]
impl ServerHandler for Everything {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_completions()
            .enable_logging()
            .enable_tasks()
            .build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("Everything", env!("CARGO_PKG_VERSION")))
            .with_instructions("Everything that the conformance suite asks for.")
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        self.session
            .forward(self.shared.changes.hear(), context.peer);
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        // Gone since 2026-07-28, where each request names its level.
        if may_wait(&context) {
            return Err(ErrorData::method_not_found::<SetLevelRequestMethod>());
        }
        self.session.set_level(request.level);
        Ok(())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        completion::complete(&request)
    }

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(prompts::list()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        prompts::get(request, &context).await
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(resources::list()))
    }

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(
            resources::templates(),
        ))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        resources::read(&request.uri).map(Into::into)
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        resources::require(&request.uri)?;
        self.session.watch(request.uri);
        Ok(())
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.session.unwatch(&request.uri);
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        // rmcp takes out what is not among the capabilities.
        Some(requested.clone())
    }

    async fn listen(&self, subscription: SubscriptionContext) -> Result<(), ErrorData> {
        self.shared.changes.pass_on(&subscription).await;
        Ok(())
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        let tasks = self.shared.tasks.of(&context);
        tasks.get_task(&request.task_id).map(GetTaskResult::new)
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let tasks = self.shared.tasks.of(&context);
        tasks.update_task(&request.task_id, request.input_responses)
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.shared.tasks.of(&context).cancel_task(&request.task_id)
    }
}

impl fmt::Debug for Everything {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Everything").finish_non_exhaustive()
    }
}
