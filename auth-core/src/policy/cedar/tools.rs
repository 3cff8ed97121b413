//! The tools of a server, as the schema generator of the Cedar project takes them.
//!
//! A tool that Cedar cannot name gets an identifier, and an argument whose JSON schema it cannot
//! express is left out: policies cannot see it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// An argument that policies cannot see, because Cedar cannot express its JSON schema.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// The tool.
    pub tool: String,
    /// The argument.
    pub argument: String,
    /// Why it cannot be expressed, in the words of the schema generator.
    pub reason: String,
}

/// One tool.
#[derive(Debug, Clone)]
pub(super) struct Tool {
    pub(super) name: String,
    /// The name, if it is an identifier of Cedar; else one that is made of it.
    pub(super) identifier: String,
    /// The JSON schema of its arguments, as it was given.
    schema: Map<String, Value>,
    /// The arguments that policies see.
    visible: BTreeSet<String>,
    /// Whether its schema allows arguments that it does not name.
    pub(super) is_open: bool,
}

impl Tool {
    /// Reads an item of `tools/list`.
    pub(super) fn read(description: &Value) -> Result<Self, String> {
        let name = description.get("name").and_then(Value::as_str);
        let name = name.filter(|name| !name.is_empty());
        let name = name.ok_or("has a tool without a name: give the items of tools/list")?;
        let schema = match description.get("inputSchema") {
            None => Map::new(),
            Some(Value::Object(schema)) => schema.clone(),
            Some(_) => {
                return Err(format!(
                    "has a tool {name:?} whose inputSchema is not an object"
                ));
            }
        };
        let arguments = match schema.get("properties") {
            None => BTreeSet::new(),
            Some(Value::Object(arguments)) => arguments.keys().cloned().collect(),
            Some(_) => {
                return Err(format!(
                    "has a tool {name:?} whose inputSchema has properties that are not an object"
                ));
            }
        };
        Ok(Self {
            name: name.to_owned(),
            identifier: identifier(name),
            is_open: schema.get("additionalProperties") != Some(&Value::Bool(false)),
            schema,
            visible: arguments,
        })
    }

    /// Whether the tool's schema names this argument.
    pub(super) fn declares(&self, argument: &str) -> bool {
        let arguments = self.schema.get("properties").and_then(Value::as_object);
        arguments.is_some_and(|arguments| arguments.contains_key(argument))
    }

    /// Whether policies see this argument.
    pub(super) fn shows(&self, argument: &str) -> bool {
        self.visible.contains(argument)
    }

    /// Leaves out each argument that `express` cannot express alone.
    pub(super) fn leave_out(
        &mut self,
        express: impl Fn(&Value) -> Result<(), String>,
    ) -> Vec<LeftOut> {
        if express(&self.description()).is_ok() {
            return Vec::new();
        }
        let mut left_out = Vec::new();
        for argument in self.visible.clone() {
            let alone = Self {
                visible: BTreeSet::from([argument.clone()]),
                ..self.clone()
            };
            if let Err(reason) = express(&alone.description()) {
                self.visible.remove(&argument);
                left_out.push(LeftOut {
                    tool: self.name.clone(),
                    argument,
                    reason,
                });
            }
        }
        left_out
    }

    /// The description for the schema generator: of the arguments that policies see.
    pub(super) fn description(&self) -> Value {
        let none = Map::new();
        let arguments = self.schema.get("properties").and_then(Value::as_object);
        let arguments = arguments.unwrap_or(&none).iter();
        let arguments: Map<_, _> = arguments
            .filter(|(name, _)| self.shows(name))
            .map(|(name, schema)| (name.clone(), as_object(schema)))
            .collect();
        let required = self.schema.get("required").and_then(Value::as_array);
        let required = required.into_iter().flatten().filter_map(Value::as_str);
        let required: Vec<_> = required.filter(|name| self.shows(name)).collect();
        let definitions = self.definitions(&arguments);
        json!({
            "name": self.identifier,
            "inputSchema": {
                "type": "object",
                "properties": arguments,
                "required": required,
                "$defs": definitions,
            },
        })
    }

    /// The definitions that these arguments refer to, directly or not: one that cannot be expressed
    /// concerns only the arguments that refer to it.
    fn definitions(&self, arguments: &Map<String, Value>) -> Map<String, Value> {
        let none = Map::new();
        let all = self.schema.get("$defs").and_then(Value::as_object);
        let all = all.unwrap_or(&none);
        let mut found = BTreeMap::new();
        let mut open = references(&json!(arguments));
        while let Some(name) = open.pop() {
            let Some(definition) = all.get(&name) else {
                continue;
            };
            if let Entry::Vacant(place) = found.entry(name) {
                open.extend(references(definition));
                place.insert(as_object(definition));
            }
        }
        found.into_iter().collect()
    }
}

/// `true` allows any value, as the empty object does.
fn as_object(schema: &Value) -> Value {
    match schema {
        Value::Bool(true) => json!({}),
        other => other.clone(),
    }
}

/// The names in all `{"$ref": "#/$defs/NAME"}` of a schema.
fn references(schema: &Value) -> Vec<String> {
    match schema {
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Object(members) => {
            let own = members.get("$ref").and_then(Value::as_str);
            let own = own.and_then(|text| text.strip_prefix("#/$defs/"));
            let inner = members.values().flat_map(references);
            own.map(str::to_owned).into_iter().chain(inner).collect()
        }
        _ => Vec::new(),
    }
}

/// Words that are no identifiers of Cedar.
const RESERVED: &[&str] = &[
    "true", "false", "if", "then", "else", "in", "is", "like", "has", "__cedar",
];

/// The name with `_` instead of what identifiers of Cedar cannot contain.
fn identifier(name: &str) -> String {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let text: String = name
        .chars()
        .map(|c| if is_allowed(c) { c } else { '_' })
        .collect();
    let needs_prefix =
        text.starts_with(|c: char| c.is_ascii_digit()) || RESERVED.contains(&text.as_str());
    if needs_prefix {
        format!("_{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_an_identifier() {
        for (name, expected) in [
            ("notes_add", "notes_add"),
            ("notes-add", "notes_add"),
            ("admin.reset/all", "admin_reset_all"),
            ("2fa", "_2fa"),
            ("in", "_in"),
            ("größe", "gr__e"),
        ] {
            assert_eq!(identifier(name), expected, "{name}");
        }
    }

    #[test]
    fn only_the_arguments_that_cannot_be_expressed_are_left_out() {
        let mut tool = Tool::read(&json!({
            "name": "t",
            "inputSchema": {
                "properties": { "a": {"$ref": "#/$defs/A"}, "b": {"$ref": "#/$defs/B"}, "c": true },
                "required": ["a", "b"],
                "$defs": { "A": {"items": {"$ref": "#/$defs/C"}}, "B": {"bad": 1}, "C": {"$ref": "#/$defs/A"} },
            },
        }))
        .unwrap();
        let express = |description: &Value| match description.to_string().contains("bad") {
            true => Err("reason".to_owned()),
            false => Ok(()),
        };
        let left_out = tool.leave_out(express);
        let expected = LeftOut {
            tool: "t".into(),
            argument: "b".into(),
            reason: "reason".into(),
        };
        assert_eq!(left_out, [expected]);
        let schema = &tool.description()["inputSchema"];
        assert_eq!(schema["required"], json!(["a"]));
        assert_eq!(schema["properties"]["c"], json!({}));
        let definitions = schema["$defs"].as_object().unwrap();
        assert_eq!(definitions.keys().collect::<Vec<_>>(), ["A", "C"]);
        assert!(tool.declares("b") && !tool.shows("b") && tool.shows("a"));
        assert!(!tool.declares("d") && tool.is_open);
    }

    #[test]
    fn what_is_not_a_tool_is_refused() {
        assert!(Tool::read(&json!({"name": "t"})).is_ok(), "the control");
        for (description, problem) in [
            (json!({}), "without a name"),
            (json!({"name": ""}), "without a name"),
            (
                json!({"name": "t", "inputSchema": true}),
                "\"t\" whose inputSchema",
            ),
            (
                json!({"name": "t", "inputSchema": {"properties": []}}),
                "properties that are not an object",
            ),
        ] {
            let error = Tool::read(&description).unwrap_err();
            assert!(error.contains(problem), "{error}");
        }
    }
}
