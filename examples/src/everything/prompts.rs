//! The prompts.

use rmcp::model::{
    ContentBlock, GetPromptRequestParams, GetPromptResponse, GetPromptResult, Prompt,
    PromptArgument, PromptMessage, ResourceContents, Role,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};

use super::ask::{Asked, Questions};
use super::resources::PNG;

pub(super) fn list() -> Vec<Prompt> {
    let prompt = |name, description, arguments: &[&str]| {
        let arguments = arguments.iter().map(|argument| {
            PromptArgument::new(*argument)
                .with_description("A text")
                .with_required(true)
        });
        let arguments: Vec<_> = arguments.collect();
        Prompt::new(
            name,
            Some(description),
            (!arguments.is_empty()).then_some(arguments),
        )
    };
    vec![
        prompt("test_simple_prompt", "A text", &[]),
        prompt(
            "test_prompt_with_arguments",
            "A text made of two others",
            &["arg1", "arg2"],
        ),
        prompt(
            "test_prompt_with_embedded_resource",
            "A resource of your choice",
            &["resourceUri"],
        ),
        prompt("test_prompt_with_image", "A picture", &[]),
        prompt(
            "test_input_required_result_prompt",
            "A text made of what you answer",
            &[],
        ),
    ]
}

pub(super) async fn get(
    request: GetPromptRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<GetPromptResponse, ErrorData> {
    let argument = |name: &str| {
        let arguments = request.arguments.as_ref();
        let value = arguments
            .and_then(|arguments| arguments.get(name))
            .and_then(Value::as_str);
        value.ok_or_else(|| ErrorData::invalid_params(format!("{name} must be a text"), None))
    };
    let content = match request.name.as_str() {
        "test_simple_prompt" => vec![ContentBlock::text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments" => {
            let (arg1, arg2) = (argument("arg1")?, argument("arg2")?);
            let text = format!("Prompt with arguments: arg1='{arg1}', arg2='{arg2}'");
            vec![ContentBlock::text(text)]
        }
        "test_prompt_with_embedded_resource" => {
            let text = "Embedded resource content for testing.";
            let resource = ResourceContents::text(text, argument("resourceUri")?);
            vec![
                ContentBlock::resource(resource.with_mime_type("text/plain")),
                ContentBlock::text("Please process the embedded resource above."),
            ]
        }
        "test_prompt_with_image" => vec![
            ContentBlock::image(PNG, "image/png"),
            ContentBlock::text("Please analyze the image above."),
        ],
        "test_input_required_result_prompt" => {
            let schema = json!({
                "type": "object",
                "properties": {"context": {"type": "string"}},
                "required": ["context"],
            });
            let message = "What context should the prompt use?";
            let questions = Questions::new().form("user_context", message, &schema)?;
            match questions.ask(context, request.input_responses).await? {
                Asked::Wait(questions) => return Ok(questions.into()),
                Asked::Answers(answers) => {
                    let about = answers
                        .field("user_context", "context")?
                        .unwrap_or_default();
                    vec![ContentBlock::text(format!("Go on with: {about}"))]
                }
            }
        }
        _ => return Err(ErrorData::invalid_params("there is no such prompt", None)),
    };
    let messages = content
        .into_iter()
        .map(|content| PromptMessage::new(Role::User, content));
    Ok(GetPromptResult::new(messages.collect()).into())
}
