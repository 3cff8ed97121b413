//! Tools that ask more than once, or that let the client carry where a call stands.

use rmcp::handler::server::tool::{InputResponses, RequestState};
use rmcp::model::{CallToolResponse, InputRequiredResult};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, tool, tool_router};
use serde_json::json;

use super::asking::{answer, greeting, rooted, sampled};
use crate::everything::Everything;
use crate::everything::ask::{Answers, Asked, Questions, may_wait};

type Called = Result<CallToolResponse, ErrorData>;

#[tool_router(router = rounds, vis = "pub(super)")]
impl Everything {
    /// Ask for a confirmation, and know again what it is for.
    #[tool]
    async fn test_input_required_result_request_state(
        &self,
        context: RequestContext<RoleServer>,
        InputResponses(given): InputResponses,
        RequestState(state): RequestState,
    ) -> Called {
        let call = Carried {
            tool: "test_input_required_result_request_state",
            context,
            state,
        };
        let asked = confirmation()?.ask(&call.context, given).await?;
        self.carry(&call, asked, "confirming", |_| {
            Ok("confirmed: state-ok".into())
        })
    }

    /// Ask for a confirmation, and refuse one for something else.
    #[tool]
    async fn test_input_required_result_tampered_state(
        &self,
        context: RequestContext<RoleServer>,
        InputResponses(given): InputResponses,
        RequestState(state): RequestState,
    ) -> Called {
        let call = Carried {
            tool: "test_input_required_result_tampered_state",
            context,
            state,
        };
        let asked = confirmation()?.ask(&call.context, given).await?;
        self.carry(&call, asked, "confirming", |_| {
            Ok("confirmed: untouched".into())
        })
    }

    /// Ask for a name, a greeting and the roots at once.
    #[tool]
    async fn test_input_required_result_multiple_inputs(
        &self,
        context: RequestContext<RoleServer>,
        InputResponses(given): InputResponses,
        RequestState(state): RequestState,
    ) -> Called {
        let call = Carried {
            tool: "test_input_required_result_multiple_inputs",
            context,
            state,
        };
        let questions = Questions::new()
            .name_of_the_user()?
            .sampling("greeting", "Generate a greeting")?
            .roots("client_roots")?;
        let asked = questions.ask(&call.context, given).await?;
        self.carry(&call, asked, "asking", |answers| {
            let (name, greeted) = (greeting(&answers)?, sampled(&answers, "greeting")?);
            Ok(format!(
                "{name} {greeted}, {}",
                rooted(&answers, "client_roots")?
            ))
        })
    }

    /// Ask for a name, then for a color.
    #[tool]
    async fn test_input_required_result_multi_round(
        &self,
        context: RequestContext<RoleServer>,
        InputResponses(given): InputResponses,
        RequestState(state): RequestState,
    ) -> Called {
        let call = Carried {
            tool: "test_input_required_result_multi_round",
            context,
            state,
        };
        let stands_at = self.stands_at(&call)?;
        // The name is in the state from then on: each call brings its last answers only.
        let name = match stands_at
            .as_deref()
            .and_then(|state| state.strip_prefix("named "))
        {
            Some(name) => name.to_owned(),
            None => {
                let message = "Step 1: What is your name?";
                let asked = text_field("step1", message, "name")?.ask(&call.context, given.clone());
                match asked.await? {
                    Asked::Wait(questions) => return Ok(self.sealed(&call, questions, "new")),
                    Asked::Answers(answers) => answers.field("step1", "name")?.unwrap_or_default(),
                }
            }
        };
        let message = "Step 2: What is your favorite color?";
        let asked = text_field("step2", message, "color")?
            .ask(&call.context, given)
            .await?;
        match asked {
            Asked::Wait(questions) => Ok(self.sealed(&call, questions, &format!("named {name}"))),
            Asked::Answers(_) => answer(asked, |answers| {
                let color = answers.field("step2", "color")?.unwrap_or_default();
                Ok(format!("{name} likes {color}"))
            }),
        }
    }
}

/// A call, and what the client carried back.
struct Carried {
    tool: &'static str,
    context: RequestContext<RoleServer>,
    state: Option<String>,
}

impl Everything {
    /// Answers once everything is answered and the state that came with it is the one that was
    /// sealed; until then, asks and seals it.
    fn carry(
        &self,
        call: &Carried,
        asked: Asked,
        stands_at: &str,
        text: impl FnOnce(Answers) -> Result<String, ErrorData>,
    ) -> Called {
        match asked {
            Asked::Wait(questions) => Ok(self.sealed(call, questions, stands_at)),
            // Where the server could ask at once, nothing was carried.
            Asked::Answers(_) if !may_wait(&call.context) => answer(asked, text),
            Asked::Answers(_) => {
                if self.stands_at(call)?.as_deref() != Some(stands_at) {
                    return Err(ErrorData::invalid_params("requestState is missing", None));
                }
                answer(asked, text)
            }
        }
    }

    fn stands_at(&self, call: &Carried) -> Result<Option<String>, ErrorData> {
        let Some(state) = &call.state else {
            return Ok(None);
        };
        self.shared
            .states
            .open(&call.context, call.tool, state)
            .map(Some)
    }

    fn sealed(
        &self,
        call: &Carried,
        mut questions: InputRequiredResult,
        stands_at: &str,
    ) -> CallToolResponse {
        questions.request_state =
            Some(self.shared.states.seal(&call.context, call.tool, stands_at));
        questions.into()
    }
}

fn confirmation() -> Result<Questions, ErrorData> {
    let schema = json!({
        "type": "object",
        "properties": {"ok": {"type": "boolean"}},
        "required": ["ok"],
    });
    Questions::new().form("confirm", "Please confirm", &schema)
}

fn text_field(name: &str, message: &str, field: &str) -> Result<Questions, ErrorData> {
    let schema = json!({
        "type": "object",
        "properties": {field: {"type": "string"}},
        "required": [field],
    });
    Questions::new().form(name, message, &schema)
}
