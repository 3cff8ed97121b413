//! The document that describes the API, held against the API.

use std::collections::BTreeSet;

use auth_testkit::keys::UnusualKeySet;
use auth_testkit::settings::{Leniency, Misbehaviour};
use auth_testkit::{Defect, Endpoint, EventType};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::served::Served;
use crate::support::http;

async fn document(served: &Served) -> Value {
    let url = format!("{}/openapi.json", served.text("control_url"));
    let response = http().get(url).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    response.json().await.unwrap()
}

/// Method and path of every operation, the path filled in; and whether it is open to everyone.
fn operations(document: &Value) -> Vec<(Method, String, bool)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let filled = path
            .replace("{environment}", "default")
            .replace("{id}", "1")
            .replace("{key}", "apit_1");
        for (method, operation) in item.as_object().unwrap() {
            if method == "parameters" {
                continue;
            }
            let method = method.to_uppercase().parse().unwrap();
            let is_open = operation.get("security") == Some(&json!([]));
            found.push((method, filled.clone(), is_open));
        }
    }
    found
}

#[tokio::test]
async fn every_operation_is_there_and_closed_to_strangers() {
    let served = Served::start(&[]);
    let operations = operations(&document(&served).await);
    assert_eq!(operations.len(), 43);
    for (method, path, is_open) in operations {
        let url = format!("{}{path}", served.text("control_url"));
        for token in [None, Some("wrong")] {
            let request = http().request(method.clone(), &url);
            let request = match token {
                Some(token) => request.bearer_auth(token),
                None => request,
            };
            let status = request.send().await.unwrap().status();
            let expected = match is_open {
                true => StatusCode::OK,
                false => StatusCode::UNAUTHORIZED,
            };
            assert_eq!(status, expected, "{method} {path}");
        }
        // The last: it ends the environment.
        if (method == Method::DELETE && path == "/environments/default") || is_open {
            continue;
        }
        let response = served.call_at(method.clone(), &path, Value::Null).await;
        let status = response.status();
        let text = response.text().await.unwrap();
        assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        assert!(!text.contains("no such path"), "{method} {path}");
    }
}

#[tokio::test]
async fn its_names_are_those_of_the_catalogues() {
    let served = Served::start(&[]);
    let document = document(&served).await;
    let schemas = &document["components"]["schemas"];
    let listed = |schema: &str| -> BTreeSet<String> {
        let list = schemas[schema]["enum"].as_array().unwrap().iter();
        list.map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    macro_rules! assert_listed {
        ($($type:ident)*) => {$(
            let names: BTreeSet<_> = $type::all().iter().map(ToString::to_string).collect();
            assert_eq!(listed(stringify!($type)), names);
        )*};
    }
    assert_listed!(Defect Endpoint EventType Leniency Misbehaviour UnusualKeySet);
}

/// Each fault that the document describes can be set as it is described, and no other.
#[tokio::test]
async fn its_faults_can_be_set() {
    let served = Served::start(&[]);
    let document = document(&served).await;
    let kinds = &document["components"]["schemas"]["FaultKind"]["oneOf"];
    let mut names = BTreeSet::new();
    for kind in kinds.as_array().unwrap() {
        let doc = kind["description"].as_str().unwrap();
        assert!(doc.ends_with('.') && !doc.contains("  "), "{doc:?}");
        let fault = match kind["const"].as_str() {
            Some(name) => json!(name),
            None => {
                let (name, schema) = kind["properties"]
                    .as_object()
                    .unwrap()
                    .iter()
                    .next()
                    .unwrap();
                let value = match (name.as_str(), schema["type"].as_str().unwrap()) {
                    ("status", _) => json!(503),
                    (_, "integer") => json!(1),
                    (_, "number") => json!(0.5),
                    (_, "string") => json!("https://other.example/"),
                    (_, other) => panic!("{name} has the type {other}"),
                };
                json!({ name.as_str(): value })
            }
        };
        let body = json!({ "endpoint": "keys", "fault": fault });
        let response = served.call_at(Method::POST, "/environments/default/faults", body);
        assert_eq!(response.await.status(), StatusCode::CREATED, "{fault}");
        names.insert(fault.as_str().map_or_else(
            || fault.as_object().unwrap().keys().next().unwrap().clone(),
            str::to_owned,
        ));
    }
    let body = json!({ "endpoint": "keys", "fault": "attic" });
    let response = served.call_at(Method::POST, "/environments/default/faults", body);
    let error: Value = response.await.json().await.unwrap();
    let (_, known) = error["error"]
        .as_str()
        .unwrap()
        .split_once("choose of ")
        .unwrap();
    let known = known
        .split_once(" at line")
        .map_or(known, |(known, _)| known);
    let known: BTreeSet<String> = known.split(", ").map(str::to_owned).collect();
    assert_eq!(names, known);
}

#[tokio::test]
async fn it_refers_to_schemas_that_are_there() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                if let Some(to) = members.get("$ref").and_then(Value::as_str) {
                    found.push(to.to_owned());
                }
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let served = Served::start(&[]);
    let document = document(&served).await;
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 20, "{found:?}");
    for reference in found {
        let schema = document.pointer(reference.trim_start_matches('#'));
        assert!(schema.is_some(), "{reference} is not there");
    }
}

/// Each member that the document names is known, and one that it does not name is refused.
#[tokio::test]
async fn its_members_are_those_that_are_read() {
    let served = Served::start(&[]);
    let document = document(&served).await;
    for (schema, path) in [
        ("Settings", "/environments"),
        ("TokenRequest", "/environments/default/tokens"),
        ("Client", "/environments/default/clients"),
        ("ClientMetadata", "/environments/default/client-metadata"),
        ("Approval", "/environments/default/approvals"),
        ("Consent", "/environments/default/consents/delete"),
        ("OpenSession", "/environments/default/sessions"),
        ("ApiKeyRequest", "/environments/default/api-keys"),
        (
            "AuthLogRequest",
            "/environments/default/authentication-logs",
        ),
        ("EventRequest", "/environments/default/events"),
        ("Webhook", "/environments/default/webhooks"),
        ("Redelivery", "/environments/default/deliveries/redeliver"),
        ("DeliveryRequest", "/environments/default/deliveries/mode"),
        ("Fault", "/environments/default/faults"),
        ("Gate", "/environments/default/gates"),
        ("NextKey", "/environments/default/keys/publish-next"),
        ("ServedKeySet", "/environments/default/keys/serve"),
    ] {
        let properties = &document["components"]["schemas"][schema]["properties"];
        let named: BTreeSet<_> = properties.as_object().unwrap().keys().cloned().collect();
        let response = served
            .call_at(Method::POST, path, json!({ "attic": 1 }))
            .await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{path}");
        let body: Value = response.json().await.unwrap();
        let error = body["error"].as_str().unwrap();
        let (_, expected) = error.split_once("expected ").expect(error);
        let known: BTreeSet<_> = expected
            .split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect();
        assert_eq!(named, known, "{schema}: {error}");
    }
}

/// Each change that the document describes is known by its name and members; and each way of delivery.
#[tokio::test]
async fn its_changes_and_deliveries_are_known() {
    let served = Served::start(&[]);
    let document = document(&served).await;
    let schemas = &document["components"]["schemas"];
    let mut names = BTreeSet::new();
    for change in schemas["Change"]["oneOf"].as_array().unwrap() {
        let mut body = serde_json::Map::new();
        for (member, schema) in change["properties"].as_object().unwrap() {
            let value = match (schema.get("const"), schema["type"].as_str()) {
                (Some(name), _) => name.clone(),
                (None, Some("array")) => json!(["notes:read"]),
                (None, Some("boolean")) => json!(true),
                (None, _) => json!("usr_404"),
            };
            body.insert(member.clone(), value);
        }
        let name = body["change"].as_str().unwrap().to_owned();
        let path = "/environments/default/changes";
        let response = served.call_at(Method::POST, path, Value::Object(body.clone()));
        let text = response.await.text().await.unwrap();
        // It is made, or who it is about is not known: it was read in either case.
        let is_read = text.contains("evt_")
            || text.contains("is called")
            || text.contains("no active session");
        assert!(is_read, "{name}: {text}");
        body.insert("attic".to_owned(), json!(1));
        let response = served
            .call_at(Method::POST, path, Value::Object(body))
            .await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{name}");
        names.insert(name);
    }
    let body = json!({ "change": "attic" });
    let response = served.call_at(Method::POST, "/environments/default/changes", body);
    let error: Value = response.await.json().await.unwrap();
    let (_, known) = error["error"]
        .as_str()
        .unwrap()
        .split_once("expected one of ")
        .unwrap();
    let known: BTreeSet<String> = known
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    assert_eq!(names, known);
    let modes = schemas["DeliveryMode"]["oneOf"].as_array().unwrap();
    assert_eq!(modes.len(), 10);
    for mode in modes {
        let mode = match mode["const"].as_str() {
            Some(name) => json!(name),
            None => json!({ mode["required"][0].as_str().unwrap(): 1 }),
        };
        let body = json!({ "mode": mode });
        let path = "/environments/default/deliveries/mode";
        let response = served.call_at(Method::POST, path, body).await;
        assert_eq!(response.status(), StatusCode::NO_CONTENT, "{mode}");
    }
}
