//! Tools whose arguments are described with more than names and types.

use std::sync::Arc;

use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{JsonObject, object};
use rmcp::schemars::{self, JsonSchema};
use rmcp::{tool, tool_router};
use serde::Deserialize;
use serde_json::json;

use crate::everything::Everything;

/// The arguments of `test_header_parameter`.
#[derive(Debug, Deserialize, JsonSchema)]
struct InRegion {
    /// Which region; also sent as the header Mcp-Param-Region.
    #[serde(default)]
    #[schemars(extend("x-mcp-header" = "Region"))]
    region: String,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "rmcp hands the arguments of a tool over by value"
)]
#[tool_router(router = schemas, vis = "pub(super)")]
impl Everything {
    /// Take a contact, described with the keywords of JSON Schema 2020-12.
    #[tool(input_schema = contact_schema())]
    fn json_schema_2020_12_tool(&self, arguments: JsonObject) -> String {
        let name = arguments.get("name").and_then(|name| name.as_str());
        format!("contact of {}", name.unwrap_or("nobody"))
    }

    /// Take an argument that intermediaries can read in a header.
    #[tool]
    fn test_header_parameter(
        &self,
        Parameters(InRegion { region }): Parameters<InRegion>,
    ) -> String {
        format!("region {region}")
    }
}

fn contact_schema() -> Arc<JsonObject> {
    Arc::new(object(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
            },
        },
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"type": "string", "enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"},
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": false,
    })))
}
