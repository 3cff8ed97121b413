//! The document that describes the API (OpenAPI 3.1): `openapi.json`, with the schemas of the catalogues, which
//! are made from their declarations so that nothing is listed twice.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::fault::FaultKind;
use crate::keys::UnusualKeySet;
use crate::settings::{Leniency, Misbehaviour};
use crate::{Defect, Endpoint, Fault};

/// The part that is written by hand. It refers to the schemas that are made here.
const TEMPLATE: &str = include_str!("../../../openapi.json");

/// The document as JSON.
pub(super) fn document() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
        let mut document: Value = serde_json::from_str(TEMPLATE).expect("openapi.json is JSON");
        let schemas = &mut document["components"]["schemas"];
        schemas["Endpoint"] = names(Endpoint::all());
        schemas["Leniency"] = names(Leniency::all());
        schemas["Misbehaviour"] = names(Misbehaviour::all());
        schemas["UnusualKeySet"] = names(UnusualKeySet::all());
        schemas["Defect"] = names(Defect::all());
        let faults: Vec<Value> = Fault::KINDS.iter().map(fault).collect();
        schemas["FaultKind"] = json!({ "oneOf": faults });
        format!("{document:#}")
    });
    &DOCUMENT
}

fn names(all: &[impl ToString]) -> Value {
    let names: Vec<String> = all.iter().map(ToString::to_string).collect();
    json!({ "type": "string", "enum": names })
}

/// `"reset"`, or `{"status": 503}`.
fn fault(kind: &FaultKind) -> Value {
    let doc = kind.doc.trim();
    let Some(parameter) = &kind.parameter else {
        return json!({ "const": kind.name, "description": doc });
    };
    let mut schema = (parameter.schema)();
    schema["description"] = parameter.description.into();
    json!({
        "type": "object",
        "description": doc,
        "properties": { kind.name: schema },
        "required": [kind.name],
        "additionalProperties": false,
    })
}
