//! Tools that ask the client something, once.
#![expect(deprecated, reason = "clients of 2025-11-25 sample and have roots")]

use rmcp::handler::server::tool::InputResponses;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{
    CallToolResponse, CallToolResult, ContentBlock, CreateMessageResult, ElicitResult,
    ListRootsResult,
};
use rmcp::schemars::{self, JsonSchema};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, tool, tool_router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::everything::Everything;
use crate::everything::ask::{Answers, Asked, Questions};

/// The argument of `test_sampling`.
#[derive(Debug, Deserialize, JsonSchema)]
struct Prompt {
    /// What the model is to go on with.
    prompt: String,
}

/// The argument of `test_elicitation`.
#[derive(Debug, Deserialize, JsonSchema)]
struct Message {
    /// What the user is to read.
    message: String,
}

type Called = Result<CallToolResponse, ErrorData>;

#[tool_router(router = asking, vis = "pub(super)")]
impl Everything {
    /// Let the client's model go on with a text.
    #[tool]
    async fn test_sampling(
        &self,
        context: RequestContext<RoleServer>,
        InputResponses(given): InputResponses,
        Parameters(Prompt { prompt }): Parameters<Prompt>,
    ) -> Called {
        let asked = Questions::new()
            .sampling("completion", &prompt)?
            .ask(&context, given)
            .await?;
        answer(asked, |answers| sampled(&answers, "completion"))
    }

    /// Ask the user for a name and an address.
    #[tool]
    async fn test_elicitation(
        &self,
        context: RequestContext<RoleServer>,
        InputResponses(given): InputResponses,
        Parameters(Message { message }): Parameters<Message>,
    ) -> Called {
        let schema = json!({
            "type": "object",
            "properties": {
                "username": {"type": "string", "description": "User's response"},
                "email": {"type": "string", "description": "User's email address"},
            },
            "required": ["username", "email"],
        });
        let asked = Questions::new()
            .form("user", &message, &schema)?
            .ask(&context, given)
            .await?;
        answer(asked, |answers| filled_in(&answers, "user"))
    }

    /// Ask the user with a form that is filled in already.
    #[tool]
    async fn test_elicitation_sep1034_defaults(
        &self,
        context: RequestContext<RoleServer>,
        InputResponses(given): InputResponses,
    ) -> Called {
        let schema = json!({
            "type": "object",
            "properties": {
                "name": {"type": "string", "default": "John Doe"},
                "age": {"type": "integer", "default": 30},
                "score": {"type": "number", "default": 95.5},
                "status": {
                    "type": "string",
                    "enum": ["active", "inactive", "pending"],
                    "default": "active",
                },
                "verified": {"type": "boolean", "default": true},
            },
            "required": [],
        });
        let questions = Questions::new().form("profile", "Is this right?", &schema)?;
        answer(questions.ask(&context, given).await?, |answers| {
            filled_in(&answers, "profile")
        })
    }

    /// Ask the user with a form of choices, in every way that there is to offer them.
    #[tool]
    async fn test_elicitation_sep1330_enums(
        &self,
        context: RequestContext<RoleServer>,
        InputResponses(given): InputResponses,
    ) -> Called {
        let questions = Questions::new().form("choices", "What will it be?", &choices())?;
        answer(questions.ask(&context, given).await?, |answers| {
            filled_in(&answers, "choices")
        })
    }

    /// Ask for a name.
    #[tool]
    async fn test_input_required_result_elicitation(
        &self,
        context: RequestContext<RoleServer>,
        InputResponses(given): InputResponses,
    ) -> Called {
        ask_for_a_name(&context, given).await
    }

    /// Ask the client's model for a capital.
    #[tool]
    async fn test_input_required_result_sampling(
        &self,
        context: RequestContext<RoleServer>,
        InputResponses(given): InputResponses,
    ) -> Called {
        let questions =
            Questions::new().sampling("capital_question", "What is the capital of France?")?;
        let asked = questions.ask(&context, given).await?;
        answer(asked, |answers| sampled(&answers, "capital_question"))
    }

    /// Ask for the client's roots.
    #[tool]
    async fn test_input_required_result_list_roots(
        &self,
        context: RequestContext<RoleServer>,
        InputResponses(given): InputResponses,
    ) -> Called {
        let asked = Questions::new()
            .roots("client_roots")?
            .ask(&context, given)
            .await?;
        answer(asked, |answers| rooted(&answers, "client_roots"))
    }

    /// Ask for a name, in an answer that is a stream.
    #[tool]
    async fn test_streaming_elicitation(
        &self,
        context: RequestContext<RoleServer>,
        InputResponses(given): InputResponses,
    ) -> Called {
        ask_for_a_name(&context, given).await
    }

    /// Ask only what the client says that it can answer.
    #[tool]
    async fn test_input_required_result_capabilities(
        &self,
        context: RequestContext<RoleServer>,
        InputResponses(given): InputResponses,
    ) -> Called {
        let questions = Questions::new()
            .name_of_the_user()?
            .sampling("greeting", "Greet someone.")?
            .roots("client_roots")?
            .only_what_the_client_can(&context);
        answer(questions.ask(&context, given).await?, |_| {
            Ok("thank you".into())
        })
    }

    /// Need a model, and so a client that has one.
    #[tool]
    async fn test_missing_capability(
        &self,
        context: RequestContext<RoleServer>,
        InputResponses(given): InputResponses,
    ) -> Called {
        let asked = Questions::new().sampling("greeting", "Greet someone.")?;
        let asked = asked.ask(&context, given).await?;
        answer(asked, |answers| sampled(&answers, "greeting"))
    }
}

impl Questions {
    pub(super) fn name_of_the_user(self) -> Result<Self, ErrorData> {
        let name = json!({
            "type": "object",
            "properties": {"name": {"type": "string"}},
            "required": ["name"],
        });
        self.form("user_name", "What is your name?", &name)
    }
}

/// What `text` makes of the answers, or the questions that are still open.
pub(super) fn answer(
    asked: Asked,
    text: impl FnOnce(Answers) -> Result<String, ErrorData>,
) -> Called {
    match asked {
        Asked::Answers(answers) => {
            let text = ContentBlock::text(text(answers)?);
            Ok(CallToolResult::success(vec![text]).into())
        }
        Asked::Wait(questions) => Ok(questions.into()),
    }
}

/// The question that two tools ask: one plainly, one in an answer that is a stream.
async fn ask_for_a_name(
    context: &RequestContext<RoleServer>,
    given: Option<rmcp::model::InputResponses>,
) -> Called {
    let asked = Questions::new()
        .name_of_the_user()?
        .ask(context, given)
        .await?;
    answer(asked, |answers| greeting(&answers))
}

pub(super) fn greeting(answers: &Answers) -> Result<String, ErrorData> {
    let name = answers.field("user_name", "name")?;
    Ok(format!("Hello, {}!", name.as_deref().unwrap_or("stranger")))
}

pub(super) fn sampled(answers: &Answers, name: &str) -> Result<String, ErrorData> {
    let result: CreateMessageResult = answers.get(name)?;
    let text = result
        .message
        .content
        .first()
        .and_then(|content| content.as_text());
    Ok(format!(
        "LLM response: {}",
        text.map_or("none", |text| &text.text)
    ))
}

pub(super) fn rooted(answers: &Answers, name: &str) -> Result<String, ErrorData> {
    let result: ListRootsResult = answers.get(name)?;
    let roots: Vec<_> = result.roots.into_iter().map(|root| root.uri).collect();
    Ok(format!("roots: {}", roots.join(" ")))
}

fn filled_in(answers: &Answers, name: &str) -> Result<String, ErrorData> {
    let result: ElicitResult = answers.get(name)?;
    let content = result.content.unwrap_or_default();
    Ok(format!(
        "User response: action={:?}, content={content}",
        result.action
    ))
}

fn choices() -> Value {
    let titled = |word: &str| {
        json!([
            {"const": "value1", "title": format!("First {word}")},
            {"const": "value2", "title": format!("Second {word}")},
            {"const": "value3", "title": format!("Third {word}")},
        ])
    };
    let plain = json!({"type": "string", "enum": ["option1", "option2", "option3"]});
    json!({
        "type": "object",
        "properties": {
            "untitledSingle": plain.clone(),
            "titledSingle": {"type": "string", "oneOf": titled("Option")},
            "legacyEnum": {
                "type": "string",
                "enum": ["opt1", "opt2", "opt3"],
                "enumNames": ["Option One", "Option Two", "Option Three"],
            },
            "untitledMulti": {"type": "array", "items": plain},
            "titledMulti": {"type": "array", "items": {"anyOf": titled("Choice")}},
        },
        "required": [],
    })
}
