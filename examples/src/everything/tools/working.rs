//! Tools whose work goes on after the answer.

use std::time::Duration;

use rmcp::handler::server::tool::InputResponses;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{
    CallToolResponse, CallToolResult, ContentBlock, ElicitResult, ElicitationAction,
};
use rmcp::schemars::{self, JsonSchema};
use rmcp::service::RequestContext;
use rmcp::task_manager::{TaskContext, TaskExit};
use rmcp::{ErrorData, RoleServer, tool, tool_router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::asking::{answer, greeting};
use crate::everything::Everything;
use crate::everything::ask::{Asked, Questions, form};
use crate::everything::tasks::{client_knows_tasks, require_tasks};

/// The longest work, in seconds.
const MAX_SECONDS: u64 = 60;

/// The argument of `greet`.
#[derive(Debug, Deserialize, JsonSchema)]
struct Name {
    /// Who is greeted.
    name: String,
}

/// The arguments of `slow_compute`.
#[derive(Debug, Deserialize, JsonSchema)]
struct Work {
    /// How long it takes, in seconds, 60 at the most.
    #[serde(default)]
    #[schemars(with = "i64", range(min = 0, max = 60))]
    seconds: u64,
    /// What it is called.
    #[serde(default)]
    label: String,
}

/// The argument of `confirm_delete`.
#[derive(Debug, Deserialize, JsonSchema)]
struct File {
    /// What would be deleted. Nothing is.
    #[serde(default)]
    filename: String,
}

type Called = Result<CallToolResponse, ErrorData>;

#[tool_router(router = working, vis = "pub(super)")]
impl Everything {
    /// Greet someone, at once.
    #[tool]
    fn greet(&self, Parameters(Name { name }): Parameters<Name>) -> String {
        format!("Hello, {name}!")
    }

    /// Take as long as you say.
    #[tool]
    async fn slow_compute(
        &self,
        context: RequestContext<RoleServer>,
        Parameters(Work { seconds, label }): Parameters<Work>,
    ) -> Called {
        if seconds > MAX_SECONDS {
            let problem = format!("seconds must be {MAX_SECONDS} at the most");
            return Err(ErrorData::invalid_params(problem, None));
        }
        let duration = Duration::from_secs(seconds);
        let done = said(&format!("computed {label} for {seconds} s"));
        if !client_knows_tasks(&context) {
            sleep(duration).await;
            return Ok(done.into());
        }
        Ok(self.shared.tasks.start(&context, move |task| {
            Box::pin(async move {
                tokio::select! {
                    () = task.cancelled() => Err(TaskExit::Cancelled),
                    () = sleep(duration) => Ok(done),
                }
            })
        }))
    }

    /// Fail as a tool does, later.
    #[tool]
    async fn failing_job(&self, context: RequestContext<RoleServer>) -> Called {
        require_tasks(&context)?;
        let failed = CallToolResult::error(vec![ContentBlock::text("the job failed")]);
        Ok(self
            .shared
            .tasks
            .start(&context, |_| Box::pin(async { Ok(failed) })))
    }

    /// Fail as a server does, later.
    #[tool]
    async fn protocol_error_job(&self, context: RequestContext<RoleServer>) -> Called {
        require_tasks(&context)?;
        let error = ErrorData::internal_error("the job is broken", None);
        Ok(self
            .shared
            .tasks
            .start(&context, |_| Box::pin(async { Err(error.into()) })))
    }

    /// Ask before deleting a file. There is no file.
    #[tool]
    async fn confirm_delete(
        &self,
        context: RequestContext<RoleServer>,
        InputResponses(given): InputResponses,
        Parameters(File { filename }): Parameters<File>,
    ) -> Called {
        let message = format!("Delete {filename}?");
        if !client_knows_tasks(&context) {
            let questions = Questions::new().form("confirm", &message, &yes_or_no())?;
            let asked = questions.ask(&context, given).await?;
            return answer(asked, |answers| {
                Ok(outcome(&filename, &answers.get("confirm")?))
            });
        }
        Ok(self.shared.tasks.start(&context, |task| {
            Box::pin(async move {
                let result = confirmed(&task, "confirm", &message).await?;
                Ok(said(&outcome(&filename, &result)))
            })
        }))
    }

    /// Ask two things at once, in the middle of the work.
    #[tool]
    async fn multi_input(&self, context: RequestContext<RoleServer>) -> Called {
        require_tasks(&context)?;
        Ok(self.shared.tasks.start(&context, |task| {
            Box::pin(async move {
                let (first, second) = tokio::try_join!(
                    confirmed(&task, "first", "The first?"),
                    confirmed(&task, "second", "The second?"),
                )?;
                Ok(said(&format!(
                    "{} and {}",
                    outcome("first", &first),
                    outcome("second", &second)
                )))
            })
        }))
    }

    /// Ask for a name before the work begins.
    #[tool]
    async fn test_tool_with_task(
        &self,
        context: RequestContext<RoleServer>,
        InputResponses(given): InputResponses,
    ) -> Called {
        require_tasks(&context)?;
        match Questions::new()
            .name_of_the_user()?
            .ask(&context, given)
            .await?
        {
            Asked::Wait(questions) => Ok(questions.into()),
            Asked::Answers(answers) => {
                let greeting = said(&greeting(&answers)?);
                Ok(self
                    .shared
                    .tasks
                    .start(&context, |_| Box::pin(async { Ok(greeting) })))
            }
        }
    }
}

/// Asks the user in the middle of a task.
async fn confirmed(
    task: &TaskContext,
    name: &str,
    message: &str,
) -> Result<ElicitResult, TaskExit> {
    let answer = task
        .request_input(name, form(message, &yes_or_no())?)
        .await?;
    serde_json::from_value(answer)
        .map_err(|_| ErrorData::invalid_params("the answer cannot be used", None).into())
}

fn outcome(what: &str, result: &ElicitResult) -> String {
    let yes = result
        .content
        .as_ref()
        .and_then(|content| content.get("confirm"));
    let yes = result.action == ElicitationAction::Accept && yes == Some(&Value::Bool(true));
    format!(
        "{what}: {}",
        if yes { "confirmed" } else { "not confirmed" }
    )
}

fn yes_or_no() -> Value {
    json!({
        "type": "object",
        "properties": {"confirm": {"type": "boolean"}},
        "required": ["confirm"],
    })
}

fn said(text: &str) -> CallToolResult {
    CallToolResult::success(vec![ContentBlock::text(text)])
}
