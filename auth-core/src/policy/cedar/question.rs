//! [`Question`]: one operation of one caller, as Cedar is asked about it.

use cedar_policy::{Context, Entities, Entity, EntityUid, Request, RestrictedExpression};
use mcp_tools_sdk::data::Input;
use serde_json::{Map, Value};

use super::action_policies::ActionPolicies;
use super::caller::{Caller, datetime};
use super::policies::Policies;
use super::schema::{Action, ServerSchema, ToolAction};
use super::stub::{HTTP_ACTIONS, type_of};
use crate::operation::{Operation, Primitive};
use crate::policy::PolicyRequest;
use crate::policy::operations::Pattern;
use crate::support::json::LazyObject;
use crate::token::Scopes;

/// One operation of one caller.
pub(super) struct Question<'a> {
    pub(super) request: Request,
    caller: Caller<'a>,
    /// All entities but the caller.
    others: Entities,
    /// The policies that can decide about it.
    pub(super) policies: &'a ActionPolicies,
}

/// A resource template of the server.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) text: String,
    pub(super) pattern: Pattern,
}

/// What the context of a question has as `input`.
enum Arguments<'a> {
    /// Nothing: the action has none.
    None,
    /// The arguments of a tool.
    OfTool(&'a ToolAction),
    /// The arguments of a prompt.
    OfPrompt,
    /// Whatever the caller will choose.
    Unknown,
}

impl<'a> Question<'a> {
    /// The question about this request, with what these policies look at.
    ///
    /// # Errors
    ///
    /// Why it cannot be asked, for the log: policies know no such operation, or the arguments are not
    /// those that the tool declares.
    pub(super) fn new(
        schema: &ServerSchema,
        templates: &[Template],
        request: &PolicyRequest<'a>,
        id: &str,
        policies: &'a Policies,
    ) -> Result<Self, String> {
        let (action, arguments) = action(schema, request)?;
        let policies = policies
            .of(&action.uid)
            .ok_or("policies know no such action")?;
        let arguments = match arguments {
            Arguments::None => Arguments::None,
            _ if request.is_listing() => Arguments::Unknown,
            _ if !policies.mention_input => Arguments::None,
            arguments => arguments,
        };
        let caller = Caller::new(schema, request.token(), id)?;
        let (resource, resource_entity) = resource(schema, templates, request.operation())?;
        let claims = schema.uid("Claims", "token")?;
        let claims_entity = policies
            .mention_claims
            .then(|| caller.claims(claims.clone()))
            .transpose()?;
        let entities = claims_entity.into_iter().chain(resource_entity);
        let others = action.entities.clone().add_entities(entities, None);
        let mut others = others.map_err(|error| error.to_string())?;
        let mut members = vec![
            ("claims", RestrictedExpression::new_entity_uid(claims)),
            ("authentication", caller.authentication()?),
            ("now", datetime(request.now())?),
        ];
        let (principal, action) = (caller.uid.clone(), action.uid.clone());
        let request = match arguments {
            Arguments::OfTool(tool) => {
                let context;
                (context, others) = with_arguments(
                    schema,
                    tool,
                    (&principal, &resource),
                    members,
                    &others,
                    request.arguments(),
                )?;
                Request::new(principal, action, resource, context, None)
            }
            other => {
                match other {
                    Arguments::OfPrompt => {
                        let uid = schema.uid("PromptArguments", "input")?;
                        let entity = prompt_arguments(uid.clone(), request.arguments())?;
                        others = others
                            .add_entities([entity], None)
                            .map_err(|error| error.to_string())?;
                        members.push(("input", RestrictedExpression::new_entity_uid(uid)));
                    }
                    Arguments::Unknown => {
                        members.push(("input", RestrictedExpression::new_unknown("input")));
                    }
                    _ => {}
                }
                let members = members
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value));
                let context = Context::from_pairs(members).map_err(|error| error.to_string())?;
                Request::new(principal, action, resource, context, None)
            }
        };
        Ok(Self {
            request: request.map_err(|error| error.to_string())?,
            caller,
            others,
            policies,
        })
    }

    /// All entities, as if the token had these scopes.
    pub(super) fn entities(&self, scopes: &Scopes) -> Result<Entities, String> {
        let caller = self.caller.entity(scopes)?;
        let all = self.others.clone().add_entities([caller], None);
        all.map_err(|error| error.to_string())
    }
}

/// The action of a request, and where its arguments come from.
fn action<'a>(
    schema: &'a ServerSchema,
    request: &PolicyRequest<'_>,
) -> Result<(&'a Action, Arguments<'a>), String> {
    let Some(operation) = request.operation() else {
        let method = request.head().method().as_str();
        // HEAD is answered as GET.
        let method = if method == "HEAD" { "GET" } else { method };
        let mut known = HTTP_ACTIONS.into_iter();
        let known = known.find(|(known, _)| *known == method);
        let action = known.and_then(|(_, name)| schema.others.get(name));
        let action = action.ok_or("policies know no action for this http method")?;
        return Ok((action, Arguments::None));
    };
    if operation.method() == "tools/call" {
        let tool = operation.name().and_then(|name| schema.tools.get(name));
        let tool = tool.ok_or("policies know no such tool")?;
        return Ok((&tool.action, Arguments::OfTool(tool)));
    }
    let action = schema.others.get(operation.method());
    let action = action.ok_or("policies know no action for this method")?;
    let arguments = match operation.method() {
        "prompts/get" => Arguments::OfPrompt,
        _ => Arguments::None,
    };
    Ok((action, arguments))
}

/// The resource of a request, with its entity if it has attributes or parents.
fn resource(
    schema: &ServerSchema,
    templates: &[Template],
    operation: Option<&Operation>,
) -> Result<(EntityUid, Option<Entity>), String> {
    let target = operation.and_then(|operation| Some((operation.primitive()?, operation.name()?)));
    let Some((primitive, name)) = target else {
        return Ok((schema.uid("Server", "server")?, None));
    };
    let uid = schema.uid(type_of(primitive), name)?;
    if !matches!(primitive, Primitive::Resource | Primitive::Skill) {
        return Ok((uid, None));
    }
    let is_resource = primitive == Primitive::Resource;
    let matching = templates
        .iter()
        .filter(|template| is_resource && template.pattern.matches(name));
    let parents = matching
        .map(|template| schema.uid("ResourceTemplate", &template.text))
        .collect::<Result<_, _>>()?;
    let uri = RestrictedExpression::new_string(name.to_owned());
    let attributes = [("uri".to_owned(), uri)].into();
    let entity =
        Entity::new(uid.clone(), attributes, parents).map_err(|error| error.to_string())?;
    Ok((uid, Some(entity)))
}

/// The context with the arguments of a tool, and the entities that stand for some of them.
fn with_arguments(
    schema: &ServerSchema,
    ToolAction { tool, .. }: &ToolAction,
    (principal, resource): (&EntityUid, &EntityUid),
    members: Vec<(&'static str, RestrictedExpression)>,
    entities: &Entities,
    arguments: Option<&LazyObject>,
) -> Result<(Context, Entities), String> {
    let none = Map::new();
    let arguments = arguments.map_or(&none, LazyObject::members);
    if !tool.is_open && arguments.keys().any(|name| !tool.declares(name)) {
        return Err("an argument is not one that the tool declares".to_owned());
    }
    let visible: Map<String, Value> = arguments
        .iter()
        .filter(|(name, _)| tool.shows(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let input = serde_json::json!({
        "params": { "name": tool.identifier, "arguments": visible },
    });
    // Neither the errors nor their sources may be shown: they repeat values.
    let unfit = "the arguments do not fit the input schema of the tool";
    let input = Input::from_json_str(&input.to_string()).map_err(|_| unfit.to_owned())?;
    let members = members
        .into_iter()
        .map(|(name, value)| (name.into(), value.as_ref().clone()));
    let generated = schema.arguments.generate_request(
        principal.as_ref().clone(),
        resource.as_ref().clone(),
        members,
        entities.as_ref().clone(),
        &input,
        None,
    );
    let (request, entities) = generated.map_err(|_| unfit.to_owned())?;
    let request = Request::from(request);
    let context = request.context().cloned().ok_or_else(|| unfit.to_owned())?;
    Ok((context, entities.into()))
}

/// The arguments of a prompt, which are strings, as tags.
fn prompt_arguments(uid: EntityUid, arguments: Option<&LazyObject>) -> Result<Entity, String> {
    let none = Map::new();
    let mut tags = Vec::new();
    for (name, value) in arguments.map_or(&none, LazyObject::members) {
        let Value::String(text) = value else {
            return Err("an argument of the prompt is not a string".to_owned());
        };
        tags.push((name.clone(), RestrictedExpression::new_string(text.clone())));
    }
    Entity::new_with_tags(uid, [], [], tags).map_err(|error| error.to_string())
}
