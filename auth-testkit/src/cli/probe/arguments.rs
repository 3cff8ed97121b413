//! Arguments of the command line that have a structure.

use serde_json::{Map, Value};

use crate::UnknownName;
use crate::probe::ToolRole;

/// The value of `--tool`.
#[derive(Debug, Clone)]
pub(super) struct NamedTool {
    pub(super) role: ToolRole,
    pub(super) name: String,
    pub(super) arguments: Map<String, Value>,
}

/// `ROLE=NAME`, or `ROLE=NAME {"argument": 7}`.
pub(super) fn named_tool(text: &str) -> Result<NamedTool, String> {
    let form = "expected ROLE=NAME or ROLE=NAME {\"argument\": 7}";
    let (role, tool) = text.split_once('=').ok_or(form)?;
    let role = role
        .parse()
        .map_err(|error: UnknownName| error.to_string())?;
    let (name, arguments) = match tool.split_once(' ') {
        Some((name, arguments)) => (name, claims(arguments)?),
        None => (tool, Map::new()),
    };
    match name {
        "" => Err(form.to_owned()),
        name => Ok(NamedTool {
            role,
            name: name.to_owned(),
            arguments,
        }),
    }
}

/// A JSON object.
pub(super) fn claims(text: &str) -> Result<Map<String, Value>, String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(claims)) => Ok(claims),
        _ => Err("expected a JSON object such as {\"tenant\": 7}".to_owned()),
    }
}
