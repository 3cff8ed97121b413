//! Arguments that fit the schema of a tool.

use serde_json::{Map, Value, json};

/// Values for what a schema requires; `None` for a schema that cannot be satisfied by rote.
pub(super) fn sample_arguments(schema: &Value) -> Option<Map<String, Value>> {
    match sample(
        &json!({ "type": "object", "properties": schema["properties"],
        "required": schema["required"] }),
        0,
    )? {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

/// Schemas that are nested deeper are for other tools.
const MAX_DEPTH: usize = 4;

fn sample(schema: &Value, depth: usize) -> Option<Value> {
    if depth > MAX_DEPTH || schema["format"].is_string() || schema["pattern"].is_string() {
        return None;
    }
    let given = [
        &schema["const"],
        &schema["default"],
        &schema["enum"][0],
        &schema["examples"][0],
    ];
    if let Some(given) = given.into_iter().find(|given| !given.is_null()) {
        return Some(given.clone());
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.first()?.as_str()?,
        kind => kind.as_str()?,
    };
    Some(match kind {
        "string" => json!("probe"),
        "integer" | "number" if schema["minimum"].is_number() => schema["minimum"].clone(),
        "integer" | "number" => json!(1),
        "boolean" => json!(false),
        "null" => Value::Null,
        "array" if schema["minItems"].as_u64().unwrap_or_default() == 0 => json!([]),
        "object" => {
            let mut members = Map::new();
            for name in schema["required"].as_array().into_iter().flatten() {
                let name = name.as_str()?;
                let value = sample(&schema["properties"][name], depth + 1)?;
                members.insert(name.to_owned(), value);
            }
            Value::Object(members)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_made_of_what_a_schema_requires() {
        for (schema, expected) in [
            (json!({}), Some(json!({}))),
            (
                json!({ "properties": { "a": { "type": "string" } } }),
                Some(json!({})),
            ),
            (
                json!({ "required": ["a"], "properties": { "a": { "type": "string" } } }),
                Some(json!({ "a": "probe" })),
            ),
            (
                json!({ "required": ["a"], "properties": { "a": { "type": ["integer", "null"], "minimum": 3 } } }),
                Some(json!({ "a": 3 })),
            ),
            (
                json!({ "required": ["a"], "properties": { "a": { "enum": ["x", "y"] } } }),
                Some(json!({ "a": "x" })),
            ),
            (
                json!({ "required": ["a"], "properties": { "a": {
                    "type": "object", "required": ["b"], "properties": { "b": { "type": "boolean" } }
                } } }),
                Some(json!({ "a": { "b": false } })),
            ),
            // No value fits by rote.
            (json!({ "required": ["a"] }), None),
            (
                json!({ "required": ["a"], "properties": { "a": { "type": "string", "format": "uri" } } }),
                None,
            ),
            (
                json!({ "required": ["a"], "properties": { "a": { "type": "array", "minItems": 1 } } }),
                None,
            ),
            (json!({ "required": [7] }), None),
        ] {
            let made = sample_arguments(&schema).map(Value::Object);
            assert_eq!(made, expected, "{schema}");
        }
    }

    #[test]
    fn a_schema_without_an_end_is_left_alone() {
        let mut schema = json!({ "type": "string" });
        for _ in 0..10 {
            schema = json!({ "type": "object", "required": ["a"], "properties": { "a": schema } });
        }
        assert_eq!(sample_arguments(&schema), None);
    }
}
