//! [`ServerSchema`]: the Cedar schema of one server, and the actions in it.

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

use cedar_policy::{Entities, EntityId, EntityTypeName, EntityUid, Schema, SchemaFragment};
use cedar_policy_mcp_schema_generator::{RequestGenerator, SchemaGenerator, SchemaGeneratorConfig};
use mcp_tools_sdk::description::ServerDescription;
use serde_json::Value;

use super::stub::{HTTP_ACTIONS, Names, stub};
use super::tools::{LeftOut, Tool};
use crate::operation::method::METHODS;

/// What a server offers, in Cedar's words.
pub(super) struct ServerSchema {
    pub(super) schema: Schema,
    /// Turns the arguments of tools into contexts.
    pub(super) arguments: RequestGenerator,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) tools: HashMap<String, ToolAction>,
    /// The actions of methods, and of requests without an operation.
    pub(super) others: HashMap<&'static str, Action>,
    /// The schema in Cedar's schema language.
    pub(super) text: String,
    /// The names of [`TYPES`], since to parse one takes longer than to evaluate a policy.
    types: HashMap<&'static str, EntityTypeName>,
}

/// The types of entities that questions are about.
const TYPES: [&str; 12] = [
    "User",
    "Machine",
    "Organization",
    "Role",
    "Server",
    "Tool",
    "Prompt",
    "PromptArguments",
    "Resource",
    "ResourceTemplate",
    "Skill",
    "Claims",
];

/// An action, with the groups that it is in.
#[derive(Debug, Clone)]
pub(super) struct Action {
    pub(super) uid: EntityUid,
    pub(super) entities: Entities,
}

#[derive(Debug, Clone)]
pub(super) struct ToolAction {
    pub(super) action: Action,
    pub(super) tool: Tool,
}

impl ServerSchema {
    /// # Errors
    ///
    /// Sentences that continue "cedar …".
    pub(super) fn new(
        namespace: &str,
        mut tools: Vec<Tool>,
        prompts: Vec<String>,
    ) -> Result<Self, Vec<String>> {
        check_names(&tools)?;
        let names = Names {
            tools: tools.iter().map(|tool| tool.name.clone()).collect(),
            prompts,
        };
        let stub = stub(namespace, &names);
        let alone =
            |description: &Value| generate(&stub, std::slice::from_ref(description)).map(drop);
        let mut left_out = Vec::new();
        for tool in &mut tools {
            left_out.extend(tool.leave_out(alone));
        }
        let descriptions: Vec<_> = tools.iter().map(Tool::description).collect();
        let generator = generate(&stub, &descriptions)
            .map_err(|error| vec![format!("has no schema of these tools: {error}")])?;
        let of_generator =
            |error: &dyn std::fmt::Display| vec![format!("has no schema of these tools: {error}")];
        let arguments = generator
            .new_request_generator()
            .map_err(|error| of_generator(&error))?;
        let mut json =
            serde_json::to_value(generator.get_schema()).map_err(|error| of_generator(&error))?;
        rename_actions(&mut json, namespace, &tools);
        let fragment =
            SchemaFragment::from_json_value(json).map_err(|error| of_generator(&error))?;
        let text = fragment
            .to_cedarschema()
            .map_err(|error| of_generator(&error))?;
        let schema =
            Schema::from_schema_fragments([fragment]).map_err(|error| of_generator(&error))?;
        let all = schema
            .action_entities()
            .map_err(|error| of_generator(&error))?;
        let type_name = |kind: &str| {
            let name = EntityTypeName::from_str(&format!("{namespace}::{kind}"));
            name.map_err(|error| of_generator(&error))
        };
        let types = TYPES.iter().map(|kind| Ok((*kind, type_name(kind)?)));
        let types = types.collect::<Result<_, Vec<String>>>()?;
        let action_type = type_name("Action")?;
        let action = |name: &str| -> Result<Action, Vec<String>> {
            let uid = EntityUid::from_type_name_and_id(action_type.clone(), EntityId::new(name));
            let groups = all.ancestors(&uid).into_iter().flatten().cloned();
            let with_groups = groups.chain([uid.clone()]);
            let with_groups = with_groups.filter_map(|uid| all.get(&uid).cloned());
            let entities =
                Entities::from_entities(with_groups, None).map_err(|error| of_generator(&error))?;
            Ok(Action { uid, entities })
        };
        let others = METHODS.iter().map(|method| method.name);
        let others = others.chain(HTTP_ACTIONS.map(|(_, name)| name));
        let others = others
            .filter(|name| *name != "tools/call")
            .map(|name| Ok((name, action(name)?)))
            .collect::<Result<_, Vec<String>>>()?;
        let tools = tools
            .into_iter()
            .map(|tool| {
                let action = action(&tool.name)?;
                Ok((tool.name.clone(), ToolAction { action, tool }))
            })
            .collect::<Result<_, Vec<String>>>()?;
        Ok(Self {
            schema,
            arguments,
            left_out,
            tools,
            others,
            text,
            types,
        })
    }

    /// An entity of this server.
    pub(super) fn uid(&self, kind: &str, id: &str) -> Result<EntityUid, String> {
        let name = self.types.get(kind);
        let name = name.ok_or_else(|| format!("has no type {kind}"))?;
        Ok(EntityUid::from_type_name_and_id(
            name.clone(),
            EntityId::new(id),
        ))
    }
}

impl std::fmt::Debug for ServerSchema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerSchema")
            .field("tools", &self.tools.len())
            .finish_non_exhaustive()
    }
}

/// Refuses tools whose names would be the same, or are those of other actions.
fn check_names(tools: &[Tool]) -> Result<(), Vec<String>> {
    let mut errors = Vec::new();
    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    let is_action = |name: &str| {
        let mut others = METHODS.iter().map(|method| method.name);
        let http = HTTP_ACTIONS.map(|(_, name)| name);
        others.any(|other| other == name)
            || http.contains(&name)
            || matches!(name, "session" | "lists")
    };
    for tool in tools {
        if is_action(&tool.name) {
            errors.push(format!(
                "has a tool with the name of another action, {:?}: rename the tool",
                tool.name
            ));
        }
        if let Some(other) = taken.insert(&tool.identifier, &tool.name) {
            errors.push(format!(
                "has tools {other:?} and {:?}, which would have the same types {}: rename one",
                tool.name, tool.identifier
            ));
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

/// The schema with an action for each of these tools.
fn generate(stub: &str, tools: &[Value]) -> Result<SchemaGenerator, String> {
    let config = SchemaGeneratorConfig::default().objects_as_records(true);
    let mut generator = SchemaGenerator::from_cedarschema_str_with_config(stub, config)
        .map_err(|error| error.to_string())?;
    if tools.is_empty() {
        return Ok(generator);
    }
    let json = Value::Array(tools.to_vec()).to_string();
    let description = ServerDescription::from_json_str(&json).map_err(|error| error.to_string())?;
    generator
        .add_actions_from_server_description(&description)
        .map_err(|error| error.to_string())?;
    Ok(generator)
}

/// The generator names actions by identifiers. Policies name them as clients do.
fn rename_actions(schema: &mut Value, namespace: &str, tools: &[Tool]) {
    let actions = schema
        .get_mut(namespace)
        .and_then(|it| it.get_mut("actions"));
    let Some(Value::Object(actions)) = actions else {
        return;
    };
    for tool in tools.iter().filter(|tool| tool.identifier != tool.name) {
        if let Some(action) = actions.remove(&tool.identifier) {
            actions.insert(tool.name.clone(), action);
        }
    }
}
