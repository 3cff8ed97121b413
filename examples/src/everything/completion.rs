//! Completing the arguments of prompts and resource templates.

use rmcp::ErrorData;
use rmcp::model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference};

/// The values that go on with what is typed.
pub(super) fn complete(request: &CompleteRequestParams) -> Result<CompleteResult, ErrorData> {
    let all: &[&str] = match (&request.r#ref, request.argument.name.as_str()) {
        (Reference::Prompt(prompt), "arg1") if prompt.name == "test_prompt_with_arguments" => {
            &["test", "testament", "tests", "text"]
        }
        (Reference::Resource(_), "id") => &["1", "12", "123"],
        _ => &[],
    };
    let typed = &request.argument.value;
    let values = all.iter().filter(|value| value.starts_with(typed));
    let values = CompletionInfo::with_all_values(values.map(ToString::to_string).collect());
    let values = values.map_err(|error| ErrorData::internal_error(error, None))?;
    Ok(CompleteResult::new(values))
}
