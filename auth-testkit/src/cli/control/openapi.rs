//! The document that describes the API (OpenAPI 3.1): `openapi.json`, with the schemas of the catalogues, which
//! are made from their declarations so that nothing is listed twice.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::world::example;
use crate::fault::FaultKind;
use crate::keys::UnusualKeySet;
use crate::settings::{Leniency, Misbehaviour};
use crate::webhooks::DeliveryMode;
use crate::{Defect, Endpoint, EventType, Fault};

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
        schemas["EventType"] = names(EventType::all());
        let modes: Vec<Value> = DeliveryMode::all().map(delivery_mode).into();
        schemas["DeliveryMode"] = json!({ "oneOf": modes });
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

/// `"twice"`, or `{"late": 60}`.
fn delivery_mode(mode: DeliveryMode) -> Value {
    if example(mode).is_none() {
        return json!({ "const": mode.name() });
    }
    json!({
        "type": "object",
        "properties": { mode.name(): { "type": "number", "minimum": 0 } },
        "required": [mode.name()],
        "additionalProperties": false,
    })
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
