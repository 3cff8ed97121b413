//! Asking the client for something in the middle of a call.
//!
//! Until 2025-11-25 a server sends a request of its own and waits. Since 2026-07-28 it answers with
//! what it wants to know, and the client calls again with the answers. Tools ask the same way on
//! both.
#![expect(deprecated, reason = "clients of 2025-11-25 sample and have roots")]

use std::collections::BTreeMap;

use rmcp::model::{
    ClientCapabilities, ElicitResult, ElicitationAction, InputRequest, InputRequiredResult,
    InputResponses, ProtocolVersion, ServerRequest,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// What came of asking.
pub(super) enum Asked {
    /// All answers.
    Answers(Answers),
    /// To be returned: the client calls again.
    Wait(InputRequiredResult),
}

/// What the client answered, by the name of the question.
#[derive(Debug)]
pub(super) struct Answers(InputResponses);

/// Questions, each with its name.
#[derive(Debug, Default)]
pub(super) struct Questions(BTreeMap<String, InputRequest>);

impl Questions {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// A form for the user to fill in.
    pub(super) fn form(self, name: &str, message: &str, schema: &Value) -> Result<Self, ErrorData> {
        Ok(self.with(name, form(message, schema)?))
    }

    /// A text for the client's model to go on with.
    pub(super) fn sampling(self, name: &str, text: &str) -> Result<Self, ErrorData> {
        let content = json!({"type": "text", "text": text});
        let params = json!({"messages": [{"role": "user", "content": content}], "maxTokens": 100});
        Ok(self.with(name, request("sampling/createMessage", &params)?))
    }

    /// The client's roots.
    pub(super) fn roots(self, name: &str) -> Result<Self, ErrorData> {
        Ok(self.with(name, request("roots/list", &json!({}))?))
    }

    fn with(mut self, name: &str, request: InputRequest) -> Self {
        self.0.insert(name.into(), request);
        self
    }

    /// Leaves out what the client has not said that it can answer.
    pub(super) fn only_what_the_client_can(mut self, context: &RequestContext<RoleServer>) -> Self {
        let capabilities = context.client_capabilities().unwrap_or_default();
        self.0
            .retain(|_, request| lacking(request, &capabilities).is_none());
        self
    }

    /// Asks what `given` does not answer yet.
    pub(super) async fn ask(
        self,
        context: &RequestContext<RoleServer>,
        given: Option<InputResponses>,
    ) -> Result<Asked, ErrorData> {
        let capabilities = context.client_capabilities().unwrap_or_default();
        if let Some(lacking) = self
            .0
            .values()
            .find_map(|request| lacking(request, &capabilities))
        {
            return Err(ErrorData::missing_required_client_capability(lacking));
        }
        if !may_wait(context) {
            return self.ask_at_once(context).await;
        }
        // Answers to what was not asked are left alone.
        let given = given.unwrap_or_default();
        if self.0.keys().all(|name| given.contains_key(name)) {
            return Ok(Asked::Answers(Answers(given)));
        }
        Ok(Asked::Wait(InputRequiredResult::from_input_requests(
            self.0,
        )))
    }

    async fn ask_at_once(self, context: &RequestContext<RoleServer>) -> Result<Asked, ErrorData> {
        let mut answers = InputResponses::new();
        for (name, request) in self.0 {
            let request = match request {
                InputRequest::CreateMessage(request) => {
                    ServerRequest::CreateMessageRequest(request)
                }
                InputRequest::Elicitation(request) => ServerRequest::ElicitRequest(request),
                InputRequest::ListRoots(request) => ServerRequest::ListRootsRequest(request),
                _ => return Err(unusable(&name)),
            };
            let answer = context.peer.send_request(request).await;
            let answer =
                answer.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
            let answer = serde_json::to_value(answer).map_err(|_| unusable(&name))?;
            answers.insert(name, answer);
        }
        Ok(Asked::Answers(Answers(answers)))
    }
}

impl Answers {
    /// The answer to the question `name`.
    pub(super) fn get<T: DeserializeOwned>(&self, name: &str) -> Result<T, ErrorData> {
        let answer = self.0.get(name).cloned().unwrap_or_default();
        serde_json::from_value(answer).map_err(|_| unusable(name))
    }

    /// What the user entered into the field of a form, if it was accepted and has the field.
    pub(super) fn field(&self, name: &str, field: &str) -> Result<Option<String>, ErrorData> {
        let result: ElicitResult = self.get(name)?;
        if result.action != ElicitationAction::Accept {
            return Ok(None);
        }
        let value = result
            .content
            .as_ref()
            .and_then(|content| content.get(field));
        Ok(value.and_then(Value::as_str).map(Into::into))
    }
}

/// A form for the user to fill in.
pub(super) fn form(message: &str, schema: &Value) -> Result<InputRequest, ErrorData> {
    request(
        "elicitation/create",
        &json!({"message": message, "requestedSchema": schema}),
    )
}

fn request(method: &str, params: &Value) -> Result<InputRequest, ErrorData> {
    serde_json::from_value(json!({"method": method, "params": params}))
        .map_err(|error| ErrorData::internal_error(format!("cannot ask: {error}"), None))
}

fn unusable(name: &str) -> ErrorData {
    ErrorData::invalid_params(format!("the answer to {name} cannot be used"), None)
}

/// Whether the client knows how to call again with answers.
pub(super) fn may_wait(context: &RequestContext<RoleServer>) -> bool {
    // Versions are dates, and dates in this form compare as text.
    let version = context.protocol_version();
    version.is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
}

/// What the client would have to declare for this request, if it has not.
fn lacking(request: &InputRequest, declared: &ClientCapabilities) -> Option<ClientCapabilities> {
    let needs = ClientCapabilities::builder();
    match request {
        InputRequest::Elicitation(_) if declared.elicitation.is_none() => {
            Some(needs.enable_elicitation().build())
        }
        InputRequest::CreateMessage(_) if declared.sampling.is_none() => {
            Some(needs.enable_sampling().build())
        }
        InputRequest::ListRoots(_) if declared.roots.is_none() => {
            Some(needs.enable_roots().build())
        }
        _ => None,
    }
}
